package httpapi

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// The one table of codes, walked over a real connection and back.
func TestEveryCodeReachesTheCallerAsItsStatus(t *testing.T) {
	for code, answer := range answers {
		t.Run(string(code), func(t *testing.T) {
			s := newServer()
			s.fault = &taskyard.Error{Code: code, Field: "f", Err: errors.New("the cause, s3cret")}
			srv := httptest.NewServer(s.mux)
			defer srv.Close()
			resp, err := srv.Client().Get(srv.URL + "/api/tasks/" + taskyard.NewID())
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var body bytes.Buffer
			_, err = body.ReadFrom(resp.Body)
			must(err)
			p := problemOf(t, &httptest.ResponseRecorder{Code: resp.StatusCode, Body: &body})
			if resp.StatusCode != answer.status || p.Status != answer.status || p.Code != code || p.Detail != answer.detail {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, body.String(), answer.status, answer.detail)
			}
			if strings.Contains(body.String(), "s3cret") {
				t.Error("the cause is told")
			}
		})
	}
}

func TestFaultsOfOursAreToldToTheLogAlone(t *testing.T) {
	var log bytes.Buffer
	s := newServer(func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.fault = errors.New("disk on fire")
	w := s.get(t, "/api/tasks/"+taskyard.NewID(), requestIDHeader, "my-id.1")
	if p := problemOf(t, w); w.Code != 500 || p.Detail != "internal error" || p.RequestID != "my-id.1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if line := log.String(); !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "disk on fire") || !strings.Contains(line, "requestId=my-id.1") {
		t.Errorf("the log says %s", line)
	}
}

// panicking panics where a test says.
type panicking struct{ *memory }

func (panicking) Task(context.Context, string) (taskyard.Task, error) { panic("a bug") }

func TestAPanicIsAnsweredAndLoggedWithItsStack(t *testing.T) {
	var log bytes.Buffer
	m := newMemory()
	s := &server{memory: m, mux: http.NewServeMux()}
	New(Config{Store: panicking{m}, Service: m, Live: m, Logger: slog.New(slog.NewTextHandler(&log, nil))}).Register(s.mux)
	w := s.get(t, "/task/"+taskyard.NewID())
	if p := problemOf(t, w); w.Code != 500 || p.Detail != "internal error" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if line := log.String(); !strings.Contains(line, "a bug") || !strings.Contains(line, "middleware_test.go") {
		t.Errorf("the log says %s", line)
	}
}

func TestNeitherKeysNorIdsNorQueriesReachTheLog(t *testing.T) {
	var log bytes.Buffer
	s := newServer(func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	s.post(t, "/api/tasks", `{"apiKey":"s3cret","processor":"a","input":"b"}`)
	s.post(t, "/api/tasks", `{"apiKey":"s3cret","processor":1,"input":"b"}`, "X-Api-Key", "s3cret")
	s.post(t, "/api/tasks", `{"apiKey":"other","processor":"a","input":"b"}`, "X-Api-Key", "s3cret")
	s.get(t, "/api/tasks?q=s3cret")
	s.get(t, "/api/tasks?apiKey=s3cret")
	s.get(t, "/api/s3cret")
	id := s.order[0]
	s.get(t, "/task/"+id)
	s.settle(id)
	s.post(t, "/api/tasks/"+id+"/cancel", "")
	if strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), id) {
		t.Error(log.String())
	}
	if n := strings.Count(log.String(), "msg=request "); n != 8 {
		t.Errorf("the access log has %d lines, want 8", n)
	}
}

func TestRequestIDIsTheCallersIfItIsFitForALog(t *testing.T) {
	s := newServer()
	made := regexp.MustCompile(`^[a-z2-7]{26}$`)
	for given, kept := range map[string]bool{
		"abc-DEF_1.2": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "a b": false, "a\"b": false, "é": false,
	} {
		got := s.get(t, "/healthz", requestIDHeader, given).Header().Get(requestIDHeader)
		if kept && got != given || !kept && !made.MatchString(got) {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestWrongAddressesAndMethodsAreProblemsToo(t *testing.T) {
	s := newServer()
	id := s.add(1).ID
	for _, c := range []struct {
		method, target string
		status         int
		allow          string
	}{
		{"GET", "/api/", 404, ""},
		{"GET", "/api/nothing", 404, ""},
		{"POST", "/api/tasks/" + id + "/nothing", 404, ""},
		{"PUT", "/api/tasks", 405, "GET, HEAD, POST"},
		{"DELETE", "/api/tasks", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/tasks", 405, "GET, HEAD, POST"},
		{"TRACE", "/api/tasks", 405, "GET, HEAD, POST"},
		{"GET", "/api/tasks/" + id + "/cancel", 405, "POST"},
		{"POST", "/task/" + id, 405, "GET, HEAD, OPTIONS"},
		{"POST", "/openapi.json", 405, "GET, HEAD"},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"GET", "/api/tasks?q=" + strings.Repeat("x", maxAddress), 414, ""},
		{"GET", "/task/short", 404, ""},
		{"GET", "/task/" + strings.ToUpper(id), 404, ""},
		{"GET", "/api/tasks/" + strings.Repeat("1", 26), 404, ""},
		{"DELETE", "/api/tasks/..%2F" + id, 404, ""},
		{"POST", "/api/tasks/" + id + "x/cancel", 404, ""},
	} {
		w := s.do(t, newRequest(c.method, c.target, ""))
		if p := problemOf(t, w); w.Code != c.status || p.Detail == "" || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %.60s: %d %s, Allow %q", c.method, c.target, w.Code, w.Body, w.Header().Get("Allow"))
		}
	}
}

func TestEveryRouteRefusesParametersThatItDoesNotKnow(t *testing.T) {
	s := newServer()
	for _, r := range New(Config{}).routes() {
		target := strings.Replace(r.path, "{id}", s.add(1).ID, 1)
		for query, field := range map[string]string{"?foo=1": "foo", "?a;b": ""} {
			w := s.do(t, newRequest(r.method, target+query, `{"processor":"a","input":"b"}`))
			if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Field != field {
				t.Errorf("%s %s: %d %s, want 400 and field %q", r.method, r.path+query, w.Code, w.Body, field)
			}
		}
	}
	if len(s.submits) != 0 || len(s.tasks) != len(s.order) {
		t.Error("something was done all the same")
	}
}

func TestIDsThatNoTaskCanHaveNeverReachTheStore(t *testing.T) {
	s := newServer()
	s.fault = errors.New("the store was asked")
	for _, id := range []string{"x", strings.Repeat("0", 26), strings.Repeat("a", 27), "%00" + strings.Repeat("a", 25)} {
		for _, c := range [][2]string{
			{"GET", "/task/%"}, {"GET", "/api/tasks/%"}, {"DELETE", "/api/tasks/%"}, {"POST", "/api/tasks/%/cancel"},
			{"POST", "/api/tasks/%/submit-again"}, {"GET", "/api/tasks/%/events"},
		} {
			if w := s.do(t, newRequest(c[0], strings.Replace(c[1], "%", id, 1), "")); w.Code != http.StatusNotFound {
				t.Errorf("%s %s with %q: %d", c[0], c[1], id, w.Code)
			}
		}
	}
}

func TestTasksAreCancelledSentAgainAndDeleted(t *testing.T) {
	s := newServer()
	task, ended := s.add(1), s.add(1)
	s.settle(ended.ID)
	for _, verb := range []string{"cancel", "submit-again"} {
		if w := s.post(t, "/api/tasks/"+task.ID+"/"+verb, ""); w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"id":"`+task.ID+`"`) {
			t.Errorf("%s: %d %s", verb, w.Code, w.Body)
		}
		if w := s.post(t, "/api/tasks/"+ended.ID+"/"+verb, ""); w.Code != http.StatusConflict {
			t.Errorf("%s of an ended task: %d %s", verb, w.Code, w.Body)
		}
		if w := s.post(t, "/api/tasks/"+task.ID+"/"+verb, "", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			t.Errorf("%s by another site: %d %s", verb, w.Code, w.Body)
		}
	}
	if w := s.do(t, newRequest("DELETE", "/api/tasks/"+task.ID, "", "Sec-Fetch-Site", "same-site")); w.Code != http.StatusForbidden {
		t.Errorf("delete by a neighbour: %d", w.Code)
	}
	if w := s.do(t, newRequest("DELETE", "/api/tasks/"+task.ID, "")); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("delete: %d %s", w.Code, w.Body)
	}
	for _, r := range []*http.Request{
		newRequest("DELETE", "/api/tasks/"+task.ID, ""), newRequest("GET", "/api/tasks/"+task.ID, ""), newRequest("GET", "/task/"+task.ID, ""),
		newRequest("POST", "/api/tasks/"+task.ID+"/cancel", ""),
	} {
		if w := s.do(t, r); w.Code != http.StatusNotFound {
			t.Errorf("%s %s after it was deleted: %d", r.Method, r.URL, w.Code)
		}
	}
}

func TestFactsAreServed(t *testing.T) {
	s := newServer()
	body := s.get(t, "/api/processors").Body.String()
	for _, want := range []string{
		`[{"name":"lite","tier":"lite","fast":false,"usdPerThousandRuns":5,"minLatencySeconds":10,"maxLatencySeconds":60,"maxFields":2,"eventsByDefault":false,"auto":false}`,
		`{"name":"pro-fast","tier":"pro","fast":true,"usdPerThousandRuns":100,"minLatencySeconds":30,"maxLatencySeconds":300,"maxFields":20,"eventsByDefault":true,"auto":true}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s\nlacks %s", body, want)
		}
	}
	if want := `[{"name":"parallel","simulated":false,"hasKey":false,"cancels":false},{"name":"simulator","simulated":true,"hasKey":true,"cancels":true}]` + "\n"; s.get(t, "/api/upstreams").Body.String() != want {
		t.Errorf("%s, want %s", s.get(t, "/api/upstreams").Body, want)
	}
}

func TestHealthIsOfTheProcessAndReadinessOfTheWhole(t *testing.T) {
	var fault error
	s := newServer(func(c *Config) { c.Ready = func(context.Context) error { return fault } })
	if w := s.get(t, "/readyz"); w.Code != 200 || w.Body.String() != `{"status":"ready","version":"test"}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	fault = errors.New("database is locked, s3cret")
	if w := s.get(t, "/readyz"); w.Code != 503 || strings.Contains(w.Body.String(), "s3cret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.get(t, "/healthz"); w.Code != 200 || w.Body.String() != `{"status":"ok","version":"test"}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAnswersAreNotKeptUnlessTheySaySo(t *testing.T) {
	s := newServer()
	id := s.add(1).ID
	for _, target := range []string{"/api/tasks", "/api/tasks/" + id, "/api/upstreams", "/healthz", "/api/nothing", "/task/none"} {
		if got := s.get(t, target).Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", target, got)
		}
	}
}
