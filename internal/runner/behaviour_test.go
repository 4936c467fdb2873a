package runner_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// behaviour is something that upstream, or what lies before it, does.
type behaviour struct {
	processor string // "" is pro
	scenario  string
	script    *sandbox.Script // instead of a scenario
	// wrap is made anew for each test, as it counts.
	wrap func(*front) wrap
	want taskyard.Status // "" is completed
	// partial says that the truth cannot be had whole: what is there must be of it, each event once.
	partial bool
	// changed says that what is heard is not the sandbox's truth, as the test changes it.
	changed bool
	check   func(w *world, task taskyard.Task)
}

// realScale is how fast upstream's time runs on real sockets: two hours in under four seconds.
const realScale = 2000

// realTiming leaves a busy machine time where a wait decides about what is heard.
func realTiming() runner.Timing {
	return runner.Timing{
		StreamAge: 570 * time.Second / realScale, Quiet: 300 * time.Millisecond, Linger: 30 * time.Second, Call: 10 * time.Second,
		ResultPoll: time.Second, Poll: 20 * time.Millisecond, BackoffMin: 2 * time.Millisecond, BackoffMax: 40 * time.Millisecond,
		Forget: 5 * time.Second, // two calls can lie a second apart
	}
}

// TestEveryBehaviour lets upstream do each thing that it is known to do, or that happens on the way to it: in a bubble
// and on real sockets, in HTTP/1.1 and HTTP/2.
func TestEveryBehaviour(t *testing.T) {
	t.Run("bubble", func(t *testing.T) {
		for name, b := range behaviours() {
			t.Run(name, func(t *testing.T) {
				pgtest.EachEngine(t, func(t *testing.T, database string) {
					synctest.Test(t, func(t *testing.T) { b.run(t, database, newFront(t, "pipe", false), scale, timing()) })
				})
			})
		}
	})
	for protocol, http2 := range map[string]bool{"http1": false, "http2": true} {
		t.Run(protocol, func(t *testing.T) {
			for name, b := range behaviours() {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					b.run(t, filepath.Join(t.TempDir(), "t.db"), newFront(t, "tcp", http2), realScale, realTiming())
				})
			}
		})
	}
}

func (b behaviour) run(t *testing.T, database string, f *front, scale float64, timing runner.Timing) {
	w := &world{T: t, key: "good-key"}
	opts := []sandbox.Option{sandbox.WithScale(scale)}
	if b.script != nil {
		opts = append(opts, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) { return *b.script, true }))
	}
	var err error
	if w.box, err = sandbox.New(opts...); err != nil {
		t.Fatal(err)
	}
	w.store, err = store.Open(t.Context(), store.Config{Database: database, Connections: 8, Announce: func([]taskyard.Announcement) {}})
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = w.box
	if b.wrap != nil {
		handler = b.wrap(f)(handler)
	}
	f.start(handler)
	w.use(w.store)
	w.runner.Timing = timing
	w.runner.Upstreams["parallel"] = runner.Upstream{BaseURL: f.base, HTTP: &http.Client{Transport: f.transport}}
	defer func() {
		f.stop()
		if err := errors.Join(w.box.Close(), w.store.(*store.Store).Close(context.Background())); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	processor := b.processor
	if processor == "" {
		processor = "pro"
	}
	b.judge(w, w.follow(body(processor, b.scenario)))
}

func (b behaviour) judge(w *world, task taskyard.Task) {
	want := b.want
	if want == "" {
		want = taskyard.StatusCompleted
	}
	if task.Status != want || task.HasResult != (want == taskyard.StatusCompleted) {
		w.Errorf("status %s, result %v, error %+v", task.Status, task.HasResult, task.Error)
	}
	switch {
	case b.changed:
	case b.partial:
		w.checkPart(task)
	case task.Settled():
		w.checkLog(task)
	}
	if n := w.box.Creates(); n > 1 || n == 0 && task.RunID != "" {
		w.Errorf("%d runs were made", n)
	}
	if b.check != nil {
		b.check(w, task)
	}
}

// checkPart sees that what was heard is of the truth, in its order, each event once.
func (w *world) checkPart(task taskyard.Task) {
	w.Helper()
	truth, ok := w.box.Log(task.RunID)
	if !ok {
		w.Fatalf("there is no run %q", task.RunID)
	}
	at := 0
	for _, data := range heard(w.events(task), true) {
		for at < len(truth) && !equal(data, truth[at]) {
			at++
		}
		if at == len(truth) {
			w.Errorf("the log has %.200s once too often, or at the wrong place", data)
			return
		}
		at++
	}
}

// count is how often an event of upstream's is in the log.
func (w *world) count(task taskyard.Task, contains string) int {
	n := 0
	for _, e := range w.events(task) {
		if !strings.HasPrefix(e.Type, taskyard.NotePrefix) && bytes.Contains(e.Data, []byte(contains)) {
			n++
		}
	}
	return n
}

func static(wr wrap) func(*front) wrap { return func(*front) wrap { return wr } }

// said is a script whose run says these messages at intervals and completes.
func said(streams []sandbox.Stream, messages ...json.RawMessage) *sandbox.Script {
	s := &sandbox.Script{Live: streams, Ended: streams, End: sandbox.End{At: 5 * time.Minute, Status: parallel.StatusCompleted}}
	var trace sandbox.Events
	for i, message := range messages {
		trace = append(trace, sandbox.Event{At: time.Duration(i+1) * 20 * time.Second, Type: parallel.EventMessagePrefix + "plan", Data: message})
	}
	s.Trace = trace
	return s
}

func framed(framing sandbox.Framing) *sandbox.Script {
	streams := make([]sandbox.Stream, 10)
	for i := range streams {
		streams[i] = sandbox.Stream{Framing: framing}
	}
	streams[0].Fault, streams[0].After = sandbox.CutInside, 4
	return said(streams, plans(8)...)
}

func plans(n int) []json.RawMessage {
	list := make([]json.RawMessage, n)
	for i := range list {
		list[i] = json.RawMessage(planJSON(fmt.Sprintf("step %d", i/2))) // each twice: honest duplicates
	}
	return list
}

func huge(size int) json.RawMessage { return json.RawMessage(planJSON(strings.Repeat("x", size))) }

func behaviours() map[string]behaviour {
	page := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>"+http.StatusText(status)+"</html>")
		}
	}
	return map[string]behaviour{
		"closes at 570 s, 12 times in two hours": {processor: "ultra8x", scenario: "takes:2h", check: func(w *world, task taskyard.Task) {
			scheduled := 0
			for _, n := range w.notes(task, taskyard.NoteStreamReopened) {
				if !bytes.Contains(n.Data, []byte("upstream closed the stream")) {
					continue
				}
				scheduled++
				if !bytes.Contains(n.Data, []byte(`"waited_ms":0`)) {
					w.Errorf("it waited: %s", n.Data)
				}
			}
			if scheduled < 3 { // on a busy machine streams overlap the end of the run; in a bubble there are 12
				w.Errorf("it was reopened %d times", scheduled)
			}
		}},
		"replay after a reconnect": {scenario: "drop:4,duplicates"},
		"replay of half after the end": {
			partial: true, script: &sandbox.Script{Replay: sandbox.ReplayHalf, Trace: said(nil, plans(8)...).Trace, Live: []sandbox.Stream{{Fault: sandbox.FallSilent, After: 3, Hold: 10 * time.Minute}}, End: sandbox.End{At: 3 * time.Minute, Status: parallel.StatusCompleted}},
		},
		"no replay after the end": {
			partial: true, script: &sandbox.Script{Replay: sandbox.ReplayNone, Trace: said(nil, plans(8)...).Trace, Live: []sandbox.Stream{{Fault: sandbox.FallSilent, After: 3, Hold: 10 * time.Minute}}, End: sandbox.End{At: 3 * time.Minute, Status: parallel.StatusCompleted}},
		},
		"honest duplicates": {script: said([]sandbox.Stream{{Fault: sandbox.Cut, After: 4}, {Fault: sandbox.Cut, After: 9}}, plans(10)...)},
		"stats that are out of date": {scenario: "drop:2", wrap: func(*front) wrap {
			var first []byte // stats of the first stream
			var mu sync.Mutex
			return eachFrame(func(number int64, frame []byte) []byte {
				mu.Lock()
				defer mu.Unlock()
				switch stats := bytes.Contains(frame, []byte("progress_stats")); {
				case number == 1 && stats && first == nil:
					first = bytes.Clone(frame)
				case number > 1 && stats && first != nil:
					old := first
					first = nil
					return old // instead of the latest
				}
				return frame
			})
		}},
		"the final state comes twice": {wrap: func(*front) wrap {
			var mu sync.Mutex
			last := map[int64][]byte{}
			return eachFrame(func(number int64, frame []byte) []byte {
				mu.Lock()
				defer mu.Unlock()
				if frame == nil {
					return last[number]
				}
				last[number] = bytes.Clone(frame)
				return frame
			})
		}, check: func(w *world, task taskyard.Task) {
			if n := w.count(task, `"output"`); n != 1 {
				w.Errorf("the end is in the log %d times", n)
			}
		}},
		"the stream ends without a final state": {scenario: "end-early:3"},
		"the stream says nothing":               {script: said([]sandbox.Stream{{Fault: sandbox.FallSilent}, {Fault: sandbox.FallSilent}}, plans(6)...)},
		"the stream falls silent":               {scenario: "silent:2"},
		"headers never come":                    {scenario: "no-headers:2"},
		"the connection is reset within an event": {wrap: func(*front) wrap {
			return func(next http.Handler) http.Handler {
				var streams atomic.Int64
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !isEvents(r) || streams.Add(1) > 3 {
						next.ServeHTTP(w, r)
						return
					}
					next.ServeHTTP(&frames{ResponseWriter: w, change: func(frame []byte) []byte {
						if bytes.Contains(frame, []byte("progress_msg")) {
							_, _ = w.Write(frame[:len(frame)/2])
							_ = http.NewResponseController(w).Flush()
							reset(r)
						}
						return frame
					}}, r)
				})
			}
		}},
		"one byte at a time":               {script: framed(sandbox.Framing{Bytewise: true})},
		"CRLF":                             {script: framed(sandbox.Framing{LineEnd: "\r\n"})},
		"CR alone":                         {script: framed(sandbox.Framing{LineEnd: "\r"})},
		"a byte order mark":                {script: framed(sandbox.Framing{BOM: true})},
		"comments and events without data": {script: framed(sandbox.Framing{Comments: true})},
		"data over several lines":          {script: framed(sandbox.Framing{MultiLine: true})},
		"no space behind the colon":        {script: framed(sandbox.Framing{NoSpace: true})},
		"unknown kinds":                    {scenario: "unknown-kind,drop:2"},
		"an event of 20 MiB": {script: said(nil, json.RawMessage(planJSON("before")), huge(20<<20), json.RawMessage(planJSON("after"))), check: func(w *world, task taskyard.Task) {
			for _, e := range w.events(task) {
				if len(e.Data) > 20<<20 {
					return
				}
			}
			w.Error("it is not in the log")
		}},
		"an event that is too large": {partial: true, script: said(nil, json.RawMessage(planJSON("before")), huge(parallel.DefaultMaxEventSize), json.RawMessage(planJSON("after")))},
		"text that is no UTF-8":      {script: said([]sandbox.Stream{{Fault: sandbox.Cut, After: 4}}, json.RawMessage(planJSON("a")), json.RawMessage(planJSON("\xff\xfe")), json.RawMessage(planJSON("\xff\xfe")), json.RawMessage(planJSON("b")), json.RawMessage(planJSON("c")))},
		"a line that is no JSON": {scenario: "bad-json,drop:2", check: func(w *world, task taskyard.Task) {
			if n := len(w.notes(task, taskyard.NoteInvalidFrame)); n != 1 {
				w.Errorf("it is in the log %d times", n)
			}
		}},
		"an error event in the middle": {scenario: "error-event,drop:1"},
		"action required":              {scenario: "action-required,drop:2"},
		"a status not known today":     {scenario: "unknown-status,drop:2"},
		"a processor not known today": {changed: true, wrap: static(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(&renamed{w}, r)
			})
		}), check: func(w *world, task taskyard.Task) {
			if n := w.count(task, `"nova9"`); n == 0 {
				w.Error("its name is not kept")
			}
		}},
		"a run that upstream forgot": {want: taskyard.StatusFailed, partial: true, wrap: func(*front) wrap {
			var streams atomic.Int64
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Method == http.MethodGet && streams.Load() > 0:
						w.Header().Set("Content-Type", "application/json")
						w.WriteHeader(http.StatusNotFound)
						_, _ = io.WriteString(w, `{"type":"error","error":{"ref_id":"r1","message":"Run not found"}}`)
					case isEvents(r):
						next.ServeHTTP(&frames{ResponseWriter: w, change: func(frame []byte) []byte {
							if bytes.Contains(frame, []byte("progress_msg")) {
								streams.Add(1)
								panic(http.ErrAbortHandler)
							}
							return frame
						}}, r)
					default:
						next.ServeHTTP(w, r)
					}
				})
			}
		}, check: func(w *world, task taskyard.Task) {
			if e := task.Error; e == nil || !strings.Contains(e.Message, "no longer knows") || e.RefID != "r1" {
				w.Errorf("error %+v", e)
			}
		}},
		"404 for a moment": {scenario: "drop:1", wrap: func(*front) wrap {
			return onFirst(2, func(r *http.Request) bool { return r.Method == http.MethodGet && !isEvents(r) }, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
		}},
		"408 and 5xx at the result": {scenario: "result-fails:4", partial: true, wrap: static(eachFrame(withoutOutput)), check: func(w *world, task taskyard.Task) {
			if n := len(w.notes(task, taskyard.NoteResultRetry)); n != 1 {
				w.Errorf("%d notes of the wait for the result", n)
			}
		}},
		"a failed run, whose result is 404": {scenario: "fail,drop:2", want: taskyard.StatusFailed},
		"a stream that is redirected": {wrap: func(*front) wrap {
			return onEvents(2, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, r.URL.Path+"?again", http.StatusTemporaryRedirect)
			})
		}},
		"a create that is redirected": {want: taskyard.StatusSubmissionUnknown, wrap: func(*front) wrap {
			return onFirst(1, func(r *http.Request) bool { return r.Method == http.MethodPost }, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/v1/tasks/runs", http.StatusTemporaryRedirect)
			})
		}, check: func(w *world, _ taskyard.Task) {
			if n := w.box.Creates(); n != 0 {
				w.Errorf("the create was repeated elsewhere: %d runs", n)
			}
		}},
		"the server restarts": {scenario: "takes:20m", wrap: func(f *front) wrap {
			var streams atomic.Int64
			return eachFrame(func(number int64, frame []byte) []byte {
				if bytes.Contains(frame, []byte("progress_msg")) && number < 4 && streams.CompareAndSwap(number-1, number) {
					go f.restart() // it waits for no handler
				}
				return frame
			})
		}},
		"a proxy that holds everything back": {scenario: "takes:20m", wrap: static(buffering)},
		"a proxy that compresses":            {scenario: "drop:2", wrap: static(zipping)},
		"a proxy's page instead of a stream": {wrap: func(*front) wrap { return onEvents(3, page(http.StatusBadGateway)) }},
		"a page that says that all is well":  {wrap: func(*front) wrap { return onEvents(2, page(http.StatusOK)) }},
		"a proxy's page instead of a status": {scenario: "drop:1", wrap: func(*front) wrap {
			return onFirst(2, func(r *http.Request) bool { return r.Method == http.MethodGet && !isEvents(r) }, page(http.StatusGatewayTimeout))
		}},
		"an empty stream": {wrap: func(*front) wrap {
			return onEvents(2, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/event-stream") })
		}},
		"overloaded, with a time to come again": {scenario: "rate-limit:1,server-error:2"},
	}
}

// withoutOutput takes the output out of the final state, as it is not surely there.
func withoutOutput(_ int64, frame []byte) []byte {
	at := bytes.Index(frame, []byte(`,"output":`))
	if at < 0 || !bytes.Contains(frame, []byte("task_run.state")) {
		return frame
	}
	return append(bytes.Clone(frame[:at]), "}\n\n"...)
}

// renamed calls the processor something else.
type renamed struct{ http.ResponseWriter }

func (n *renamed) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (n *renamed) Write(p []byte) (int, error) {
	if _, err := n.ResponseWriter.Write(bytes.ReplaceAll(p, []byte(`"processor":"pro"`), []byte(`"processor":"nova9"`))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (n *renamed) WriteHeader(status int) {
	n.Header().Del("Content-Length")
	n.ResponseWriter.WriteHeader(status)
}
