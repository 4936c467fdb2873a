package webui

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// Every page, in every state of a task, is whole and keeps to the policy: no script and no style in the page.
func TestEveryPageIsWellFormedAndStrict(t *testing.T) {
	s := everything(t)
	for _, path := range galleryPages() {
		a := s.get(path)
		if a.StatusCode != http.StatusOK && a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		policy := a.Header.Get("Content-Security-Policy")
		wantAll(t, policy, "default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'")
		wantNone(t, policy, "unsafe", "http:", "https:", "*")
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: headers %v", path, a.Header)
		}
		checkMarkup(t, path, a.body)
	}
}

var void = map[string]bool{"meta": true, "link": true, "img": true, "input": true, "br": true, "hr": true, "path": true, "circle": true, "rect": true, "use": true}

// checkMarkup sees that elements are closed in order, ids are there once, and nothing runs or is styled in the page.
func checkMarkup(t *testing.T, path, page string) {
	t.Helper()
	var open []string
	ids, headings := map[string]bool{}, 0
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			if z.Err() != io.EOF {
				t.Errorf("%s: %v", path, z.Err())
			}
			break
		}
		token := z.Token()
		switch {
		case kind == html.StartTagToken:
			checkElement(t, path, token, ids, strings.Contains(strings.Join(open, " "), "template"))
			if token.Data == "h1" {
				headings++
			}
			if token.Data == "option" && len(open) > 0 && open[len(open)-1] == "option" {
				open = open[:len(open)-1]
			}
			if !void[token.Data] {
				open = append(open, token.Data)
			}
		case kind == html.EndTagToken && !void[token.Data]:
			for len(open) > 0 && open[len(open)-1] == "option" && token.Data != "option" {
				open = open[:len(open)-1] // its end may be left out
			}
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("%s: </%s> ends %v", path, token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || headings != 1 {
		t.Errorf("%s: %v is open, there are %d h1", path, open, headings)
	}
}

func checkElement(t *testing.T, path string, token html.Token, ids map[string]bool, inTemplate bool) {
	t.Helper()
	src := ""
	for _, a := range token.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			t.Errorf("%s: <%s %s=%q>", path, token.Data, a.Key, a.Val)
		case a.Key == "src":
			src = a.Val
		case a.Key == "href" && !regexp.MustCompile(`^(/|\?|#|https?://)`).MatchString(a.Val):
			t.Errorf("%s: a link to %q", path, a.Val)
		case a.Key == "id" && !inTemplate:
			if ids[a.Val] {
				t.Errorf("%s: the id %q is there twice", path, a.Val)
			}
			ids[a.Val] = true
		}
	}
	if token.Data == "style" || token.Data == "script" && !strings.HasPrefix(src, "/assets/") {
		t.Errorf("%s: %s", path, token)
	}
}

// What upstream says is text, whatever it looks like.
func TestHostileTextStaysText(t *testing.T) {
	const attack = `<script>alert(1)</script><img src=x onerror=alert(2)>`
	quoted, err := json.Marshal(attack)
	if err != nil {
		t.Fatal(err)
	}
	report, err := json.Marshal(attack + "\n\n[link](javascript:alert(3)) <a href=\"javascript:alert(4)\">x</a> <style>*{}</style>\n\n| " + attack + " |\n| --- |\n| x |")
	if err != nil {
		t.Fatal(err)
	}
	task := taskyard.Task{
		ID: "hostile", Status: taskyard.StatusCompleted, Processor: attack, Upstream: attack, Mode: "text", Preview: attack,
		CreatedAt: noon, UpdatedAt: noon, CompletedAt: noon, LastSeq: 2, HasResult: true, RunID: attack,
		Error:    &taskyard.TaskError{Message: attack, RefID: attack, Hint: attack, Detail: quoted},
		Warnings: json.RawMessage(`[{"type":` + string(quoted) + `,"message":` + string(quoted) + `}]`),
	}
	doc := taskyard.Document{
		Request: json.RawMessage(`{"input":` + string(quoted) + `}`),
		Result: json.RawMessage(`{"run":{},"output":{"type":"text","content":` + string(report) + `,"basis":[{"field":` + string(quoted) + `,"reasoning":` + string(quoted) +
			`,"citations":[{"url":"javascript:alert(5)","title":` + string(quoted) + `,"excerpts":[` + string(quoted) + `]}]}]}}`),
	}
	events := []taskyard.Event{
		{Seq: 1, Type: "task_run.progress_msg.plan", Data: json.RawMessage(`{"message":` + string(quoted) + `}`), At: noon},
		{Seq: 2, Type: attack, Data: quoted, At: noon},
	}
	s := newSite(t, gallery.Fixture{Task: task, Document: doc, Events: events})
	for _, path := range []string{"/", "/tasks", "/?from=hostile", "/tasks/hostile", "/tasks/hostile?view=table", "/tasks/hostile?view=json", "/tasks?q=" + url.QueryEscape(attack)} {
		page := s.page(t, path)
		wantNone(t, page, "<script>alert", "<img src=x", `href="javascript`, "<style>*")
		checkMarkup(t, path, page)
	}
}

// A spreadsheet must not take a value for a formula.
func TestCSVIsNoFormula(t *testing.T) {
	task := taskyard.Task{ID: "t", Status: taskyard.StatusCompleted, Processor: "core", Upstream: "parallel", Mode: "json", CreatedAt: noon, UpdatedAt: noon, CompletedAt: noon, HasResult: true}
	doc := taskyard.Document{
		Request: json.RawMessage(`{}`),
		Result:  json.RawMessage(`{"run":{},"output":{"type":"json","content":{"a":"=HYPERLINK(1)","b":"@x","c":"say \"hi\", twice","d":-5},"basis":[]}}`),
	}
	a := newSite(t, gallery.Fixture{Task: task, Document: doc}).get("/tasks/t/table.csv")
	if a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	wantAll(t, a.body, "'=HYPERLINK(1)", "'@x", `"say ""hi"", twice"`, "-5")
	if strings.Contains(a.body, ",=") || strings.Contains(a.body, ",@") {
		t.Errorf("a cell begins a formula: %s", a.body)
	}
}

func TestDownloadsAreTheResult(t *testing.T) {
	s := everything(t)
	for path, kind := range map[string]string{"result.json": "application/json", "report.md": "text/markdown", "table.csv": "text/csv"} {
		a := s.get("/tasks/text/" + path)
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), kind) || len(a.body) < 100 {
			t.Errorf("%s: %d %s, %d bytes", path, a.StatusCode, a.Header.Get("Content-Type"), len(a.body))
		}
		if a := s.get("/tasks/none/" + path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s of no task: %d", path, a.StatusCode)
		}
	}
}

func TestAssetsAreKeptForGood(t *testing.T) {
	s := everything(t)
	found := regexp.MustCompile(`/assets/[0-9a-f]{16}/[^"]+`).FindAllString(s.page(t, "/"), -1)
	if len(found) < 5 {
		t.Fatalf("assets %v", found)
	}
	for _, path := range found {
		a := s.get(path)
		if a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Cache-Control"), "immutable") || a.body == "" {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.Header.Get("Cache-Control"))
		}
	}
	if a := s.get(regexp.MustCompile(`[0-9a-f]{16}`).ReplaceAllString(found[0], "0000000000000000")); a.StatusCode != http.StatusOK || strings.Contains(a.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("with the hash of another version: %d %s", a.StatusCode, a.Header.Get("Cache-Control"))
	}
}

func TestFormMakesATask(t *testing.T) {
	s := everything(t)
	form := url.Values{"token": {"0123456789abcdef"}, "upstream": {"simulator"}, "processor": {"pro"}, "input": {"x"}, "output": {"text"}}
	if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/tasks/") {
		t.Errorf("%d %v\n%.300s", a.StatusCode, a.Header, a.body)
	}
	form.Set("input", "")
	if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="fault-input"`) {
		t.Errorf("without input: %d", a.StatusCode)
	}
	var problem struct{ Message, Field string }
	a := s.post("/tasks", form, "application/json")
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil || problem.Field != "input" || problem.Message == "" {
		t.Errorf("without input, as JSON: %s, %v", a.body, err)
	}
}

// A page of another site can neither submit nor delete.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := everything(t)
	for _, path := range []string{"/tasks", "/preview", "/tasks/text/delete", "/tasks/running/cancel"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.com"+path, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://elsewhere.example.com")
		if a := s.do(r); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

func TestUnknownAddressesHaveAPage(t *testing.T) {
	s := everything(t)
	for _, path := range []string{"/nowhere", "/tasks/none", "/tasks/text/events/999999", "/tasks/text/events/x"} {
		if a := s.get(path); a.StatusCode < 400 || a.StatusCode >= 500 || !strings.Contains(a.body, "New task") {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

// The page of a long log holds a part of it, and says where the rest is.
func TestLongLogIsPaged(t *testing.T) {
	begun := time.Now()
	page := everything(t).page(t, "/tasks/huge")
	if n := strings.Count(page, `class="event"`); n < 100 || n > 2001 {
		t.Errorf("%d events on the page", n)
	}
	wantAll(t, page, "Earlier events", "?before=")
	t.Logf("rendered in %s", time.Since(begun))
}
