package webui

import "net/http"

// policy lets a page load nothing but this server's own files: no inline script or style, no other origin, no
// frames. Upstream's text is escaped or sanitised before this is ever needed.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; worker-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure sets the headers that every answer of the pages carries. The address of a task is what protects it,
// so it must not leave in a Referer; "same-origin" rather than "no-referrer", because the latter also blanks
// the Origin of our own forms, which the cross-origin check needs where there is no Sec-Fetch-Site (plain http).
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
}
