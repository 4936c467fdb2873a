package access

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

// cookieLife is how long a browser keeps a cookie; the server asks for its last use.
const cookieLife = 365 * 24 * time.Hour

// The names of cookies. By https they have the prefix that binds them to this host, its whole path and https.
const (
	sessionCookie = "taskyard_session"
	visitorCookie = "taskyard_visitor"
	securePrefix  = "__Host-"
)

func (d *Door) cookieName() string { return d.prefix() + sessionCookie }

func (d *Door) prefix() string {
	if d.Secure {
		return securePrefix
	}
	return ""
}

// setCookie sets a cookie that no script reads and no other site's form brings along.
func (d *Door) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever browsers come by https
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: d.Secure,
	})
}

// visitor is somebody without a token on an open server. A browser is known again by a cookie, which is all there is to
// know of it; a program without one owns nothing.
func (d *Door) visitor(w http.ResponseWriter, r *http.Request) taskyard.Viewer {
	name := d.prefix() + visitorCookie
	cookie, err := r.Cookie(name)
	if err == nil && len(cookie.Value) >= len(rand.Text()) && len(cookie.Value) <= maxToken {
		sum := sha256.Sum256([]byte("taskyard visitor " + cookie.Value))
		return taskyard.Viewer{ID: "anon_" + encode(sum[:15]), Role: taskyard.RoleRun}
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" { // a browser opens a page
		d.setCookie(w, name, rand.Text(), cookieLife)
	}
	return taskyard.Viewer{Role: taskyard.RoleRun}
}
