package runner_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// calls records when calls of a kind were made, by API key.
type calls struct {
	mu sync.Mutex // guards at
	at map[string][]time.Time
}

func (c *calls) add(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = make(map[string][]time.Time)
	}
	key := r.Header.Get("X-Api-Key")
	c.at[key] = append(c.at[key], time.Now())
}

// most is the largest number of calls with a key within any span of that length.
func (c *calls) most(key string, span time.Duration) int {
	times, most, from := c.at[key], 0, 0
	for i, at := range times {
		for at.Sub(times[from]) >= span {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// driveAll drives tasks at once, each to its end.
func (w *world) driveAll(ids []string) {
	w.Helper()
	var wg sync.WaitGroup
	for _, id := range ids {
		wg.Go(func() {
			if err := w.runner.Drive(w.Context(), id); err != nil {
				w.Errorf("drive: %v", err)
			}
		})
	}
	wg.Wait()
}

// submitWith stores n tasks of a key.
func (w *world) submitWith(key string, n int) []string {
	w.Helper()
	w.key = key
	ids := make([]string, n)
	for i := range ids {
		ids[i] = w.submit(fmt.Sprintf(`{"processor":"core","input":"question %d of %s","metadata":{"sandbox":"takes:20s"}}`, i, key))
	}
	return ids
}

// limitTo has all tasks run on the sandbox, with so many creates a minute. Calls of create are recorded.
func (w *world) limitTo(perMinute int, created *calls, answer func(*http.Request) *http.Response) {
	real := w.box.Client().Transport
	w.runner.Upstreams["parallel"] = runner.Upstream{BaseURL: sandbox.BaseURL, CreatesPerMinute: perMinute, HTTP: &http.Client{Transport: roundTrip(
		func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				created.add(r)
				if resp := answer(r); resp != nil {
					return resp, nil
				}
			}
			return real.RoundTrip(r)
		})}}
}

func never(*http.Request) *http.Response { return nil }

// No minute has more creates of one key than it may, and another key's tasks do not wait for them.
func TestCreatesOfAKeyAreSpreadOverTheMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var created calls
		w.limitTo(60, &created, never)
		ids := w.submitWith("busy-key", 100)
		quiet := w.submitWith("quiet-key", 3)
		begun := time.Now()
		w.driveAll(slices.Concat(ids, quiet))
		if n := created.most("busy-key", time.Minute); n > 60 || n < 50 {
			t.Errorf("%d creates in a minute, and 60 are allowed", n)
		}
		for _, at := range created.at["quiet-key"] {
			if d := at.Sub(begun); d > time.Second {
				t.Errorf("the other key's task waited for %s", d)
			}
		}
		waited := 0
		for _, id := range ids {
			for _, e := range w.events(w.task(id)) {
				if e.Type == taskyard.NoteSubmitRetry {
					t.Fatal("waiting for one's turn is no failure")
				}
			}
			waited++
		}
		if n := w.box.Creates(); n != 103 || waited != 100 {
			t.Errorf("%d creates", n)
		}
	})
}

// While a task waits for its turn it says until when, and that nothing was sent.
func TestTaskThatWaitsForItsTurnSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var created calls
		w.limitTo(10, &created, never)
		ids := w.submitWith("busy-key", 2)
		if err := w.runner.Drive(t.Context(), ids[0]); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- w.runner.Drive(t.Context(), ids[1]) }()
		time.Sleep(time.Second)
		synctest.Wait()
		task := w.task(ids[1])
		if a := task.Activity; a.Phase != taskyard.PhaseWaiting || a.RetryAt == nil || a.Reason == "" || task.Submission != taskyard.SubmissionNone {
			t.Errorf("submission %q, activity %+v", task.Submission, a)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// A 429 holds all tasks of its key for as long as upstream asks, and no other key's.
func TestTooManyCreatesHoldTheWholeKey(t *testing.T) {
	for header, value := range map[string]string{"Retry-After": "20", "Retry-After-Ms": "20000"} {
		t.Run(header, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				var created calls
				refused := false
				w.limitTo(0, &created, func(r *http.Request) *http.Response {
					if refused || r.Header.Get("X-Api-Key") != "busy-key" {
						return nil
					}
					refused = true
					return &http.Response{
						StatusCode: 429, Header: http.Header{header: {value}}, Request: r,
						Body: http.NoBody,
					}
				})
				ids := w.submitWith("busy-key", 20)
				quiet := w.submitWith("quiet-key", 3)
				first := make(chan error)
				go func() { first <- w.runner.Drive(t.Context(), ids[0]) }()
				time.Sleep(time.Second) // it has been refused
				begun := time.Now()
				w.driveAll(slices.Concat(ids[1:], quiet))
				if err := <-first; err != nil {
					t.Fatal(err)
				}
				for _, at := range created.at["busy-key"][1:] {
					if d := at.Sub(begun); d < 18*time.Second {
						t.Errorf("a create of the key came after %s", d)
					}
				}
				for _, at := range created.at["quiet-key"] {
					if d := at.Sub(begun); d > time.Second {
						t.Errorf("the other key's task waited for %s", d)
					}
				}
				if len(created.at["busy-key"]) != 21 || len(created.at["quiet-key"]) != 3 {
					t.Errorf("creates: %v", created.at)
				}
			})
		})
	}
}

// All streams break at the same moment, and upstream is away for a while. Each task comes back by itself, at a time of
// its own.
func TestTasksThatReconnectTogetherDoNotStampede(t *testing.T) {
	const tasks = 150
	inBubble(t, func(t *testing.T, w *world) {
		var opened calls
		var mu sync.Mutex
		away, streams := false, 0
		real := w.box.Client().Transport
		breaking := make(chan struct{})
		w.runner.Timing.Quiet = time.Hour // they fall silent together, as they began together
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			gone := away
			mu.Unlock()
			if gone {
				return handled(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })(r)
			}
			resp, err := real.RoundTrip(r)
			if err != nil || !strings.HasSuffix(r.URL.Path, "/events") {
				return resp, err
			}
			mu.Lock()
			streams++
			mu.Unlock()
			opened.add(r)
			body := resp.Body
			go func() {
				select {
				case <-breaking:
					_ = body.Close()
				case <-r.Context().Done():
				}
			}()
			return resp, nil
		})})
		ids := make([]string, tasks)
		for i := range ids {
			ids[i] = w.submit(fmt.Sprintf(`{"processor":"core","input":"question %d","metadata":{"sandbox":"no-messages,takes:20m"}}`, i))
		}
		time.AfterFunc(4*time.Second, func() {
			mu.Lock()
			away = true
			mu.Unlock()
			close(breaking)
		})
		time.AfterFunc(6*time.Second, func() {
			mu.Lock()
			away = false
			mu.Unlock()
		})
		w.driveAll(ids)
		after := opened.at["good-key"][tasks:]
		if len(after) < tasks {
			t.Fatalf("%d streams were opened again", len(after))
		}
		back := calls{at: map[string][]time.Time{"good-key": after[:tasks]}}
		if n := back.most("good-key", 20*time.Millisecond); n > tasks/4 {
			t.Errorf("%d of %d streams came back within 20 ms", n, tasks)
		}
	})
}
