package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
)

// A body is waited for as long as bodyTimeout and no longer, whether anybody wants it or not.
func TestBodiesThatDoNotArriveAreNotWaitedForForever(t *testing.T) {
	const told, untold = "Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
	for _, c := range []struct{ name, line, rest string }{
		{"one that is wanted", "POST /api/tasks", told},
		{"one of untold length", "POST /api/tasks", untold},
		{"one of a type that will be refused", "POST /api/tasks", "Content-Type: text/plain\r\n" + told},
		{"one of another site", "POST /api/tasks", "Sec-Fetch-Site: cross-site\r\n" + untold},
		{"one that a deletion has no use for", "DELETE /api/tasks/{id}", told},
		{"one that a cancellation has no use for", "POST /api/tasks/{id}/cancel", untold},
		{"one that a stream has no use for", "GET /api/events", told},
		{"one that a task's stream has no use for", "GET /api/tasks/{id}/events", untold},
		{"one to an address that is none", "POST /api/nothing", told},
		{"one by a method that is not served", "PUT /api/tasks", untold},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), http1())
				id := b.add(1).ID
				conn := b.pipes.dial()
				defer conn.Close()
				start := time.Now()
				_, err := io.WriteString(conn, strings.Replace(c.line, "{id}", id, 1)+" HTTP/1.1\r\nHost: example.com\r\n"+c.rest)
				must(err)
				answers := bufio.NewReader(conn)
				w, err := record(http.ReadResponse(answers, nil))
				if err != nil {
					t.Fatal(err)
				}
				if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Detail != "the body did not arrive whole" {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				if waited := time.Since(start); waited != bodyTimeout {
					t.Errorf("it was waited for %v, want %v", waited, bodyTimeout)
				}
				if _, err := answers.ReadByte(); !errors.Is(err, io.EOF) {
					t.Errorf("the connection goes on: %v", err)
				}
				if e := b.tasks[id]; len(b.submits) != 0 || e == nil || e.task.CancelRequested {
					t.Error("something was done all the same")
				}
			})
		})
	}
}

// record reads an answer to its end.
func record(resp *http.Response, err error) (*httptest.ResponseRecorder, error) {
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	w := httptest.NewRecorder()
	w.Code = resp.StatusCode
	_, err = io.Copy(w.Body, resp.Body)
	return w, err
}

// The time of a body is not that of what follows it.
func TestStreamThatWasAskedForWithABodyOutlivesTheBodysTime(t *testing.T) {
	for _, path := range []string{"/api/events", "/api/tasks/{id}/events"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), http1())
				conn := b.pipes.dial()
				path := strings.Replace(path, "{id}", b.add(0).ID, 1)
				_, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: example.com\r\nContent-Length: 2\r\n\r\n{}")
				must(err)
				resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
				must(err)
				s := &sse{t: t, resp: resp, lines: bufio.NewReader(resp.Body)}
				s.expect(connected)
				for range 4 * int(bodyTimeout/heartbeat) {
					s.expect(beat)
				}
				must(conn.Close())
				synctest.Wait()
				if n := b.active.Load(); n != 0 {
					t.Error("that the reader left is not noticed")
				}
			})
		})
	}
}

func TestSubmittingMayTakeLongerThanTheBodyMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := &server{memory: m, mux: http.NewServeMux()}
		New(Config{Store: m, Service: slow{m}, Live: m}).Register(s.mux)
		b := serve(t, s, http1())
		w, err := record(b.client.Post("http://example.com/api/tasks", "application/json", strings.NewReader(`{"processor":"a","input":"b"}`)))
		if err != nil || w.Code != http.StatusCreated {
			t.Errorf("%v, %v", w, err)
		}
	})
}

// slow takes its time to submit, unless the caller goes.
type slow struct{ *memory }

func (s slow) Submit(ctx context.Context, req taskyard.Submit) (taskyard.Task, bool, error) {
	if err := sleep(ctx, 2*bodyTimeout); err != nil {
		return taskyard.Task{}, false, err
	}
	return s.memory.Submit(ctx, req)
}

// A body where none is wanted does no harm, unless it is too large to be read away.
func TestRoutesWithoutABodyTakeOneAndLeaveItAside(t *testing.T) {
	s := newServer(func(c *Config) { c.MaxBody = 100 })
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/api/tasks", 200}, {"GET", "/healthz", 200}, {"POST", "/api/tasks/{id}/cancel", 202}, {"DELETE", "/api/tasks/{id}", 204},
	} {
		target := strings.Replace(c.target, "{id}", s.add(1).ID, 1)
		if w := s.do(t, newRequest(c.method, target, strings.Repeat("x", 101))); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s with a body over the limit: %d %s", c.method, c.target, w.Code, w.Body)
		}
		if w := s.do(t, newRequest(c.method, target, `not "JSON`)); w.Code != c.status {
			t.Errorf("%s %s with a body: %d %s", c.method, c.target, w.Code, w.Body)
		}
	}
}
