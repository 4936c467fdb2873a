package webui

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/origintest"
)

// Every answer of the pages, whatever it is, tells the browser to do without what no page needs.
func TestEveryAnswerIsStrict(t *testing.T) {
	s := everything(t)
	for _, path := range []string{
		"/", "/tasks", "/tasks/text", "/tasks/text.html", "/tasks/text.json", "/tasks/text.ndjson", "/tasks/text/result.json", "/tasks/text/report.md",
		"/tasks/nested/table.csv", "/tasks/text/events/1", "/tasks/text/recording", "/tasks/none", "/nowhere", s.ui.stylesheetURL(t), "/assets/0/js/none.js",
	} {
		h := s.get(path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "Permissions-Policy": permissions, "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	wantAll(t, policy, "default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types taskyard")
	wantNone(t, policy, "unsafe", "http:", "https:", "data:", "blob:", "*", "allow-duplicates")
	wantAll(t, permissions, "camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()", "clipboard-read=()")
}

func (ui *UI) stylesheetURL(t *testing.T) string {
	t.Helper()
	url, err := ui.assets.url(stylesheet)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// sinks are what makes markup or code of a text. Trusted Types refuse them in browsers that know those; the others have
// only this test.
var sinks = regexp.MustCompile(`\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|srcdoc|` +
	`\beval\(|new Function|set(Timeout|Interval)\(["'` + "`" + `]|importScripts|\.src =|new Worker|javascript:`)

func TestNoScriptMakesMarkupOfText(t *testing.T) {
	s := everything(t)
	policies := 0
	for name, body := range s.ui.assets.byURL {
		if !strings.HasSuffix(name, ".js") {
			continue
		}
		policies += strings.Count(string(body), "createPolicy(")
		if found := sinks.FindString(string(body)); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
	if policies != 1 {
		t.Errorf("%d policies of Trusted Types, want the worker's alone", policies)
	}
	if !sinks.MatchString("node.innerHTML = text") {
		t.Error("the search finds nothing")
	}
}

// A page that panics is cut off, and the log says why.
func TestAPageThatPanicsIsToldToTheLog(t *testing.T) {
	var log bytes.Buffer
	ui := &UI{log: slog.New(slog.NewTextHandler(&log, nil)), admit: func(*http.Request) error { return nil }}
	for _, why := range []any{"a bug", http.ErrAbortHandler} {
		h := ui.page(func(http.ResponseWriter, *http.Request) error { panic(why) })
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("%v becomes %v", why, p)
				}
			}()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		}()
	}
	if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, `panic="a bug"`) || !strings.Contains(said, "headers_test.go") {
		t.Errorf("the log says %s", said)
	}
}

// What a browser says of where a request comes from, and whether a form may then change something.
func TestFormsAreForThisSiteAlone(t *testing.T) {
	for _, c := range origintest.All {
		t.Run(c.Name, func(t *testing.T) {
			s := everything(t)
			for _, path := range posted(s.ui) {
				r := httptest.NewRequest(http.MethodPost, "http://example.com"+path, strings.NewReader(""))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				c.Say(r)
				if refused := s.do(r).StatusCode == http.StatusForbidden; refused != c.Refused {
					t.Errorf("POST %s is refused: %v", path, refused)
				}
			}
		})
	}
}

// posted are the addresses that take a form, for the task "text".
func posted(ui *UI) []string {
	var paths []string
	for _, route := range ui.routes() {
		if path, found := strings.CutPrefix(route.pattern, "POST "); found {
			paths = append(paths, strings.NewReplacer("{id}", "text", "{token}", "none").Replace(path))
		}
	}
	return paths
}

// Reading changes nothing, so other methods have no routes that a link of another site could reach.
func TestWhatChangesIsPosted(t *testing.T) {
	s := everything(t)
	for _, path := range posted(s.ui) {
		if path == "/tasks" || path == "/tasks/import" { // these are read at the same address
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace} {
			r := httptest.NewRequest(method, "http://example.com"+path, nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			if a := s.do(r); a.StatusCode < 400 || a.StatusCode >= 500 {
				t.Errorf("%s %s: %d", method, path, a.StatusCode)
			}
		}
	}
	if a := s.get("/tasks/text"); a.StatusCode != http.StatusOK {
		t.Errorf("the task is gone: %d", a.StatusCode)
	}
}
