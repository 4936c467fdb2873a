package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/origintest"
)

// What a browser says of where a request comes from, by every method of every route: what changes something is for pages
// of this server and for programs, what reads is guarded by the browser's own rules.
func TestPagesOfOtherSitesChangeNothing(t *testing.T) {
	for _, c := range origintest.All {
		t.Run(c.Name, func(t *testing.T) {
			drain := make(chan struct{})
			close(drain) // streams end at once
			s := newServer(func(c *Config) { c.Drain = drain })
			for _, route := range New(Config{Store: s, Service: s, Live: s}).routes() {
				id := s.add(1).ID
				r := httptest.NewRequest(route.method, "http://example.com"+strings.Replace(route.path, "{id}", id, 1), strings.NewReader("{}"))
				r.Header.Set("Content-Type", "application/json")
				c.Say(r)
				w := httptest.NewRecorder()
				s.mux.ServeHTTP(w, r)
				changes := route.method != http.MethodGet && route.method != http.MethodOptions
				if refused := w.Code == http.StatusForbidden; refused != (changes && c.Refused) {
					t.Errorf("%s %s: %d %s", route.method, route.path, w.Code, w.Body)
				}
			}
		})
	}
}
