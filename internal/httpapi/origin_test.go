package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What a browser says of where a request comes from, by every method of every route: what changes something is for pages
// of this server and for programs, what reads is guarded by the browser's own rules.
func TestPagesOfOtherSitesChangeNothing(t *testing.T) {
	for _, c := range []struct {
		name, site, origin string
		refused            bool
	}{
		{"a page of ours", "same-origin", "http://example.com", false},
		{"typed or bookmarked", "none", "", false},
		{"a program", "", "", false},
		{"an old browser, a page of ours", "", "http://example.com", false},
		{"a page of another site", "cross-site", "https://elsewhere.example.net", true},
		{"a page of another site that lies about its origin", "cross-site", "http://example.com", true},
		{"a page of a sister site", "same-site", "http://sister.example.com", true},
		{"an old browser, a page of another site", "", "https://elsewhere.example.net", true},
		{"an old browser, another port", "", "http://example.com:8081", true},
		{"an old browser, a sandboxed frame or a file", "", "null", true},
		{"a sandboxed frame", "cross-site", "null", true},
		{"a value that nobody knows", "elsewhere", "https://elsewhere.example.net", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			drain := make(chan struct{})
			close(drain) // streams end at once
			s := newServer(func(c *Config) { c.Drain = drain })
			for _, route := range New(Config{Store: s, Service: s, Live: s}).routes() {
				id := s.add(1).ID
				r := httptest.NewRequest(route.method, "http://example.com"+strings.Replace(route.path, "{id}", id, 1), strings.NewReader("{}"))
				r.Header.Set("Content-Type", "application/json")
				if c.site != "" {
					r.Header.Set("Sec-Fetch-Site", c.site)
				}
				if c.origin != "" {
					r.Header.Set("Origin", c.origin)
				}
				w := httptest.NewRecorder()
				s.mux.ServeHTTP(w, r)
				changes := route.method != http.MethodGet && route.method != http.MethodOptions
				if refused := w.Code == http.StatusForbidden; refused != (changes && c.refused) {
					t.Errorf("%s %s: %d %s", route.method, route.path, w.Code, w.Body)
				}
			}
		})
	}
}
