package webui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// noon is the moment at which the pages of these tests are looked at.
var noon = time.Date(2025, time.March, 12, 12, 0, 0, 0, time.UTC)

// site is a UI over fixtures, and what is behind it.
type site struct {
	*http.ServeMux
	ui      *UI
	store   *gallery.Store
	service *gallery.Service
}

func newSite(t testing.TB, fixtures ...gallery.Fixture) *site {
	t.Helper()
	store := gallery.NewStore(fixtures...)
	service := &gallery.Service{Store: store, Names: gallery.Both}
	ui, err := New(Config{
		Store: store, Service: service, Version: "1.2.3",
		Scenarios: []Scenario{{Name: "fail", Summary: "The run fails."}, {Name: "warn", Summary: "The run has warnings."}},
		BaseURLs:  map[string]string{"simulator": "http://127.0.0.1:8090"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ui.now = func() time.Time { return noon }
	s := &site{ServeMux: http.NewServeMux(), ui: ui, store: store, service: service}
	ui.Register(s.ServeMux)
	return s
}

// everything is a site with a task in every state.
func everything(t testing.TB) *site {
	t.Helper()
	return newSite(t, gallery.All(noon)...)
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(r *http.Request) answer {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	resp := w.Result()
	body, _ := io.ReadAll(resp.Body) // a recorder's body has no errors
	return answer{resp, string(body)}
}

func (s *site) get(path string) answer {
	return s.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// page gets a page that must be there.
func (s *site) page(t testing.TB, path string) string {
	t.Helper()
	a := s.get(path)
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d\n%s", path, a.StatusCode, a.body)
	}
	return a.body
}

// post sends a form as a page of this site does; accept is "" for a browser without script.
func (s *site) post(path string, form url.Values, accept string) answer {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return s.do(r)
}

func wantAll(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q", part)
		}
	}
}

func wantNone(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if at := strings.Index(text, part); at >= 0 {
			t.Errorf("has %q: …%s…", part, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}
