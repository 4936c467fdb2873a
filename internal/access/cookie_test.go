package access

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/taskyard/taskyard"
)

// A visitor who comes back within a year is known for another one, whichever page they open; what is no page, or may be
// kept for others, gives nobody a cookie.
func TestAVisitorIsKnownAYearFromTheLastVisit(t *testing.T) {
	door, err := New(Config{Mode: ModeOpen})
	if err != nil {
		t.Fatal(err)
	}
	var seen []taskyard.Viewer
	visit := func(path string, cookie *http.Cookie, header ...string) *http.Cookie {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set(header[0], header[1])
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		door.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			v, _ := taskyard.ViewerOf(r.Context())
			seen = append(seen, v)
		})).ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			return c
		}
		return nil
	}
	given := visit("/", nil, "Sec-Fetch-Mode", "navigate")
	if given == nil || given.MaxAge != int(CookieLife.Seconds()) {
		t.Fatalf("a first visit gives %v", given)
	}
	for _, path := range []string{"/", "/tasks"} {
		if again := visit(path, given, "Accept", "text/html"); again == nil || again.Value != given.Value || again.MaxAge != given.MaxAge {
			t.Errorf("%s gives %v, after %v", path, again, given)
		}
	}
	if seen[1].ID == "" || seen[1] != seen[2] {
		t.Errorf("a browser is taken for %+v, then for %+v", seen[1], seen[2])
	}
	short := &http.Cookie{Name: given.Name, Value: "guessed"}
	if again := visit("/", short, "Sec-Fetch-Mode", "navigate"); again == nil || len(again.Value) != len(given.Value) {
		t.Errorf("a cookie that nobody gave becomes %v", again)
	}
	for path, mode := range map[string]string{"/api/tasks": "cors", "/assets/0/app.css": "navigate", "/assets/0/js/main.js": "cors"} {
		if c := visit(path, nil, "Sec-Fetch-Mode", mode); c != nil {
			t.Errorf("%s, %s: %v", path, mode, c)
		}
	}
}
