package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/taskyard/taskyard"
)

// secretForm has something secret wherever there is a place for it.
func secretForm() url.Values {
	return url.Values{
		"upstream": {"parallel"}, "processor": {"ultra8x"}, "input": {"Who?"}, "output": {"text"}, "token": {"t"}, "api_key": {"hush-key"},
		"webhook": {"https://example.com/hush-hook"}, "extra": {`{"webhook":{"url":"https://example.com/hush-extra"}}`},
		"mcp": {`[{"type":"url","name":"docs","url":"https://m.example","headers":{"authorization":"hush-header"},"allowed_tools":["find"]}]`},
	}
}

// formOf is what a browser without script sends of a page's composer.
func formOf(t *testing.T, page string) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var composer *html.Node
	for n := range root.Descendants() {
		if n.Data == "form" && slices.Contains(n.Attr, html.Attribute{Key: "class", Val: "composer"}) {
			composer = n
		}
	}
	form := url.Values{}
	for n := range composer.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		_, checked := at["checked"]
		box := at["type"] == "radio" || at["type"] == "checkbox"
		switch {
		case at["name"] == "" || box && !checked:
		case n.Data == "input":
			form.Add(at["name"], at["value"])
		case n.Data == "textarea" && n.FirstChild != nil:
			form.Add(at["name"], n.FirstChild.Data)
		}
	}
	return form
}

func TestSecretsComeBackInNoPage(t *testing.T) {
	for name, c := range map[string]struct {
		change url.Values
		err    error
		status int
	}{
		"the question":         {nil, nil, http.StatusConflict},
		"no input":             {url.Values{"processor": {"lite"}, "input": {""}}, nil, http.StatusUnprocessableEntity},
		"extra that is wrong":  {url.Values{"processor": {"lite"}, "extra": {`{"webhook": hush`}}, nil, http.StatusUnprocessableEntity},
		"servers that are not": {url.Values{"processor": {"lite"}, "mcp": {`[{"headers":{"a":"hush"}`}}, nil, http.StatusUnprocessableEntity},
		"an address":           {url.Values{"mcp": {`[{"type":"url","name":"docs","url":"https://m.example/mcp?token=hush"}]`}}, nil, http.StatusConflict},
		"odd servers":          {url.Values{"mcp": {`[{"token":"hush"}]`}}, nil, http.StatusConflict},
		"the service refuses":  {url.Values{"processor": {"lite"}, "extra": {`{"a":"hush"}`}}, taskyard.Invalid("webhook", "no"), http.StatusUnprocessableEntity},
		"a body":               {url.Values{"by_hand": {"1"}, "body": {`{"processor":"ultra8x","input":"x","webhook":{"url":"https://hush"}}`}}, nil, http.StatusConflict},
		"a body that is wrong": {url.Values{"processor": {"lite"}, "by_hand": {"1"}, "body": {`{"webhook":{"url":"https://hush"}`}}, nil, http.StatusUnprocessableEntity},
	} {
		s := newSite(t)
		s.ui.askAbove, s.service.Err = 1000, c.err
		form := secretForm()
		for field, values := range c.change {
			form[field] = values
		}
		a := s.post("/tasks", form, "text/html")
		if a.StatusCode != c.status || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %s", name, a.StatusCode, a.Header.Get("Cache-Control"))
		}
		wantNone(t, a.body, "hush")
		checkMarkup(t, name, a.body)
		wantAll(t, a.body, "No page shows what is or may be secret. Enter again: the API key, the webhook address, the header values and addresses of the MCP servers, the extra fields",
			`data-fault="extra">`, "This was left out of the page: enter it again.")
	}
}

// What was left out is never sent as if it were the secret: the form waits until it is entered, or taken out.
func TestWhatWasLeftOutIsEnteredAgain(t *testing.T) {
	s := newSite(t)
	s.ui.askAbove = 1000
	form := formOf(t, s.post("/tasks", secretForm(), "text/html").body)
	form.Set("confirmed", "$2.40")
	if !strings.Contains(form.Get("mcp"), `"allowed_tools"`) || form.Get("input") != "Who?" {
		t.Errorf("the form has lost something: %v", form)
	}
	for _, field := range []string{"webhook", "mcp", "extra"} {
		a := s.post("/tasks", form, "text/html")
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(textOf(a.body), "[sealed] stands where a secret was") || len(s.service.Submitted) != 0 {
			t.Errorf("without %s: %d", field, a.StatusCode)
		}
		form.Set(field, secretForm().Get(field))
	}
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusSeeOther || len(s.service.Submitted) != 1 {
		t.Fatalf("%d\n%s", a.StatusCode, a.body)
	}
	wantAll(t, string(s.service.Submitted[0].Request), "hush-header", "hush-extra")
}

// A body without a place for secrets is not lost.
func TestABodyWithoutSecretsComesBack(t *testing.T) {
	s := newSite(t)
	s.ui.askAbove = 1000
	const body = `{ "processor": "ultra8x", "input": "Who?" }`
	a := s.post("/tasks", url.Values{"upstream": {"parallel"}, "by_hand": {"1"}, "body": {body}}, "text/html")
	if got := formOf(t, a.body).Get("body"); got != body {
		t.Errorf("it is %q", got)
	}
	wantNone(t, a.body, "Enter again")
}

// A key that the page has left out is asked for before the server's own is billed.
func TestAKeyThatWasLeftOutIsAskedFor(t *testing.T) {
	s := newSite(t)
	s.service.Names = []taskyard.Upstream{{Name: "parallel", HasKey: true}}
	form := url.Values{"upstream": {"parallel"}, "processor": {"lite"}, "output": {"text"}, "api_key": {"hush-key"}}
	for _, want := range []string{"Write what should be found out", "Without it the task runs on the key of this server"} {
		a := s.post("/tasks", form, "text/html")
		wantAll(t, a.body, want)
		wantNone(t, a.body, "hush")
		if form = formOf(t, a.body); a.StatusCode != http.StatusUnprocessableEntity || len(s.service.Submitted) != 0 {
			t.Fatalf("%d", a.StatusCode)
		}
		form.Set("input", "Who?")
	}
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("sent once more without it: %d", a.StatusCode)
	}
}
