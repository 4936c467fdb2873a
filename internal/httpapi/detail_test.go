package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestDetailHasTheOriginalsShapeAndUpstreamsResultAsItCame(t *testing.T) {
	s := newServer()
	s.post(t, "/api/tasks", `{"processor":"core","input":{"q":[]},"taskSpec":{"output_schema":{"type":"text"}},"metadata":{"n":1.50},"betas":["b-1","b-2"],"new":{}}`)
	id := s.order[0]
	s.change(id, func(e *entry) { e.task.RunID = "trun_1" })
	s.settle(id)
	w := s.get(t, "/task/"+id)
	want := `{
  "task": {
    "id": "` + id + `",
    "processor": "core",
    "input": {
      "q": []
    },
    "taskSpec": {
      "output_schema": {
        "type": "text"
      }
    },
    "runId": "trun_1",
    "status": "completed",
    "createdAt": "2026-01-31T12:00:01.000Z",
    "completedAt": "2026-01-31T13:00:00.000Z",
    "result": {
      "run": {
        "run_id": "trun_1"
      },
      "output": {
        "type": "text",
        "content": "<b> & ü",
        "basis": []
      }
    },
    "inputPreview": "hello",
    "title": null,
    "tags": [],
    "upstream": "simulator",
    "mode": "auto",
    "interactionId": null,
    "updatedAt": "2026-01-31T12:00:01.000Z",
    "progress": {
      "sourcesConsidered": null,
      "sourcesRead": null,
      "meter": null
    },
    "activity": null,
    "error": null,
    "warnings": null,
    "hasResult": true,
    "cancelRequested": false,
    "lastSeq": 2,
    "version": 4,
    "betas": [
      "b-1",
      "b-2"
    ],
    "request": {
      "processor": "core",
      "input": {
        "q": []
      },
      "task_spec": {
        "output_schema": {
          "type": "text"
        }
      },
      "metadata": {
        "n": 1.50
      },
      "new": {}
    }
  },
  "events": [
    {
      "type": "task_run.progress_msg.plan",
      "data": {
        "message": "step 1"
      },
      "timestamp": "2026-01-31T12:00:00.000Z",
      "seq": 1
    },
    {
      "type": "taskyard.settled",
      "data": {},
      "timestamp": "2026-01-31T12:00:00.000Z",
      "seq": 2
    }
  ]
}
`
	if w.Code != http.StatusOK || w.Body.String() != want {
		t.Errorf("%d %s\nwant %s", w.Code, w.Body, want)
	}
}

func TestDetailOfATaskWithoutEventsOrResultIsWhole(t *testing.T) {
	s := newServer()
	w := s.get(t, "/task/"+s.add(0).ID)
	for _, want := range []string{`"input": "hello"`, `"taskSpec": null`, `"runId": null`, `"completedAt": null`, `"result": null`, `"betas": []`, `"events": []`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s\nlacks %s", w.Body, want)
		}
	}
}

// A task is read first and its parts a moment later; what came in between is for the next answer.
func TestDetailShowsOneStateOfATask(t *testing.T) {
	s := newServer()
	task := s.add(2)
	s.settle(task.ID)
	s.mux = http.NewServeMux()
	New(Config{Store: staleStore{s.memory, task}, Service: s, Live: s}).Register(s.mux)
	body := s.get(t, "/task/"+task.ID).Body.String()
	if !strings.Contains(body, `"result": null`) || !strings.Contains(body, `"seq": 2`) || strings.Contains(body, `"seq": 3`) {
		t.Errorf("a running task with two events is shown as\n%s", body)
	}
}

// staleStore answers with a task as it was.
type staleStore struct {
	*memory
	then taskyard.Task
}

func (s staleStore) Task(context.Context, string) (taskyard.Task, error) { return s.then, nil }

func TestDetailMayBeReadByPagesOfAnyOrigin(t *testing.T) {
	s := newServer()
	id := s.add(1).ID
	for _, r := range []*http.Request{
		newRequest("GET", "/task/"+id, "", "Origin", "https://example.org", "Sec-Fetch-Site", "cross-site"),
		newRequest("HEAD", "/task/"+id, ""),
		newRequest("OPTIONS", "/task/"+id, "", "Origin", "https://example.org", "Access-Control-Request-Method", "GET"),
		newRequest("GET", "/task/"+taskyard.NewID(), ""),
		newRequest("GET", "/task/nonsense", ""),
	} {
		w := s.do(t, r)
		if h := w.Header(); h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s %s: %d %v", r.Method, r.URL, w.Code, h)
		}
	}
	if h := s.get(t, "/api/tasks").Header(); h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Errorf("the list may be read by any: %v", h)
	}
}

func TestDetailAnswers304BeforeAnythingLargeIsRead(t *testing.T) {
	s := newServer()
	id := s.add(1).ID
	first := s.get(t, "/task/"+id)
	tag := first.Header().Get("ETag")
	if got := first.Header().Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control is %q", got)
	}
	read := s.documents
	for _, held := range []string{tag, `"other", ` + tag, strings.TrimPrefix(tag, "W/"), "*"} {
		w := s.get(t, "/task/"+id, "If-None-Match", held)
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match: %s: %d %v", held, w.Code, w.Header())
		}
	}
	if s.do(t, newRequest("HEAD", "/task/"+id, "")); s.documents != read {
		t.Error("HEAD or 304 has read the document")
	}
	s.say(id, "task_run.state", `{}`)
	if w := s.get(t, "/task/"+id, "If-None-Match", tag); w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("after an event: %d %s", w.Code, w.Header().Get("ETag"))
	}
}

// longStore makes up the log of one task as it is read.
type longStore struct {
	taskyard.Store
	task   taskyard.Task
	failAt int64 // seq behind which the log is gone; 0 never, -1 all of it
	heap   *heap
}

func (s *longStore) Task(context.Context, string) (taskyard.Task, error) { return s.task, nil }

func (s *longStore) Document(context.Context, string) (taskyard.Document, error) {
	return taskyard.Document{Request: json.RawMessage(`{"processor":"a","input":"b"}`)}, nil
}

func (s *longStore) Events(_ context.Context, _, after, upTo int64, most, _ int) ([]taskyard.Event, error) {
	if s.failAt != 0 && after >= s.failAt {
		return nil, nil
	}
	s.heap.measure()
	var page []taskyard.Event
	for seq := after + 1; seq <= min(upTo, after+int64(most)); seq++ {
		data := fmt.Sprintf(`{"message":"step %d %s","nested":{"a":[1,2,3]}}`, seq, strings.Repeat("x", 300))
		page = append(page, taskyard.Event{Seq: seq, Type: "task_run.progress_msg.plan", Data: json.RawMessage(data), At: epoch})
	}
	return page, nil
}

// heap is the most memory that was seen in use.
type heap struct{ most uint64 }

func (h *heap) measure() {
	if h == nil {
		return
	}
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	h.most = max(h.most, now.HeapAlloc)
}

func longTask(events int64) taskyard.Task {
	return taskyard.Task{Num: 1, ID: taskyard.NewID(), LastSeq: events, Version: events, CreatedAt: epoch, UpdatedAt: epoch}
}

func detailOf(store taskyard.Store) (*http.ServeMux, *memory) {
	mux, m := http.NewServeMux(), newMemory()
	New(Config{Store: store, Service: m, Live: m}).Register(mux)
	return mux, m
}

// sink is a ResponseWriter that keeps nothing but counts.
type sink struct {
	io.Writer
	header http.Header
	size   int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(b []byte) (int, error) {
	s.size += len(b)
	return s.Writer.Write(b)
}

func TestDetailOf100000EventsIsValidJSONAndCostsLittleMemory(t *testing.T) {
	const events = 100_000
	store := &longStore{task: longTask(events), heap: new(heap)}
	mux, _ := detailOf(store)
	store.heap.measure()
	before := store.heap.most
	out, in := io.Pipe()
	counted := make(chan int, 1) // one result, read at the end
	go func() {
		n, err := countEvents(out)
		_ = out.CloseWithError(err) // unblocks the writer if the JSON is bad
		counted <- n
	}()
	w := &sink{Writer: in, header: http.Header{}}
	mux.ServeHTTP(w, newRequest("GET", "/task/"+store.task.ID, ""))
	must(in.Close())
	if n := <-counted; n != events {
		t.Errorf("%d events, want %d", n, events)
	}
	if grown := store.heap.most - before; grown > 8<<20 || w.size < 40<<20 {
		t.Errorf("%d MiB were written and the heap grew by %d KiB", w.size>>20, grown>>10)
	} else {
		t.Logf("%d MiB were written and the heap grew by %d KiB", w.size>>20, grown>>10)
	}
}

// countEvents reads a detail as JSON and checks that the events are in order.
func countEvents(r io.Reader) (int, error) {
	d := json.NewDecoder(r)
	for depth := 0; ; { // up to the array of events
		token, err := d.Token()
		if err != nil {
			return 0, err
		}
		if depth == 1 && token == "events" {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	if _, err := d.Token(); err != nil {
		return 0, err
	}
	n := 0
	for d.More() {
		var ev struct{ Seq int }
		if err := d.Decode(&ev); err != nil {
			return n, err
		}
		if n++; ev.Seq != n {
			return n, fmt.Errorf("seq %d at place %d", ev.Seq, n)
		}
	}
	for range 2 {
		if _, err := d.Token(); err != nil {
			return n, err
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("more after the end: %w", err)
	}
	return n, nil
}

func TestDetailThatCannotBeFinishedNeverLooksWhole(t *testing.T) {
	store := &longStore{task: longTask(5000), failAt: 3000}
	mux, _ := detailOf(store)
	for name, protocols := range map[string]*http.Protocols{"over HTTP/1.1": http1(), "over HTTP/2": http2()} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(mux)
			srv.Config.Protocols = protocols
			srv.Start()
			defer srv.Close()
			transport := &http.Transport{Protocols: protocols}
			defer transport.CloseIdleConnections()
			resp, err := (&http.Client{Transport: transport}).Get(srv.URL + "/task/" + store.task.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if n, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Errorf("%d bytes came without an error", n)
			}
		})
	}
}

func TestDetailThatFailsBeforeTheFirstByteIsAProblem(t *testing.T) {
	store := &longStore{task: longTask(10), failAt: -1}
	mux, m := detailOf(store)
	s := &server{memory: m, mux: mux}
	w := s.get(t, "/task/"+store.task.ID)
	if p := problemOf(t, w); w.Code != http.StatusNotFound || p.Code != taskyard.CodeNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w.Header().Get("ETag") != "" {
		t.Errorf("a problem has the ETag %s", w.Header().Get("ETag"))
	}
}

func BenchmarkDetailOf2000Events(b *testing.B) {
	s := newServer()
	task := s.add(0)
	s.mu.Lock()
	for range 2000 {
		s.tasks[task.ID].append("task_run.progress_msg.plan", `{"type":"task_run.progress_msg.plan","message":"`+strings.Repeat("x", 200)+`","timestamp":"2026-01-31T12:00:00Z"}`)
	}
	s.mu.Unlock()
	for b.Loop() {
		w := &sink{Writer: io.Discard, header: http.Header{}}
		s.mux.ServeHTTP(w, newRequest("GET", "/task/"+task.ID, ""))
		b.SetBytes(int64(w.size))
	}
}

func FuzzIndent(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,{"b":"\\\""},[],{}],"c":null}`, ` [ ] `, `"\\"`, `"a\\\"b"`, `-1.5e+3`, `{"a" : "}" , "b":[[[]]]}`, `{ }`, `[{}]`, "[1\n,\r\n2]", `{"<":"&"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := indent(raw)
		if !json.Valid(raw) {
			return // it is not asked to notice, only not to fail
		}
		var want bytes.Buffer
		must(json.Indent(&want, raw, "", "  "))
		if deepest(raw) > len(spaces)/2 {
			return
		}
		if err != nil || got != strings.TrimRight(want.String(), " \t\r\n") {
			t.Errorf("%q is indented as\n%s (%v), want\n%s", raw, got, err, want.String())
		}
	})
}

func indent(raw []byte) (string, error) {
	var b bytes.Buffer
	buffer := bufio.NewWriter(&b)
	err := (&indenter{w: buffer}).value(raw)
	must(buffer.Flush())
	return b.String(), err
}

// deepest is no less than how deep the JSON nests.
func deepest(raw []byte) int { return bytes.Count(raw, []byte("{")) + bytes.Count(raw, []byte("[")) }

func TestIndentNoticesValuesThatAreNotClosed(t *testing.T) {
	for _, raw := range []string{`{"a":1`, `[`, `]`, `"a`, `"a\"`, `{}}`, `[[]`} {
		if got, err := indent([]byte(raw)); err == nil {
			t.Errorf("%s is taken for JSON: %s", raw, got)
		}
	}
}

// Nested deep, a small value would otherwise be indented to the square of its size.
func TestIndentDoesNotGrowWithoutBound(t *testing.T) {
	raw := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	got, err := indent([]byte(raw))
	if err != nil || len(got) > 120*len(raw) {
		t.Errorf("%d bytes became %d, %v", len(raw), len(got), err)
	}
}
