package sandbox_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func (w *world) cancel(key, runID string) error {
	return sandbox.CancelRun(w.Context(), w.box.Client(), sandbox.BaseURL, key, runID)
}

func (w *world) mustCancel(runID string) {
	w.Helper()
	if err := w.cancel("key", runID); err != nil {
		w.Fatal(err)
	}
}

func (w *world) truth(runID string) []json.RawMessage {
	w.Helper()
	log, ok := w.box.Log(runID)
	if !ok {
		w.Fatalf("run %s is not known", runID)
	}
	return log
}

// states are the statuses that a stream told, in order.
func (h heard) states() (list []parallel.Status) {
	for _, e := range h.events {
		if s, ok := e.State(); ok {
			list = append(list, s.Run.Status)
		}
	}
	return list
}

// A cancel comes at whatever moment of a run that would go on, or has not begun, or never ends. Each stream, opened
// before or after it, tells the same: what had happened, then the two states.
func TestCancelledRunTellsWhatHadHappenedAndEnds(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		after time.Duration
	}{
		"before anything":       {simple("pro", ""), 0},
		"in the middle":         {simple("pro", "takes:10m"), 5 * time.Minute},
		"a run that never ends": {simple("pro", "never-ends"), 3 * time.Hour},
		"said twice":            {simple("pro", "takes:10m,duplicates"), 5 * time.Minute},
		"one that would fail":   {simple("pro", "takes:10m,fail"), 5 * time.Minute},
		"without messages":      {simple("lite", "no-messages,takes:10m"), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				run := w.create(c.body)
				whole := len(w.truth(run.RunID))
				time.Sleep(c.after)
				var live heard
				var following sync.WaitGroup
				following.Go(func() { live = w.listen(run.RunID) })
				time.Sleep(time.Second)
				w.mustCancel(run.RunID)
				if now, err := w.client.Run(w.Context(), run.RunID); err != nil || now.Status != parallel.StatusCancelling {
					t.Errorf("right after it: %+v, %v", now, err)
				}
				following.Wait()
				late := w.listen(run.RunID)
				for which, h := range map[string]heard{"the live stream": live, "a late one": late} {
					states := h.states()
					if h.err != nil || states[len(states)-1] != parallel.StatusCancelled {
						t.Errorf("%s: %v, %v", which, states, h.err)
					}
					sameJSON(t, h.truth(), w.truth(run.RunID))
				}
				if states := live.states(); states[len(states)-2] != parallel.StatusCancelling {
					t.Errorf("the states are %v", states)
				}
				if len(w.truth(run.RunID)) > whole+1 {
					t.Error("the truth has become longer")
				}
			})
		})
	}
}

// Streams and cancels race, in real time: events come every few microseconds, and a cancel takes as long as its line
// in the state file. What was told before it is true after it.
func TestNothingThatWasToldIsTakenBack(t *testing.T) {
	box, err := sandbox.New(sandbox.WithScale(8_000), sandbox.WithStateFile(filepath.Join(t.TempDir(), "state")))
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	w := &world{T: t, box: box}
	w.client = w.as("key")
	for range 8 {
		run := w.create(simple("pro", "long-trace:800,takes:8m")) // 60 ms, within one stream
		streams := make([]heard, 4)
		var following sync.WaitGroup
		for k := range streams {
			following.Go(func() { streams[k] = w.listen(run.RunID) })
		}
		w.awaitEvents(run.RunID, 20)
		err := w.cancel("key", run.RunID)
		if api, ok := errors.AsType[*parallel.APIError](err); err != nil && (!ok || api.StatusCode != http.StatusConflict) {
			t.Fatal(err)
		}
		following.Wait()
		for _, h := range streams {
			sameJSON(t, h.truth(), w.truth(run.RunID))
		}
	}
}

// awaitEvents follows a run until a stream has brought n events.
func (w *world) awaitEvents(runID string, n int) {
	w.Helper()
	heard := 0
	for _, err := range w.client.Events(w.Context(), runID) {
		if err != nil {
			w.Fatal(err)
		}
		if heard++; heard == n {
			return
		}
	}
	w.Fatalf("there are %d events", heard)
}

func TestCancelEndsAWaitForTheResult(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "never-ends"))
		time.AfterFunc(time.Minute, func() { w.mustCancel(run.RunID) })
		var err error
		waited := took(func() { _, err = w.client.Result(w.Context(), run.RunID, 10*time.Minute) })
		if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != http.StatusNotFound || waited > 2*time.Minute {
			t.Errorf("after %s: %v", waited, err)
		}
	})
}

func TestCancelTwiceIsAsGoodAsOnce(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", ""))
		time.Sleep(10 * time.Second)
		w.mustCancel(run.RunID)
		truth := w.truth(run.RunID)
		time.Sleep(2 * time.Second)
		w.mustCancel(run.RunID)
		time.Sleep(time.Minute)
		w.mustCancel(run.RunID)
		sameJSON(t, w.truth(run.RunID), truth)
	})
}

func TestCancelIsRefused(t *testing.T) {
	inBubble(t, func(w *world) {
		done := w.create(simple("lite", ""))
		time.Sleep(time.Hour)
		live := w.create(simple("pro", "never-ends"))
		truth := w.truth(done.RunID)
		for _, c := range []struct {
			key, run string
			status   int
		}{{"key", done.RunID, 409}, {"other", live.RunID, 404}, {"key", "trun_none", 404}, {"", live.RunID, 401}, {"invalid-key", live.RunID, 401}} {
			err := w.cancel(c.key, c.run)
			if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != c.status || api.RefID == "" || api.Message == "" {
				t.Errorf("key %q, run %s: %v, want %d", c.key, c.run, err, c.status)
			}
		}
		sameJSON(t, w.truth(done.RunID), truth)
		if now, err := w.client.Run(w.Context(), live.RunID); err != nil || !now.IsActive {
			t.Errorf("the other run is %+v, %v", now, err)
		}
	})
}

func TestCancelOutlivesTheSandbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	inBubble(t, func(w *world) {
		run, other := w.create(simple("pro", "never-ends")), w.create(simple("pro", "never-ends"))
		time.Sleep(30 * time.Second)
		w.mustCancel(run.RunID)
		w.mustCancel(run.RunID) // one line
		truth := w.truth(run.RunID)
		if err := w.box.Close(); err != nil {
			t.Fatal(err)
		}
		again := w.reopen(path)
		defer again.box.Close()
		if now, err := again.client.Run(w.Context(), run.RunID); err != nil || now.Status != parallel.StatusCancelling {
			t.Errorf("after the restart: %+v, %v", now, err)
		}
		again.statuses(run.RunID)
		sameJSON(t, again.listen(run.RunID).truth(), truth)
		if now, err := again.client.Run(w.Context(), other.RunID); err != nil || now.Status != parallel.StatusRunning {
			t.Errorf("the other run is %+v, %v", now, err)
		}
	}, sandbox.WithStateFile(path))
}
