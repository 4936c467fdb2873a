package app

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// harden sets the headers of what neither the API nor the pages answer: the mux, which sends a crooked path on, and
// guardHost. Both of the others set stricter ones of their own.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// strictTransport has browsers come by https alone for a year. What lies below this server's name is meant too: a page
// there that came in clear could set cookies for it.
const strictTransport = "max-age=31536000; includeSubDomains"

// insistOnTLS is for a server that browsers reach by https.
func insistOnTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", strictTransport)
		next.ServeHTTP(w, r)
	})
}

// guardHost answers only to names that mean this server. A page elsewhere can point its own name at 127.0.0.1
// (DNS rebinding) and would then be of the same origin; its name gives it away.
func guardHost(allowed []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocalName(r.Host) && !slices.Contains(allowed, strings.ToLower(hostname(r.Host))) {
			http.Error(w, "this server does not answer to the name "+hostname(r.Host)+"; start it with --allow-host to let it", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLocalName reports whether a Host header is a name of this machine, and no more than a name and a port: in
// "localhost:80@elsewhere" a browser that is led there sees another one.
func isLocalName(host string) bool {
	u, err := url.Parse("http://" + host)
	if err != nil || u.Host != host {
		return false
	}
	name := strings.ToLower(u.Hostname())
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return host
}
