package runner_test

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// hookedStore calls before ahead of each write that the store is given.
type hookedStore struct {
	taskyard.Store
	before func(taskyard.Write)
}

func (h *hookedStore) Append(w taskyard.Write) *taskyard.Receipt {
	h.before(w)
	return h.Store.Append(w)
}

func noJob(*sql.Tx, taskyard.Task) error { return nil }

// A cancel that arrives while a create's outcome is open calls nobody, as the task has an owner. If that owner then
// finds the outcome unknown it must see the cancel before it leaves the task to the user.
func TestCancelJustBeforeTheOutcomeIsUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("lite", "cut-create"))
		w.use(&hookedStore{w.store, func(write taskyard.Write) {
			if write.Change.Submission == nil || *write.Change.Submission != taskyard.SubmissionUnknown {
				return
			}
			if _, err := w.store.RequestCancel(t.Context(), id, nil); err != nil {
				t.Error(err)
			}
		}})
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		task := w.task(id)
		if task.Status != taskyard.StatusCancelled || !task.Settled() {
			t.Fatalf("task %+v", task)
		}
		if !strings.Contains(task.Error.Hint, "billed") {
			t.Errorf("hint %q does not say that there may be a run", task.Error.Hint)
		}
	})
}

func TestCancelOfAnUnknownSubmission(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		task := w.follow(body("lite", "cut-create"))
		if _, err := w.store.RequestCancel(t.Context(), task.ID, noJob); err != nil {
			t.Fatal(err)
		}
		if err := w.runner.Drive(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		if task = w.task(task.ID); task.Status != taskyard.StatusCancelled || !strings.Contains(task.Error.Hint, "billed") {
			t.Errorf("status %s, error %+v", task.Status, task.Error)
		}
	})
}

// An owner that was superseded lets go in silence: an error would have its job tried again, and that drive would
// take the task from the one that has it now.
func TestOldOwnerLetsGoInSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("pro", ""))
		old := make(chan error, 1)
		go func() { old <- w.runner.Drive(t.Context(), id) }()
		time.Sleep(time.Second)
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := <-old; err != nil {
			t.Errorf("the old owner ended with %v", err)
		}
		w.checkLog(w.task(id))
		if w.box.Creates() != 1 {
			t.Errorf("%d runs", w.box.Creates())
		}
	})
}

// A write that is refused because an earlier one was lost is another matter: nobody else has the task.
func TestOwnLostWriteIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("pro", ""))
		w.use(&losingStore{Store: w.store, lose: 5})
		if err := w.runner.Drive(t.Context(), id); !errors.Is(err, taskyard.ErrFenced) {
			t.Errorf("drive: %v", err)
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.checkLog(w.task(id))
	})
}

// losingStore says of one write, the lose-th, that it was stored, though it was not.
type losingStore struct {
	taskyard.Store
	lose int
}

func (l *losingStore) Append(w taskyard.Write) *taskyard.Receipt {
	if l.lose--; l.lose == 0 {
		r := taskyard.NewReceipt()
		r.Resolve(nil)
		return r
	}
	return l.Store.Append(w)
}

// When even the last attempt to store that there is a run fails, its id is in what the operator reads.
func TestRunThatCannotBeRecordedIsNamed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("lite", ""))
		broken := &brokenStore{Store: w.store}
		w.use(broken)
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := w.box.Client().Transport.RoundTrip(r)
			broken.down = true
			return resp, err
		})})
		err := w.runner.Drive(t.Context(), id)
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "trun_") {
			t.Errorf("drive: %v", err)
		}
		if broken.tries != 6 {
			t.Errorf("it was tried %d times", broken.tries)
		}
		broken.down = false
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if task := w.task(id); task.Status != taskyard.StatusSubmissionUnknown || w.box.Creates() != 1 {
			t.Errorf("status %s, %d runs", task.Status, w.box.Creates())
		}
	})
}

// brokenStore refuses writes while it is down.
type brokenStore struct {
	taskyard.Store
	down  bool
	tries int
}

func (b *brokenStore) Append(w taskyard.Write) *taskyard.Receipt {
	if !b.down {
		return b.Store.Append(w)
	}
	b.tries++
	r := taskyard.NewReceipt()
	r.Resolve(errDisk)
	return r
}
