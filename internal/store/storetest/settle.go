package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testSettle(t *testing.T, open Open) {
	t.Run("settling ends the task and erases its secret", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		end := start.Add(time.Hour)
		completed := taskyard.StatusCompleted
		own.must(taskyard.Change{Status: &completed, Settle: &end, Result: json.RawMessage(`{}`)}, note(taskyard.NoteSettled))

		task := get(t, s, "one")
		wantEqual(t, task.CompletedAt, end)
		wantEqual(t, task.Settled(), true)
		wantEqual(t, task.Status, completed)
		wantEqual(t, task.Activity.Phase, taskyard.PhaseEnded)
		if !task.Activity.Since.Equal(end) {
			t.Errorf("ended since %v, want %v", task.Activity.Since, end)
		}
		owned, err := s.Take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, owned.Secret, []byte(nil))
		wantEqual(t, owned.Settled(), true)
	})
	t.Run("why it ended can be said in its activity", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		end := start.Add(time.Hour)
		own.must(taskyard.Change{Settle: &end, Activity: &taskyard.Activity{Phase: taskyard.PhaseStreaming, Reason: "stopped"}})
		wantEqual(t, get(t, s, "one").Activity, taskyard.Activity{Phase: taskyard.PhaseEnded, Since: end, Reason: "stopped"})
	})
	t.Run("a settled log never grows", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		own.settle(start)
		settled := get(t, s, "one")
		wantCode(t, own.write(taskyard.Change{}, message(9)).Wait(t.Context()), taskyard.CodeFenced)
		own.after--
		running := taskyard.StatusRunning
		wantCode(t, own.write(taskyard.Change{Status: &running}).Wait(t.Context()), taskyard.CodeFenced)
		wantEqual(t, get(t, s, "one"), settled)

		later := take(t, s, "one") // not even for a new owner
		wantCode(t, later.write(taskyard.Change{}, message(9)).Wait(t.Context()), taskyard.CodeFenced)
		wantEqual(t, len(wholeLog(t, s, own.num)), 2)
	})
	t.Run("the secret is kept until then", func(t *testing.T) {
		s := fresh(t, open, Options{})
		d := draft("one")
		mustCreate(t, s, d)
		own := take(t, s, "one")
		own.must(taskyard.Change{}, message(2))
		owned, err := s.Take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, owned.Secret, d.Secret)
	})
}

// faultOnce fails the next commit after it was armed. The journal's goroutine and the test's take turns.
type faultOnce struct{ armed chan struct{} } // capacity 1: armed or not

func newFault() faultOnce { return faultOnce{armed: make(chan struct{}, 1)} }

func (f faultOnce) arm() { f.armed <- struct{}{} }

func (f faultOnce) fire() error {
	select {
	case <-f.armed:
		return errInjected
	default:
		return nil
	}
}

func testFaults(t *testing.T, open Open) {
	for _, row := range []struct {
		name      string
		persisted bool
	}{
		{"append failed", false},
		{"append failed but persisted", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			fault := newFault()
			o := Options{BeforeCommit: fault.fire}
			if row.persisted {
				o = Options{AfterCommit: fault.fire}
			}
			s := fresh(t, open, o)
			mustCreate(t, s, draft("one"))
			own := take(t, s, "one")
			fault.arm()
			if err := own.write(taskyard.Change{}, message(2)).Wait(t.Context()); err == nil {
				t.Fatal("the writer was not told")
			}
			// Whether it was persisted or not, an owner that carries on as if nothing had happened can neither
			// double an event nor leave a gap: exactly one of these follows the log.
			onTop := own.write(taskyard.Change{}, message(3)).Wait(t.Context())
			own.after = 1
			again := own.write(taskyard.Change{}, message(2)).Wait(t.Context())
			if row.persisted {
				if onTop != nil {
					t.Fatalf("the write after the persisted one: %v", onTop)
				}
				wantCode(t, again, taskyard.CodeFenced)
				wantEqual(t, len(wholeLog(t, s, own.num)), 3)
			} else {
				if again != nil {
					t.Fatalf("the same write again: %v", again)
				}
				wantCode(t, onTop, taskyard.CodeFenced)
				wantEqual(t, len(wholeLog(t, s, own.num)), 2)
			}
			// An owner that takes the task anew finds the truth.
			fresh := take(t, s, "one")
			wantEqual(t, fresh.after, int64(len(wholeLog(t, s, own.num))))
		})
	}
	t.Run("create failed", func(t *testing.T) {
		fault := newFault()
		s := fresh(t, open, Options{BeforeCommit: fault.fire})
		fault.arm()
		if _, created, err := s.Create(t.Context(), draft("one"), noJob); err == nil || created {
			t.Fatal("the caller was not told")
		}
		mustCreate(t, s, draft("one"))
	})
	t.Run("create failed but persisted", func(t *testing.T) {
		fault := newFault()
		s := fresh(t, open, Options{AfterCommit: fault.fire})
		d := draft("one")
		d.IdempotencyKey = "key"
		fault.arm()
		if _, _, err := s.Create(t.Context(), d, noJob); err == nil {
			t.Fatal("the caller was not told")
		}
		d.ID = "two" // the caller tries again, as clients do
		task, created, err := s.Create(t.Context(), d, noJob)
		if err != nil || created {
			t.Fatalf("created %v, error %v", created, err)
		}
		wantEqual(t, task.ID, "one")
	})
}
