package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// sealedRequests are stored requests of which something was sealed, with the fields of a copy in which it stands.
var sealedRequests = map[string]struct {
	request string
	fields  []string
}{
	"headers":     {`{"processor":"lite","input":"x","mcp_servers":[{"type":"url","name":"docs","url":"https://m.example","headers":{"authorization":"[sealed]"}}]}`, []string{"mcp"}},
	"an address":  {`{"processor":"lite","input":"x","mcp_servers":[{"type":"url","name":"docs","url":"[sealed]"}]}`, []string{"mcp"}},
	"a webhook":   {`{"processor":"lite","input":"x","webhook":{"url":"[sealed]","event_types":["task_run.status"]}}`, []string{"webhook"}},
	"both":        {`{"processor":"lite","input":"x","webhook":{"url":"[sealed]","event_types":["task_run.status"]},"mcp_servers":[{"headers":{"a":"[sealed]"}}]}`, []string{"webhook", "mcp"}},
	"odd shapes":  {`{"processor":"lite","input":"x","webhook":"[sealed]","mcp_servers":"[sealed]"}`, []string{"extra"}},
	"other names": {`{"processor":"lite","input":"x","mcpServers":[{"headers":{"a":"[sealed]"}}]}`, []string{"extra"}},
}

// A copy of a task shows where a secret was, and is not sent before it is there again, or taken out.
func TestACopyShowsWhatWasSealed(t *testing.T) {
	for name, c := range sealedRequests {
		s := newSite(t, ended("secret", "parallel", c.request))
		page := s.page(t, "/?from=secret")
		checkMarkup(t, name, page)
		form := formOf(t, page)
		for _, field := range c.fields {
			wantAll(t, page, `data-fault="`+field+`">[sealed] stands where a secret was`)
			if !strings.Contains(form.Get(field), "[sealed]") {
				t.Errorf("%s: %s is %q", name, field, form.Get(field))
			}
			wantAll(t, textOf(page), "Not sent In "+secretPlaces[field]+", [sealed] stands where a secret was")
			wantAll(t, textOf(s.post("/lint", form, "").body), "Not sent In "+secretPlaces[field])
		}
		a := s.post("/tasks", form, "application/json")
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"field":"`+c.fields[0]+`"`) || !strings.Contains(a.body, secretPlaces[c.fields[0]]) {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
		a = s.post("/tasks", form, "text/html")
		for _, field := range c.fields { // all of them, each time
			wantAll(t, a.body, `data-fault="`+field+`">`)
			wantNone(t, a.body, `data-fault="`+field+`" hidden`)
		}
		if len(s.service.Submitted) != 0 {
			t.Fatalf("%s was sent: %s", name, s.service.Submitted[0].Request)
		}
		for _, field := range c.fields {
			form.Del(field)
		}
		if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s, left out: %d %s", name, a.StatusCode, textOf(a.body))
		}
	}
}

func TestABodyWithWhatWasSealedIsNotSent(t *testing.T) {
	s := newSite(t)
	for name, c := range sealedRequests {
		form := url.Values{"upstream": {"simulator"}, "by_hand": {"1"}, "body": {c.request}}
		a := s.post("/tasks", form, "application/json")
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"field":"body"`) || len(s.service.Submitted) != 0 {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
		wantAll(t, textOf(s.post("/lint", form, "").body), "Not sent In the body, [sealed]")
	}
}

// What else is wrong with a request is said although something sealed keeps it from being sent.
func TestTheRestOfACopyIsChecked(t *testing.T) {
	s := newSite(t)
	form := url.Values{
		"upstream": {"parallel"}, "processor": {"lite"}, "input": {"x"}, "output": {"json"}, "schema": {`{"type":"array"}`},
		"webhook": {"[sealed]"}, "mcp": {`[{"headers":{"a":"[sealed]"}}]`},
	}
	wantAll(t, textOf(s.post("/lint", form, "").body), "In the webhook address", "In the header values", "Parallel will refuse the root must have type object")
}
