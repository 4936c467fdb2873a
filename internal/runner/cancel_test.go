package runner_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// cancelling gives the runner an upstream that can cancel runs, reached by a client, and counts how often it is asked.
func (w *world) cancelling(client *http.Client) (calls *int) {
	calls = new(int)
	w.runner.Upstreams["parallel"] = runner.Upstream{BaseURL: sandbox.BaseURL, HTTP: client, Cancel: func(ctx context.Context, runID string, key taskyard.Hidden) error {
		*calls++
		return sandbox.CancelRun(ctx, w.box.Client(), sandbox.BaseURL, key.Reveal(), runID)
	}}
	return calls
}

var errInterrupted = errors.New("interrupted")

// dispatched is a task that is driven as dispatch does it: again after each interruption.
type dispatched struct {
	*world
	id        string
	begun     context.Context // of the drive under way; used while the bubble's other goroutines wait
	interrupt context.CancelCauseFunc
	done      chan error // capacity 1: how the last drive ended
}

func (w *world) dispatch(id string) *dispatched {
	d := &dispatched{world: w, id: id, done: make(chan error, 1)}
	d.begin()
	go func() { // the test waits for done
		for {
			ctx := d.begun
			err := w.runner.Drive(ctx, id)
			if !errors.Is(context.Cause(ctx), errInterrupted) {
				d.done <- err
				return
			}
			d.begin()
		}
	}()
	return d
}

// begin makes the next drive's context.
func (d *dispatched) begin() { d.begun, d.interrupt = context.WithCancelCause(d.Context()) }

// cancel does what the service does.
func (d *dispatched) cancel() {
	d.Helper()
	if _, err := d.store.RequestCancel(d.Context(), d.id, noJob); err != nil {
		d.Fatal(err)
	}
	d.interrupt(errInterrupted)
}

// await waits until the task is in a phase.
func (d *dispatched) await(phase taskyard.Phase) {
	d.Helper()
	for range 5000 {
		if d.task(d.id).Activity.Phase == phase {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.Fatalf("the task is never %s: %+v", phase, d.task(d.id).Activity)
}

// end waits for the end of the driving.
func (d *dispatched) end() taskyard.Task {
	d.Helper()
	if err := <-d.done; err != nil {
		d.Fatalf("drive: %v", err)
	}
	return d.task(d.id)
}

// wasCancelled holds a task to what a real cancel leaves.
func (w *world) wasCancelled(task taskyard.Task) {
	w.Helper()
	w.checkLog(task)
	if task.Status != taskyard.StatusCancelled || task.Error != nil {
		w.Errorf("status %s, error %+v", task.Status, task.Error)
	}
	if n := len(w.notes(task, taskyard.NoteCancelRequested)); n != 1 {
		w.Errorf("the log says %d times that it was cancelled", n)
	}
	run, err := w.runAtUpstream(task.RunID)
	if err != nil || run.Status != parallel.StatusCancelled {
		w.Errorf("upstream: %+v, %v", run, err)
	}
}

func (w *world) runAtUpstream(runID string) (*parallel.TaskRun, error) {
	client, err := parallel.New(w.key, parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(w.box.Client()))
	if err != nil {
		return nil, err
	}
	return client.Run(w.Context(), runID)
}

// A task can be cancelled whatever is being done for it. Where there is a run, it is cancelled and its log is whole.
func TestCancelInEachPhaseThatHasARun(t *testing.T) {
	for phase, scenario := range map[taskyard.Phase]string{
		taskyard.PhaseStreaming: "never-ends", taskyard.PhaseReconnecting: "never-ends,drop:100", taskyard.PhasePolling: "",
	} {
		t.Run(string(phase), func(t *testing.T) {
			script := func(_ int, in *parallel.TaskRunInput) (sandbox.Script, bool) {
				refusals := []sandbox.Stream{{Refuse: 403}, {Refuse: 403}}
				return sandbox.Script{Live: refusals}, phase == taskyard.PhasePolling
			}
			inBubble(t, func(t *testing.T, w *world) {
				calls := w.cancelling(w.box.Client())
				d := w.dispatch(w.submit(body("pro", scenario)))
				d.await(phase)
				time.Sleep(20 * time.Millisecond)
				d.cancel()
				w.wasCancelled(d.end())
				if *calls != 1 {
					t.Errorf("upstream was told %d times", *calls)
				}
			}, sandbox.WithScript(script))
		})
	}
}

func TestCancelBeforeThereIsARun(t *testing.T) {
	for phase, scenario := range map[taskyard.Phase]string{taskyard.PhaseWaiting: "", taskyard.PhaseRetrying: "rate-limit:100"} {
		t.Run(string(phase), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				calls := w.cancelling(w.box.Client())
				id := w.submit(body("pro", scenario))
				if phase == taskyard.PhaseWaiting {
					if _, err := w.store.RequestCancel(t.Context(), id, noJob); err != nil {
						t.Fatal(err)
					}
				}
				d := w.dispatch(id)
				if phase != taskyard.PhaseWaiting {
					d.await(phase)
					d.cancel()
				}
				task := d.end()
				if task.Status != taskyard.StatusCancelled || !task.Settled() || task.RunID != "" || w.box.Creates() != 0 || *calls != 0 {
					t.Errorf("task %+v, %d runs, %d cancels", task, w.box.Creates(), *calls)
				}
				if !strings.Contains(task.Error.Hint, "nothing was billed") {
					t.Errorf("hint %q", task.Error.Hint)
				}
			})
		})
	}
}

// A create that is under way is not cut: its answer tells what to cancel.
func TestCancelWhileSubmitting(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cancelling(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := w.box.Client().Transport.RoundTrip(r)
			if r.Method == http.MethodPost {
				time.Sleep(200 * time.Millisecond)
			}
			return resp, err
		})})
		d := w.dispatch(w.submit(body("pro", "never-ends")))
		d.await(taskyard.PhaseSubmitting)
		d.cancel()
		w.wasCancelled(d.end())
		if w.box.Creates() != 1 {
			t.Errorf("%d runs", w.box.Creates())
		}
	})
}

func TestCancelOfAnUnknownSubmissionCancelsNoRun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		calls := w.cancelling(w.box.Client())
		task := w.follow(body("lite", "cut-create"))
		d := &dispatched{world: w, id: task.ID, interrupt: func(error) {}}
		d.cancel()
		if err := w.runner.Drive(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		if task = w.task(task.ID); task.Status != taskyard.StatusCancelled || !strings.Contains(task.Error.Hint, "not known") || *calls != 0 {
			t.Errorf("status %s, error %+v, %d cancels", task.Status, task.Error, *calls)
		}
	})
}

// unfetched is a run that completes and whose result fails n times; its events cannot be had.
func unfetched(n int) sandbox.Option {
	return sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
		s := sandbox.Script{End: sandbox.End{At: time.Second, Status: parallel.StatusCompleted}}
		for range 100 {
			s.Live, s.Ended = append(s.Live, sandbox.Stream{Refuse: 403}), append(s.Ended, sandbox.Stream{Refuse: 403})
		}
		for range n {
			s.Result = append(s.Result, sandbox.CallFault{Status: 503})
		}
		return s, true
	})
}

// A run that has ended cannot be cancelled. Its task gets the result if that comes soon.
func TestCancelWhileFetching(t *testing.T) {
	for name, c := range map[string]struct {
		failures int
		status   taskyard.Status
		result   bool
	}{
		"the result comes":         {6, taskyard.StatusCompleted, true},
		"the result does not come": {100_000, taskyard.StatusCancelled, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.cancelling(w.box.Client())
				d := w.dispatch(w.submit(body("pro", "")))
				d.await(taskyard.PhaseFetching)
				d.cancel()
				if task := d.end(); task.Status != c.status || task.HasResult != c.result || !task.Settled() {
					t.Errorf("task %+v", task)
				}
			}, unfetched(c.failures))
		})
	}
}

func TestCancelTwice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cancelling(w.box.Client())
		d := w.dispatch(w.submit(body("pro", "never-ends")))
		d.await(taskyard.PhaseStreaming)
		d.cancel()
		d.await(taskyard.PhaseCancelling)
		d.cancel()
		w.wasCancelled(d.end())
	})
}

func TestCancelAfterTheEndIsAConflict(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cancelling(w.box.Client())
		task := w.follow(body("lite", ""))
		if _, err := w.store.RequestCancel(t.Context(), task.ID, noJob); !errors.Is(err, taskyard.ErrConflict) {
			t.Errorf("%v", err)
		}
		if after := w.task(task.ID); after.Status != taskyard.StatusCompleted || after.CancelRequested {
			t.Errorf("task %+v", after)
		}
	})
}

// The run has ended at upstream, and the task does not know it yet.
func TestCancelOfARunThatHasJustEndedKeepsItsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		calls := w.cancelling(w.box.Client())
		d := w.dispatch(w.submit(body("pro", "takes:10m")))
		d.await(taskyard.PhaseStreaming)
		stopped := errors.New("stopped")
		d.interrupt(stopped)
		if err := <-d.done; !errors.Is(err, stopped) {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		d.cancel()
		task := w.dispatch(d.id).end()
		w.checkLog(task)
		if task.Status != taskyard.StatusCompleted || !task.HasResult || *calls != 1 {
			t.Errorf("task %+v, %d cancels", task, *calls)
		}
	})
}

// Whatever moment between the cancel and the end a server dies at, the next one goes on.
func TestDeathBetweenTheCancelAndTheEnd(t *testing.T) {
	for name, before := range map[string]bool{"before upstream is told": true, "after upstream was told": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.cancelling(w.box.Client())
				d := w.dispatch(w.submit(body("pro", "never-ends")))
				d.await(taskyard.PhaseStreaming)
				up := w.runner.Upstreams["parallel"]
				dying, tell := up, up.Cancel
				dead := errors.New("dead")
				dying.Cancel = func(ctx context.Context, runID string, key taskyard.Hidden) (err error) {
					if !before {
						err = tell(ctx, runID, key)
					}
					d.interrupt(dead)
					return errors.Join(err, ctx.Err())
				}
				w.runner.Upstreams["parallel"] = dying
				d.cancel()
				if err := <-d.done; !errors.Is(err, dead) {
					t.Fatal(err)
				}
				if task := w.task(d.id); task.Settled() || task.Activity.Phase != taskyard.PhaseCancelling {
					t.Fatalf("task %+v", task)
				}
				w.runner.Upstreams["parallel"] = up
				w.wasCancelled(w.dispatch(d.id).end())
			})
		})
	}
}

// Upstream says that it cancels the run, and the run goes on. Deaths do not give it more time.
func TestRunThatGoesOnIsLetGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.cancelling(w.box.Client())
		up := w.runner.Upstreams["parallel"]
		up.Cancel = func(context.Context, string, taskyard.Hidden) error { return nil }
		w.runner.Upstreams["parallel"] = up
		d := w.dispatch(w.submit(body("pro", "never-ends")))
		d.await(taskyard.PhaseStreaming)
		begun := time.Now()
		d.cancel()
		d.await(taskyard.PhaseCancelling)
		time.Sleep(timing().Cancel / 2)
		if a := w.task(d.id).Activity; a.Phase != taskyard.PhaseCancelling {
			t.Errorf("meanwhile it is %s", a.Phase)
		}
		d.interrupt(errInterrupted)
		task := d.end()
		if took := time.Since(begun); took < timing().Cancel || took > timing().Cancel+50*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		if task.Status != taskyard.StatusCancelled || task.Error == nil || !strings.Contains(task.Error.Message, "did not say") || task.Error.Hint == "" {
			t.Errorf("status %s, error %+v", task.Status, task.Error)
		}
	})
}

func TestCancelCallThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		status, times, calls int
		says                 string // "" if the run is cancelled in the end
	}{
		"for a while":            {503, 2, 3, ""},
		"for good":               {403, 1, 1, "403"},
		"until time has run out": {503, 1_000_000, 0, "did not say"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.cancelling(w.box.Client())
				up := w.runner.Upstreams["parallel"]
				tell, calls := up.Cancel, 0
				up.Cancel = func(ctx context.Context, runID string, key taskyard.Hidden) error {
					if calls++; calls <= c.times {
						return &parallel.APIError{Op: "cancel run", StatusCode: c.status, WellFormed: true, Message: "not now"}
					}
					return tell(ctx, runID, key)
				}
				w.runner.Upstreams["parallel"] = up
				d := w.dispatch(w.submit(body("pro", "never-ends")))
				d.await(taskyard.PhaseStreaming)
				d.cancel()
				task := d.end()
				if c.calls > 0 && calls != c.calls {
					t.Errorf("%d calls", calls)
				}
				if c.says == "" {
					w.wasCancelled(task)
				} else if task.Status != taskyard.StatusCancelled || task.Error == nil || !strings.Contains(task.Error.Message, c.says) {
					t.Errorf("status %s, error %+v", task.Status, task.Error)
				}
			})
		})
	}
}

// Parallel cannot cancel: nothing is sent to it, and the task says what that means.
func TestCancelWithoutACallStopsFollowing(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		d := w.dispatch(w.submit(body("pro", "never-ends")))
		d.await(taskyard.PhaseStreaming)
		d.cancel()
		task := d.end()
		if task.Status != taskyard.StatusCancelled || !strings.Contains(task.Error.Hint, "no cancel call") || !strings.Contains(task.Error.Hint, "billed") {
			t.Errorf("status %s, error %+v", task.Status, task.Error)
		}
		if run, err := w.runAtUpstream(task.RunID); err != nil || !run.IsActive {
			t.Errorf("upstream: %+v, %v", run, err)
		}
	})
}
