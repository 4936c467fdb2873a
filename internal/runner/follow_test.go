package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestEveryScenarioEndsRightly(t *testing.T) {
	for scenario, want := range map[string]taskyard.Status{
		"ok": "completed", "fail": "failed", "cancelled": "cancelled", "action-required": "completed", "unknown-status": "completed",
		"takes:2h": "completed", "warn": "completed", "no-messages": "completed", "long-trace:2000": "completed", "large-output:4096": "completed",
		"duplicates": "completed", "unknown-kind": "completed", "bad-json": "completed", "error-event": "completed", "drop:8": "completed",
		"silent:2": "completed", "no-headers:2": "completed", "end-early:3": "completed", "odd-framing": "completed", "result-fails:4": "completed",
		"drop:3,duplicates,odd-framing,takes:90m": "completed", "fail,drop:4": "failed", "replay-none": "completed", "replay-partial": "completed",
	} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				task := w.follow(body("pro", scenario))
				if task.Status != want || task.HasResult != (want == "completed") {
					t.Errorf("status %s, result %v", task.Status, task.HasResult)
				}
				if failed := task.Status == "failed"; failed != (task.Error != nil) || failed && (task.Error.RefID == "" || task.Error.Message == "") {
					t.Errorf("error %+v", task.Error)
				}
				w.checkLog(task)
				w.checkResult(task)
				if owned, err := w.store.Take(t.Context(), task.ID); err == nil && len(owned.Secret) > 0 {
					t.Error("the key outlives the task")
				}
			})
		})
	}
}

// checkResult compares the stored result with what upstream says.
func (w *world) checkResult(task taskyard.Task) {
	w.Helper()
	if !task.HasResult {
		return
	}
	doc, err := w.store.Document(w.Context(), task.ID)
	if err != nil {
		w.Fatal(err)
	}
	client, err := parallel.New(w.key, parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(w.box.Client()))
	if err != nil {
		w.Fatal(err)
	}
	for {
		result, err := client.Result(w.Context(), task.RunID, 0)
		if err != nil { // result-fails counts calls
			continue
		}
		if !equal(doc.Result, result.RawJSON()) {
			w.Errorf("the stored result is\n%.300s\nwant\n%.300s", doc.Result, result.RawJSON())
		}
		return
	}
}

// A run that says nothing for two hours is not asked again and again, and leaves no marks in the log.
func TestSilentRunIsLeftInPeace(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		opened := 0
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/events") {
				opened++
			}
			return w.box.Client().Transport.RoundTrip(r)
		})})
		task := w.follow(body("ultra8x", "takes:2h,no-messages"))
		if n := len(w.notes(task, taskyard.NoteStreamReopened)); n != 1 { // for the end
			t.Errorf("%d marks in the log", n)
		}
		if opened > 16 {
			t.Errorf("%d streams were opened", opened)
		}
		w.checkLog(task)
	})
}

// Upstream closes each stream after 570 s. That is its timetable: the next one is opened at once.
func TestTimetableCostsNoWait(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		task := w.follow(body("ultra8x", "takes:2h"))
		scheduled := 0
		for _, n := range w.notes(task, taskyard.NoteStreamReopened) {
			var note struct {
				Connection int
				Reason     string
				Waited     int `json:"waited_ms"`
			}
			if err := json.Unmarshal(n.Data, &note); err != nil || note.Connection < 2 {
				t.Errorf("note %s: %v", n.Data, err)
			}
			if !strings.Contains(note.Reason, "upstream closed the stream after 6s") {
				continue
			}
			scheduled++
			if note.Waited != 0 {
				t.Errorf("note %s", n.Data)
			}
		}
		if scheduled != 12 {
			t.Errorf("the stream was reopened by the timetable %d times in two hours, want 12", scheduled)
		}
		w.checkLog(task)
	})
}

func TestTheEndIsSeenAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		task := w.follow(body("pro", ""))
		events := w.events(task)
		if d := task.CompletedAt.Sub(events[len(events)-3].At); d < 0 {
			t.Errorf("completed %s before its last event", -d)
		}
		var s struct {
			Run struct {
				ModifiedAt time.Time `json:"modified_at"`
			}
		}
		if err := json.Unmarshal(events[len(events)-2].Data, &s); err != nil {
			t.Fatal(err)
		}
		if d := task.CompletedAt.Sub(s.Run.ModifiedAt); d > 100*time.Millisecond {
			t.Errorf("the end was seen %s late", d)
		}
	})
}

// A drive that ends at any moment is taken up by the next; nothing is lost, doubled or paid for twice.
func TestHandoverAtAnyMoment(t *testing.T) {
	for seed := range uint64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				random := rand.New(rand.NewPCG(seed, 2))
				id := w.submit(body("pro", "duplicates,drop:3"))
				for range 200 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Int64N(int64(800*time.Millisecond))))
					err := w.runner.Drive(ctx, id)
					cancel()
					if err == nil {
						break
					}
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatalf("drive: %v", err)
					}
				}
				w.checkLog(w.task(id))
				if w.box.Creates() != 1 {
					t.Errorf("%d runs", w.box.Creates())
				}
			})
		})
	}
}

func TestForgottenRunIsBelievedAfterAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("lite", "forget:1ms,drop:100"))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := w.runner.Drive(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		task := w.task(id)
		if task.Status != taskyard.StatusFailed || task.Error.Status != 404 || task.LastSeq < 3 {
			t.Errorf("task %+v, error %+v", task, task.Error)
		}
	})
}

func TestCancelLetsGo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("pro", "never-ends"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.runner.Drive(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if _, err := w.store.RequestCancel(t.Context(), id, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if task := w.task(id); task.Status != taskyard.StatusCancelled || !task.Settled() || task.Error.Hint == "" {
			t.Errorf("task %+v", task)
		}
	})
}

func TestDeletedTaskIsLeft(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("pro", "never-ends"))
		done := make(chan error, 1)
		go func() { done <- w.runner.Drive(t.Context(), id) }()
		time.Sleep(time.Second)
		if err := w.store.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("drive: %v", err)
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Errorf("drive of what is gone: %v", err)
		}
	})
}

// faultyStore loses writes: some never reach the database, others do although the writer is told otherwise.
type faultyStore struct {
	taskyard.Store
	random *rand.Rand
}

var errDisk = errors.New("disk error")

func (f *faultyStore) Append(w taskyard.Write) *taskyard.Receipt {
	switch f.random.IntN(12) {
	case 0:
		r := taskyard.NewReceipt()
		r.Resolve(errDisk)
		return r
	case 1:
		inner, r := f.Store.Append(w), taskyard.NewReceipt()
		if err := inner.Wait(context.Background()); err != nil {
			r.Resolve(err)
		} else {
			r.Resolve(errDisk)
		}
		return r
	}
	return f.Store.Append(w)
}

// With writes that fail, and writes that fail but were persisted, the log is exact all the same. A task whose create
// fell between may end as unknown, and is then never paid for twice.
func TestFaultsOfTheStore(t *testing.T) {
	unknown := 0
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.use(&faultyStore{w.store, rand.New(rand.NewPCG(seed, 3))})
				id := w.submit(body("core", ""))
				for range 500 {
					if err := w.runner.Drive(t.Context(), id); err == nil {
						break
					} else if !errors.Is(err, errDisk) && !errors.Is(err, taskyard.ErrFenced) {
						t.Fatalf("drive: %v", err)
					}
					time.Sleep(10 * time.Millisecond)
				}
				task := w.task(id)
				if w.box.Creates() > 1 {
					t.Errorf("%d runs", w.box.Creates())
				}
				if task.Status == taskyard.StatusSubmissionUnknown {
					unknown++
					return
				}
				w.checkLog(task)
			})
		})
	}
	if unknown > 20 {
		t.Errorf("%d of 40 tasks ended as unknown", unknown)
	}
}
