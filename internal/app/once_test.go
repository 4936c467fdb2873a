package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/pgtest"
)

// server is a whole server whose default upstream is its simulator.
type server struct {
	*testing.T
	*App
	cfg    Config
	client http.Client
}

func startServer(t *testing.T, database string) *server {
	t.Helper()
	s := &server{T: t, cfg: Config{
		Addr: "127.0.0.1:0", Database: database, Connections: 20, Synchronous: "normal", Upstream: "http://127.0.0.1:9",
		SealKeyFile: filepath.Join(t.TempDir(), "key"),
		Simulator:   true, SimulatorFirst: true, SimulatorScale: 200, SimulatorSeed: 1,
		DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	}}
	// A form's answer leads to the task: where, is what is asked here.
	s.client = http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.Helper()
	var err error
	if s.App, err = Start(s.Context(), s.cfg); err != nil {
		s.Fatal(err)
	}
}

func (s *server) stop() {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		s.Errorf("stop: %v", err)
	}
	s.client.CloseIdleConnections()
}

// answer is a response that has been read.
type answer struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (s *server) do(method, path, kind, body string, headers ...string) answer {
	s.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		s.Error(err)
		return answer{}
	}
	req.Header.Set("Content-Type", kind)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.Error(err)
		return answer{}
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Error(err)
	}
	return answer{resp.StatusCode, resp.Header.Get("Location"), string(said), resp.Header}
}

// atOnce makes n calls at the same time.
func atOnce(n int, call func() answer) []answer {
	answers := make([]answer, n)
	begin := make(chan struct{}) // closed to begin
	var calls sync.WaitGroup
	for i := range answers {
		calls.Go(func() {
			<-begin
			answers[i] = call()
		})
	}
	close(begin)
	calls.Wait()
	return answers
}

// listed is a task as the API lists it.
type listed struct {
	ID, Status, RunID string
	CompletedAt       *time.Time
	CancelRequested   bool
	Activity          struct{ Phase, Next string }
	Error             *struct{ Message string }
}

func (s *server) tasks() []listed {
	s.Helper()
	var list []listed
	if err := json.Unmarshal([]byte(s.do(http.MethodGet, "/api/tasks", "", "").body), &list); err != nil {
		s.Fatal(err)
	}
	return list
}

// await waits until a condition holds for every task.
func (s *server) await(what string, holds func(listed) bool) []listed {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		list := s.tasks()
		if !slices.ContainsFunc(list, func(t listed) bool { return !holds(t) }) {
			return list
		}
		if time.Now().After(deadline) {
			s.Fatalf("%s does not come: %+v", what, list)
		}
	}
}

func ended(t listed) bool { return t.CompletedAt != nil }

// madeOne holds the server to one task that was sent once.
func (s *server) madeOne() {
	s.Helper()
	if n := len(s.await("the end", ended)); n != 1 {
		s.Errorf("%d tasks", n)
	}
	if n := s.simulator.Creates(); n != 1 {
		s.Errorf("%d runs", n)
	}
}

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/json"
)

// form is the composer's form as a browser sends it; its token is made with the page.
func form(token string) string {
	return url.Values{"token": {token}, "upstream": {"simulator"}, "processor": {"lite"}, "input": {"Who mends clocks?"}, "output": {"auto"}}.Encode()
}

const body = `{"processor":"lite","input":"Who mends clocks?"}`

func TestDoubleClickMakesOneTask(t *testing.T) {
	for name, accept := range map[string]string{"without script": "text/html", "in script": asJSON} {
		t.Run(name, func(t *testing.T) {
			pgtest.EachEngine(t, func(t *testing.T, database string) {
				s := startServer(t, database)
				page := s.do(http.MethodGet, "/", "", "").body
				_, rest, _ := strings.Cut(page, `name="token" value="`)
				token, _, found := strings.Cut(rest, `"`)
				if !found || token == "" {
					t.Fatalf("the form has no token: %.2000s", page)
				}
				answers := atOnce(2, func() answer { return s.do(http.MethodPost, "/tasks", asForm, form(token), "Accept", accept) })
				first := answers[0]
				if want := map[string]int{"text/html": 303, asJSON: 201}[accept]; first.status != want || answers[1].status != want || answers[1].location != first.location || answers[1].body != first.body {
					t.Errorf("%+v, want %d twice", answers, want)
				}
				s.madeOne()
			})
		})
	}
}

func TestIdempotencyKeyMakesOneTaskOf20CallsAtOnce(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := startServer(t, database)
		answers := atOnce(20, func() answer { return s.do(http.MethodPost, "/api/tasks", asJSON, body, "Idempotency-Key", "k-1") })
		answers = append(answers, s.do(http.MethodPost, "/api/tasks", asJSON, body, "Idempotency-Key", "k-1"))
		statuses := map[int]int{}
		for _, a := range answers {
			statuses[a.status]++
			if a.body != answers[0].body || a.location != answers[0].location {
				t.Errorf("%+v is another task than %+v", a, answers[0])
			}
		}
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusOK] != 20 {
			t.Errorf("statuses %v", statuses)
		}
		if a := s.do(http.MethodPost, "/api/tasks", asJSON, `{"processor":"lite","input":"Another"}`, "Idempotency-Key", "k-1"); a.status != http.StatusConflict {
			t.Errorf("the key for another request: %+v", a)
		}
		s.madeOne()
	})
}

// A browser whose connection breaks before the answer sends its request again by itself, or its user does. Whether or
// not the first has made the task, there is one in the end.
func TestResendAfterALostAnswerMakesOneTask(t *testing.T) {
	for name, c := range map[string]struct{ path, kind, body, header string }{
		"a form": {"/tasks", asForm, form("0123456789abcdef"), ""},
		"a call": {"/api/tasks", asJSON, body, "Idempotency-Key: k-2\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			pgtest.EachEngine(t, func(t *testing.T, database string) {
				s := startServer(t, database)
				host := strings.TrimPrefix(s.URL(), "http://")
				request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s", c.path, host, c.kind, c.header, len(c.body), c.body)
				for i := range 30 {
					conn, err := net.Dial("tcp", host)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := conn.Write([]byte(request)); err != nil {
						t.Fatal(err)
					}
					if i%2 == 1 { // else nobody knows how far the server has come
						if _, err := conn.Read(make([]byte, 1)); err != nil {
							t.Fatal(err)
						}
					}
					if err := conn.Close(); err != nil {
						t.Fatal(err)
					}
				}
				key, value, _ := strings.Cut(strings.TrimSpace(c.header), ": ")
				var headers []string
				if key != "" {
					headers = []string{key, value}
				}
				if a := s.do(http.MethodPost, c.path, c.kind, c.body, headers...); a.status != http.StatusSeeOther && a.status != http.StatusOK && a.status != http.StatusCreated {
					t.Errorf("the last: %+v", a)
				}
				s.madeOne()
			})
		})
	}
}

// Sending again a task whose submission is unknown is one click or one call. Ten of them at once are one as well.
func TestSubmitAgainTenTimesSendsOnce(t *testing.T) {
	for name, path := range map[string]string{"on the page": "/tasks/%s/submit-again", "by the API": "/api/tasks/%s/submit-again"} {
		t.Run(name, func(t *testing.T) {
			pgtest.EachEngine(t, func(t *testing.T, database string) {
				s := startServer(t, database)
				s.do(http.MethodPost, "/api/tasks", asJSON, `{"processor":"lite","input":"x","metadata":{"sandbox":"cut-create"}}`)
				id := s.await("the lost answer", func(l listed) bool { return l.Status == "submission_unknown" })[0].ID
				before := s.simulator.Creates()
				statuses := map[int]int{}
				for _, a := range atOnce(10, func() answer { return s.do(http.MethodPost, fmt.Sprintf(path, id), asForm, "") }) {
					statuses[a.status]++
					if a.status == http.StatusSeeOther && a.location != "/tasks/"+id {
						t.Errorf("it leads to %s", a.location)
					}
				}
				if onPage := statuses[303] == 10; !onPage && (statuses[202] != 1 || statuses[409] != 9) {
					t.Errorf("statuses %v", statuses)
				}
				s.await("the next answer", func(l listed) bool {
					return ended(l) || l.Status == "submission_unknown" && l.Activity.Phase == "unknown"
				})
				if n := s.simulator.Creates() - before; n != 1 {
					t.Errorf("it was sent %d times", n)
				}
			})
		})
	}
}

// A task on the simulator is cancelled there, by page and API alike; a stop of the server in between changes nothing.
func TestCancelOnTheSimulatorIsReal(t *testing.T) {
	for name, c := range map[string]struct {
		path    string
		status  int
		restart bool
	}{
		"on the page": {"/tasks/%s/cancel", 303, false}, "by the API": {"/api/tasks/%s/cancel", 202, false}, "over a restart": {"/api/tasks/%s/cancel", 202, true},
	} {
		t.Run(name, func(t *testing.T) {
			pgtest.EachEngine(t, func(t *testing.T, database string) {
				s := startServer(t, database)
				s.do(http.MethodPost, "/api/tasks", asJSON, `{"processor":"pro","input":"x","metadata":{"sandbox":"never-ends"}}`)
				task := s.await("the run", func(l listed) bool { return l.Status == "running" })[0]
				if a := s.do(http.MethodPost, fmt.Sprintf(c.path, task.ID), asForm, ""); a.status != c.status {
					t.Errorf("%+v", a)
				}
				if c.restart {
					s.stop()
					s.start()
				}
				done := s.await("the end", ended)[0]
				if done.Status != "cancelled" || done.Error != nil || !done.CancelRequested || done.Activity.Next != "" {
					t.Errorf("%+v", done)
				}
				truth, _ := s.simulator.Log(task.RunID)
				detail := []byte(s.do(http.MethodGet, "/task/"+task.ID, "", "").body)
				if last := truth[len(truth)-1]; !bytes.Contains(last, []byte(`"status":"cancelled"`)) {
					t.Errorf("at the simulator it ends with %s", last)
				}
				holds(t, detail, truth)
				if a := s.do(http.MethodPost, "/api/tasks/"+task.ID+"/cancel", asJSON, ""); a.status != http.StatusConflict {
					t.Errorf("after the end: %+v", a)
				}
			})
		})
	}
}

// holds finds every event of the truth in a task's log, in its order.
func holds(t *testing.T, detail []byte, truth []json.RawMessage) {
	t.Helper()
	var doc struct {
		Events []struct{ Data json.RawMessage }
	}
	if err := json.Unmarshal(detail, &doc); err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range truth {
		for at < len(doc.Events) && line(t, doc.Events[at].Data) != line(t, want) {
			at++
		}
		if at == len(doc.Events) {
			t.Fatalf("the log lacks %s", want)
		}
		at++
	}
}

func line(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
