package webui

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestTheFormAsksAboveALimit(t *testing.T) {
	today := ended("today", "parallel", `{"processor":"pro","input":"x"}`)
	before := ended("before", "parallel", `{"processor":"pro","input":"x"}`)
	before.Task.CreatedAt = noon.Add(-24 * time.Hour)
	s := newSite(t, today, before)
	s.ui.askAbove = 1000
	form := url.Values{"upstream": {"parallel"}, "processor": {"ultra4x"}, "input": {"<x>"}, "output": {"text"}, "token": {"t"}, "api_key": {"secret-key"}}
	a := s.post("/tasks", form, "text/html")
	if a.StatusCode != http.StatusConflict || len(s.service.Submitted) != 0 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	wantAll(t, a.body, "This costs $1.20. Today has cost $0.10 so far. This server asks above $1.00", `name="confirmed" value="$1.20"`, `>&lt;x&gt;</textarea>`, `type="password"`)
	wantNone(t, a.body, "secret-key")
	if a := s.post("/tasks", form, "application/json"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"field":"confirm"`) || !strings.Contains(a.body, `"price":"$1.20"`) || len(s.service.Submitted) != 0 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	form.Set("confirmed", "$0.60")
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusConflict {
		t.Errorf("agreed to another price: %d", a.StatusCode)
	}
	form.Set("confirmed", "$1.20")
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusSeeOther || len(s.service.Submitted) != 1 {
		t.Errorf("after the answer: %d %s", a.StatusCode, a.body)
	}
	for name, change := range map[string]url.Values{"cheap": {"processor": {"pro"}}, "simulated": {"upstream": {"simulator"}}} {
		cheap := url.Values{}
		for k, v := range form {
			cheap[k] = v
		}
		cheap.Del("confirmed")
		for k, v := range change {
			cheap[k] = v
		}
		if a := s.post("/tasks", cheap, "text/html"); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	form.Del("confirmed")
	form["processor"], form["also"] = []string{"ultra2x"}, []string{"ultra", "pro", "core"} // 0.6 + 0.3 + 0.1 + 0.025
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusConflict {
		t.Errorf("several together: %d", a.StatusCode)
	}
}

// What is priced is the body that is sent, whatever has written the processor into it.
func TestThePriceIsThatOfTheBody(t *testing.T) {
	s := newSite(t)
	s.ui.askAbove = 1000
	for name, change := range map[string]url.Values{
		"by an extra field":       {"extra": {`{"processor":"ultra8x"}`}},
		"by an escaped name":      {"extra": {`{"\u0070rocessor":"ultra8x"}`}},
		"several, all by extra":   {"also": {"base", "core", "core2x"}, "extra": {`{"processor":"ultra"}`}},
		"by hand":                 {"by_hand": {"1"}, "body": {`{"processor":"ultra8x","input":"x"}`}},
		"by hand, in two cases":   {"by_hand": {"1"}, "body": {`{"processor":"ultra8x","input":"x","Processor":"lite"}`}},
		"by hand, and said twice": {"by_hand": {"1"}, "body": {`{"processor":"lite","input":"x","processor":"ultra8x"}`}},
	} {
		form := url.Values{"upstream": {"parallel"}, "processor": {"lite"}, "input": {"x"}, "output": {"text"}}
		for field, values := range change {
			form[field] = values
		}
		if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusConflict || len(s.service.Submitted) != 0 {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	cheap := url.Values{"upstream": {"parallel"}, "processor": {"ultra8x"}, "input": {"x"}, "output": {"text"}, "extra": {`{"processor":"lite"}`}}
	if a := s.post("/tasks", cheap, ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("cheaper than the field says: %d", a.StatusCode)
	}
}

// What is sent once more costs as much as the first time, and is asked for by the same rule.
func TestSendingOnceMoreAsksToo(t *testing.T) {
	dear := ended("dear", "parallel", `{"processor":"ultra8x","input":"x"}`)
	unknown := ended("unknown", "parallel", `{"processor":"ultra8x","input":"x"}`)
	unknown.Task.Status, unknown.Task.Submission, unknown.Task.RunID = taskyard.StatusSubmissionUnknown, taskyard.SubmissionUnknown, ""
	free := ended("free", "simulator", `{"processor":"ultra8x","input":"x"}`)
	s := newSite(t, dear, unknown, free)
	s.ui.askAbove = 1000
	for path, form := range map[string]url.Values{
		"/tasks/dear/again":           {"token": {"t1"}, "api_key": {"hush-key"}},
		"/tasks/unknown/submit-again": {},
	} {
		a := s.post(path, form, "")
		if a.StatusCode != http.StatusConflict || a.Header.Get("Cache-Control") != "no-store" || len(s.service.Submitted)+s.service.Again != 0 {
			t.Fatalf("%s: %d", path, a.StatusCode)
		}
		checkMarkup(t, path, a.body)
		wantAll(t, a.body, "Spend $2.40?", "Today has cost", `action="`+path+`"`, `name="confirmed" value="$2.40"`)
		wantNone(t, a.body, "hush")
		if hasKey := strings.Contains(a.body, `name="api_key"`); hasKey != form.Has("api_key") {
			t.Errorf("%s asks for the key: %v", path, hasKey)
		}
		if a := s.post(path, form, "application/json"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"field":"confirm"`) {
			t.Errorf("%s in script: %d %s", path, a.StatusCode, a.body)
		}
		form.Set("confirmed", "$2.40")
		if a := s.post(path, form, ""); a.StatusCode != http.StatusSeeOther || len(s.service.Submitted)+s.service.Again != 1 {
			t.Errorf("%s after the answer: %d", path, a.StatusCode)
		}
		s.service.Submitted, s.service.Again = nil, 0
	}
	if a := s.post("/tasks/free/again", url.Values{}, ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("simulated: %d", a.StatusCode)
	}
}

// What nobody here knows the price of may cost anything, and is asked for like what costs much.
func TestAnUnknownPriceIsAskedFor(t *testing.T) {
	before := ended("before", "parallel", `{"processor":"ultra99x","input":"x"}`)
	before.Task.Processor = "ultra99x"
	s := newSite(t, before)
	s.ui.askAbove = 1000
	const unknown = "What this costs is not known here: there is no price for \"ultra99x\". Today has cost $0.00 and one run of unknown price so far. This server asks above $1.00, and where it knows no price"
	for name, c := range map[string]struct {
		change url.Values
		says   string
		agreed string
	}{
		"by name":                  {url.Values{"other": {"ultra99x"}}, unknown, `"ultra99x"`},
		"by an extra field":        {url.Values{"extra": {`{"processor":"ultra99x"}`}}, unknown, `"ultra99x"`},
		"by hand":                  {url.Values{"by_hand": {"1"}, "body": {`{"processor":"ultra99x","input":"x"}`}}, unknown, `"ultra99x"`},
		"several":                  {url.Values{"other": {"ultra99x"}, "also": {"pro"}}, `This costs $0.10 and more: there is no price for "ultra99x".`, `$0.10 + "ultra99x"`},
		"in letters of other case": {url.Values{"other": {"Lite"}}, `there is no price for "Lite"`, `"Lite"`},
		"with signs of its own":    {url.Values{"by_hand": {"1"}, "body": {`{"processor":"a\r\n\u00e9\"b","input":"x"}`}}, `there is no price for "a\r\n\u00e9\"b"`, `"a\r\n\u00e9\"b"`},
	} {
		form := url.Values{"upstream": {"parallel"}, "processor": {"lite"}, "input": {"x"}, "output": {"text"}, "token": {"t"}}
		for field, values := range c.change {
			form[field] = values
		}
		form.Set("confirmed", "$0.00")
		a := s.post("/tasks", form, "")
		if a.StatusCode != http.StatusConflict || len(s.service.Submitted) != 0 {
			t.Fatalf("%s: %d", name, a.StatusCode)
		}
		checkMarkup(t, name, a.body)
		wantAll(t, textOf(a.body), c.says, "Run, price unknown")
		if a := s.post("/tasks", form, "application/json"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"field":"confirm"`) || len(s.service.Submitted) != 0 {
			t.Errorf("%s in script: %d %s", name, a.StatusCode, a.body)
		}
		form.Set("confirmed", c.agreed)
		if !strings.Contains(html.UnescapeString(a.body), `value="`+c.agreed+`" role="switch" id="agree"`) {
			t.Errorf("%s: %s is not what agrees", name, c.agreed)
		}
		if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s after the answer: %d", name, a.StatusCode)
		}
		s.service.Submitted = nil
	}
	again := "/tasks/before/again"
	a := s.post(again, url.Values{}, "")
	if a.StatusCode != http.StatusConflict || len(s.service.Submitted) != 0 {
		t.Fatalf("once more: %d", a.StatusCode)
	}
	checkMarkup(t, again, a.body)
	wantAll(t, textOf(a.body), "Run, price unknown?", unknown)
	if a := s.post(again, url.Values{"confirmed": {`"ultra99x"`}}, ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("once more, after the answer: %d", a.StatusCode)
	}
	for name, form := range map[string]url.Values{
		"simulated":          {"upstream": {"simulator"}, "other": {"ultra99x"}, "input": {"x"}, "output": {"text"}},
		"agreed for another": {"upstream": {"parallel"}, "other": {"ultra99x"}, "input": {"x"}, "output": {"text"}, "confirmed": {`"ultra98x"`}},
	} {
		if a := s.post("/tasks", form, ""); (a.StatusCode == http.StatusSeeOther) != (name == "simulated") {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	s.ui.askAbove = 0
	if a := s.post(again, url.Values{}, ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("where nothing is asked: %d", a.StatusCode)
	}
}
