package webui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

func ended(id, upstream, request string) gallery.Fixture {
	return gallery.Fixture{
		Task: taskyard.Task{
			ID: id, Status: taskyard.StatusCompleted, Processor: "pro-fast", Upstream: upstream, Mode: "text", Preview: "Bicycle makers", Betas: "one,two",
			RunID: "trun_1", InteractionID: "trun_0", CreatedAt: noon, UpdatedAt: noon, CompletedAt: noon, LastSeq: 1, HasResult: true,
		},
		Document: taskyard.Document{Request: json.RawMessage(request), Result: json.RawMessage(`{"output":{"type":"text","content":"x"}}`)},
	}
}

func TestAFollowUpGoesOnFromATaskWhereItRan(t *testing.T) {
	running := ended("running", "simulator", `{"processor":"pro","input":"x"}`)
	running.Task.Status, running.Task.CompletedAt = taskyard.StatusRunning, time.Time{}
	s := newSite(t, ended("first", "parallel", `{"processor":"pro-fast","input":"x"}`), running)
	wantAll(t, s.page(t, "/tasks/first"), `href="/?follow=first"`)
	page := s.page(t, "/?follow=first")
	wantAll(t, page, "Bicycle makers</a>: Parallel goes on", `name="previous" value="trun_0"`, `value="parallel" data-needs-key checked`, `name="fast" value="1" role="switch" checked`)
	wantNone(t, s.page(t, "/tasks/running"), "?follow=", "/again")
	for _, id := range []string{"running", "nobody"} {
		wantAll(t, s.page(t, "/?follow="+id), "cannot be followed up")
	}
}

func TestRunningAgainSendsTheSameRequestOnce(t *testing.T) {
	const request = `{"processor":"pro-fast","input":{"a":1},"new_field":[1]}`
	s := newSite(t, ended("first", "parallel", request), ended("secret", "parallel", `{"processor":"lite","input":"x","webhook":{"url":"[sealed]"}}`))
	wantAll(t, s.page(t, "/tasks/first"), "Run for $0.10", "bills it like any other run", `name="api_key"`)
	a := s.post("/tasks/first/again", url.Values{"token": {"t1"}, "api_key": {" key "}}, "text/html")
	if a.StatusCode != http.StatusSeeOther || len(s.service.Submitted) != 1 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	got := s.service.Submitted[0]
	if string(got.Request) != request || got.APIKey.Reveal() != "key" || got.Upstream != "parallel" || got.IdempotencyKey != "t1" || len(got.Betas) != 2 {
		t.Errorf("submitted %+v", got)
	}
	if a := s.post("/tasks/secret/again", url.Values{"token": {"t2"}}, "text/html"); a.Header.Get("Location") != "/?from=secret" || len(s.service.Submitted) != 1 {
		t.Errorf("with a secret that is gone: %d %v", a.StatusCode, a.Header)
	}
	if a := s.post("/tasks/nobody/again", url.Values{}, "text/html"); a.StatusCode != http.StatusNotFound {
		t.Errorf("of a task that is not there: %d", a.StatusCode)
	}
}

func TestATaskIsNamedOnItsPage(t *testing.T) {
	s := newSite(t, ended("first", "parallel", `{"processor":"pro","input":"x"}`))
	a := s.post("/tasks/first/name", url.Values{"title": {"<b>Makers</b>"}, "tags": {" wheels, coast ,, wheels"}}, "text/html")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/tasks/first" {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	wantAll(t, s.page(t, "/tasks/first"), "<h1>&lt;b&gt;Makers&lt;/b&gt;</h1>", `href="/tasks?tag=coast"`, `value="coast, wheels"`)
	wantAll(t, s.page(t, "/tasks"), "&lt;b&gt;Makers", `href="/tasks?tag=wheels"`)
	if a := s.post("/tasks/first/name", url.Values{"title": {strings.Repeat("x", 201)}}, "text/html"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.StatusCode)
	}
	if a := s.post("/tasks/nobody/name", url.Values{}, "text/html"); a.StatusCode != http.StatusNotFound {
		t.Errorf("%d", a.StatusCode)
	}
}
