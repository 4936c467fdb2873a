package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
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
