package access

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// CookieLife is how long a browser keeps a cookie; the server asks for its last use.
const CookieLife = 365 * 24 * time.Hour

// The names of cookies. By https they have the prefix that binds them to this host, its whole path and https.
const (
	sessionCookie = "taskyard_session"
	visitorCookie = "taskyard_visitor"
	securePrefix  = "__Host-"
)

// CookieName is the whole name of a cookie.
func CookieName(secure bool, name string) string {
	if secure {
		return securePrefix + name
	}
	return name
}

// Cookie is one that no script reads and no other site's form brings along; a life below zero ends it.
func Cookie(secure bool, name, value string, life time.Duration) *http.Cookie {
	seconds := int(life.Seconds())
	if life < 0 {
		seconds = -1
	}
	return &http.Cookie{ //nolint:gosec // Secure wherever browsers come by https
		Name: CookieName(secure, name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
	}
}

// visitor is somebody without a token on an open server. A browser is known again by a cookie, which is all there is to
// know of it; a program without one owns nothing.
func (d *Door) visitor(r *http.Request) taskyard.Viewer {
	secret := d.visitorSecret(r)
	if secret == "" {
		return taskyard.Viewer{Role: taskyard.RoleRun}
	}
	sum := sha256.Sum256([]byte("taskyard visitor " + secret))
	return taskyard.Viewer{ID: taskyard.VisitorPrefix + encode(sum[:15]), Role: taskyard.RoleRun}
}

// visitorSecret is what a browser is known again by; "" if there is none that is fit for it.
func (d *Door) visitorSecret(r *http.Request) string {
	cookie, err := r.Cookie(CookieName(d.Secure, visitorCookie))
	if err != nil || len(cookie.Value) < len(rand.Text()) || len(cookie.Value) > maxToken {
		return ""
	}
	return cookie.Value
}

// welcome gives a browser that opens a page the cookie by which it is known again, or the one that it has once more, so
// that its life begins anew. Over plain http, and by older ones, it is not said that it is a browser that navigates. What
// caches may share among people has no cookie.
func (d *Door) welcome(w http.ResponseWriter, r *http.Request) {
	mode := r.Header.Get("Sec-Fetch-Mode")
	opens := mode == "navigate" || mode == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
	if r.Method == http.MethodGet && opens && !strings.HasPrefix(r.URL.Path, "/assets/") {
		http.SetCookie(w, Cookie(d.Secure, visitorCookie, cmp.Or(d.visitorSecret(r), rand.Text()), CookieLife))
	}
}
