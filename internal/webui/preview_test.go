package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/taskyard/taskyard/internal/snippet"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// codes are the programs of a page by their language, as a browser reads them.
func codes(t *testing.T, page string) map[string]string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	language := ""
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "data-language" {
				language = a.Val
			}
		}
		if n.Data == "pre" && language != "" && n.FirstChild != nil {
			found[language] += n.FirstChild.Data
		}
	}
	return found
}

func TestPreviewIsTheRequestThatTheFormSends(t *testing.T) {
	s := everything(t)
	form := url.Values{
		"upstream": {"parallel"}, "api_key": {"hush-key"}, "processor": {"pro"}, "fast": {"1"}, "input": {"It's </pre><script>alert(1)</script> `x` ${y}"},
		"output": {"text"}, "betas": {"a-1, b-2"}, "webhook": {"https://example.com/hush-hook"}, "language": {"python"},
		"mcp": {`[{"name":"docs","url":"https://example.com/mcp","headers":{"authorization":"hush-header"}}]`},
	}
	a := s.post("/preview", form, "")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	checkMarkup(t, "/preview", a.body)
	wantAll(t, s.page(t, "/"), `formaction="/preview" formtarget="_blank"`) // the way without script
	wantNone(t, a.body, "hush")
	wantAll(t, a.body, `value="python" autocomplete="off" checked`)
	if len(s.service.Submitted) != 0 {
		t.Error("the preview made a task")
	}
	if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusSeeOther || len(s.service.Submitted) != 1 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	sent, shown := s.service.Submitted[0], codes(t, a.body)
	for _, l := range snippet.Languages() {
		want, err := snippet.Of(l.Name, sent.Request, strings.Join(sent.Betas, ","), "")
		if err != nil || shown[l.Name] != want {
			t.Errorf("%s, %v:\n%s\nand not\n%s", l.Name, err, shown[l.Name], want)
		}
	}
}

func TestPreviewOfASimulatedTaskLeadsToASimulator(t *testing.T) {
	form := url.Values{"upstream": {"simulator"}, "processor": {"pro"}, "input": {"x"}, "output": {"auto"}, "scenario": {"fail"}, "language": {"cobol"}}
	a := everything(t).post("/preview", form, "")
	wantAll(t, a.body, "http://127.0.0.1:8090/v1/tasks/runs", "taskyard sandbox", `value="http" autocomplete="off" checked`)
	wantAll(t, codes(t, a.body)["curl"], `"sandbox": "fail"`)
	wantNone(t, a.body, "api.parallel.ai")
}

func TestPreviewSaysWhatIsMissing(t *testing.T) {
	s := everything(t)
	for want, form := range map[string]url.Values{
		"Write what should be found out.": {"processor": {"pro"}},
		"This is not JSON":                {"processor": {"pro"}, "input": {"x"}, "output": {"json"}, "schema": {"{"}},
	} {
		a := s.post("/preview", form, "")
		if a.StatusCode != http.StatusOK || len(codes(t, a.body)) != 0 {
			t.Errorf("%d\n%s", a.StatusCode, a.body)
		}
		wantAll(t, a.body, `id="preview"`, want)
	}
	huge := url.Values{"processor": {"pro"}, "input": {strings.Repeat("long ", maxSnippet/5)}}
	if a := s.post("/preview", huge, ""); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "too much") || len(codes(t, a.body)) != 0 {
		t.Errorf("a long request: %d, %d bytes", a.StatusCode, len(a.body))
	}
	odd := url.Values{"processor": {"pro"}, "input": {"x"}, "extra": {`{"n":1e400}`}}
	shown := codes(t, s.post("/preview", odd, "").body)
	if shown["python"] != "" || shown["typescript"] != "" || shown["go"] == "" {
		t.Errorf("a number that is too large: %v", shown)
	}
}

// The task's page has what was sent as it is stored, and as programs that read the secrets from the environment.
func TestTaskShowsItsRequestInEveryLanguage(t *testing.T) {
	s := everything(t)
	for _, f := range gallery.All(noon) {
		shown := codes(t, s.page(t, "/tasks/"+f.Task.ID))
		for _, l := range snippet.Languages() {
			want, err := snippet.Of(l.Name, f.Document.Request, f.Task.Betas, s.ui.baseURLs[f.Task.Upstream])
			if err != nil || shown[l.Name] != want {
				t.Errorf("%s, %s, %v:\n%s", f.Task.ID, l.Name, err, shown[l.Name])
			}
			wantNone(t, shown[l.Name], "[sealed]")
		}
		if shown["json"] == "" {
			t.Errorf("%s has no JSON", f.Task.ID)
		}
	}
	wantAll(t, codes(t, s.page(t, "/tasks/nested"))["json"], "[sealed]")
}
