package webui

import (
	"net/http"
	"strings"
)

// policy lets a page load nothing but this server's own files: no inline script or style, no other origin, no
// frames. Upstream's text is escaped or sanitised before this is ever needed. No script may make markup or code of a
// text; of the one policy that Trusted Types allow comes the address of the worker (follow.js) and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types taskyard"

// unneeded are the features of browsers that a page could ask for, by their names in Permissions-Policy. Only what
// pages do is missing: they write to the clipboard when somebody presses Copy.
var unneeded = []string{
	"accelerometer", "autoplay", "browsing-topics", "camera", "captured-surface-control", "clipboard-read", "compute-pressure",
	"digital-credentials-create", "digital-credentials-get", "display-capture", "encrypted-media", "fullscreen", "gamepad",
	"geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "keyboard-map", "language-detector",
	"language-model", "local-fonts", "local-network-access", "magnetometer", "microphone", "midi", "on-device-speech-recognition",
	"otp-credentials", "payment", "picture-in-picture", "private-state-token-issuance", "private-state-token-redemption",
	"publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial", "speaker-selection", "storage-access",
	"summarizer", "sync-xhr", "translator", "usb", "window-management", "xr-spatial-tracking",
}

var permissions = strings.Join(unneeded, "=(), ") + "=(), clipboard-write=(self)"

// secure sets the headers that every answer of the pages carries. The address of a task is what protects it,
// so it must not leave in a Referer; "same-origin" rather than "no-referrer", because the latter also blanks
// the Origin of our own forms, which the cross-origin check needs where there is no Sec-Fetch-Site (plain http).
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", permissions)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
}
