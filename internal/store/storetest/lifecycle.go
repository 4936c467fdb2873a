package storetest

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/taskyard/taskyard"
)

// lose makes the submission of a task unknown and returns the owner that gave up.
func lose(t *testing.T, s taskyard.Store, id string) *owner {
	t.Helper()
	own := take(t, s, id)
	status, submission := taskyard.StatusSubmissionUnknown, taskyard.SubmissionUnknown
	activity := taskyard.Activity{Phase: taskyard.PhaseUnknown, Since: start}
	own.must(taskyard.Change{Status: &status, Submission: &submission, Activity: &activity}, note(taskyard.NoteSubmissionUnknown))
	return own
}

// jobs counts how often a job was asked for.
type jobs struct{ tasks []taskyard.Task }

func (j *jobs) enqueue(_ *sql.Tx, t taskyard.Task) error {
	j.tasks = append(j.tasks, t)
	return nil
}

func testReopen(t *testing.T, open Open) {
	t.Run("a task whose submission is unknown is sent again", func(t *testing.T) {
		s := fresh(t, open, Options{})
		d := draft("one")
		mustCreate(t, s, d)
		old := lose(t, s, "one")
		before := get(t, s, "one")
		var j jobs
		task, err := s.Reopen(t.Context(), "one", note(taskyard.NoteSubmittedAgain), j.enqueue)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, j.tasks, []taskyard.Task{task})
		wantEqual(t, get(t, s, "one"), task)
		want := before
		want.Status, want.Submission = taskyard.StatusPending, taskyard.SubmissionNone
		want.Activity = taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: start}
		want.Epoch, want.LastSeq, want.Version, want.UpdatedAt = before.Epoch+1, before.LastSeq+1, before.Version+1, task.UpdatedAt
		wantEqual(t, task, want)

		log := wholeLog(t, s, task.Num)
		wantEqual(t, log[len(log)-1].Type, taskyard.NoteSubmittedAgain)
		old.after = task.LastSeq
		wantCode(t, old.write(taskyard.Change{}, message(9)).Wait(t.Context()), taskyard.CodeFenced)
		owned, err := s.Take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, owned.Secret, d.Secret)
	})
	t.Run("in any other state it is a conflict", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		var j jobs
		_, err := s.Reopen(t.Context(), "one", note("x"), j.enqueue)
		wantCode(t, err, taskyard.CodeConflict)
		lose(t, s, "one").settle(start)
		_, err = s.Reopen(t.Context(), "one", note("x"), j.enqueue)
		wantCode(t, err, taskyard.CodeConflict)
		_, err = s.Reopen(t.Context(), "nobody", note("x"), j.enqueue)
		wantCode(t, err, taskyard.CodeNotFound)
		wantEqual(t, len(j.tasks), 0)
	})
	t.Run("two clicks send it once", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		lose(t, s, "one")
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = s.Reopen(t.Context(), "one", note(taskyard.NoteSubmittedAgain), noJob) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("errors %v and %v, want one", errs[0], errs[1])
		}
	})
	t.Run("without a job it stays as it was", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		lose(t, s, "one")
		before := get(t, s, "one")
		_, err := s.Reopen(t.Context(), "one", note("x"), func(*sql.Tx, taskyard.Task) error { return errInjected })
		if err == nil {
			t.Fatal("reopened without a job")
		}
		wantEqual(t, get(t, s, "one"), before)
		wantEqual(t, int64(len(wholeLog(t, s, before.Num))), before.LastSeq)
	})
}

func testCancel(t *testing.T, open Open) {
	t.Run("the owner can still write, and settle", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		before := get(t, s, "one")
		var j jobs
		task, err := s.RequestCancel(t.Context(), "one", j.enqueue)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, len(j.tasks), 0)
		want := before
		want.CancelRequested, want.Version, want.UpdatedAt = true, before.Version+1, task.UpdatedAt
		wantEqual(t, task, want)
		wantEqual(t, get(t, s, "one"), task)
		if _, err := s.RequestCancel(t.Context(), "one", j.enqueue); err != nil {
			t.Fatalf("asked twice: %v", err)
		}
		own.must(taskyard.Change{}, message(2))
		own.settle(start)
		_, err = s.RequestCancel(t.Context(), "one", j.enqueue)
		wantCode(t, err, taskyard.CodeConflict)
	})
	t.Run("a task without an owner is given one", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		lose(t, s, "one")
		var j jobs
		task, err := s.RequestCancel(t.Context(), "one", j.enqueue)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, j.tasks, []taskyard.Task{task})
	})
	t.Run("without that owner it is not marked", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		lose(t, s, "one")
		before := get(t, s, "one")
		if _, err := s.RequestCancel(t.Context(), "one", func(*sql.Tx, taskyard.Task) error { return errInjected }); err == nil {
			t.Fatal("marked without a job")
		}
		wantEqual(t, get(t, s, "one"), before)
	})
	t.Run("an unknown task is not found", func(t *testing.T) {
		s := fresh(t, open, Options{})
		_, err := s.RequestCancel(t.Context(), "nobody", noJob)
		wantCode(t, err, taskyard.CodeNotFound)
	})
}

func testDelete(t *testing.T, open Open) {
	t.Run("nothing of a deleted task is left", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		mustCreate(t, s, draft("other"))
		own := take(t, s, "one")
		for n := range 12 { // 1,200 events: more than go at once
			events := make([]taskyard.NewEvent, 100)
			for i := range events {
				events[i] = message(n*100 + i)
			}
			own.must(taskyard.Change{}, events...)
		}
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		_, err := s.Task(t.Context(), "one")
		wantCode(t, err, taskyard.CodeNotFound)
		_, err = s.Document(t.Context(), "one")
		wantCode(t, err, taskyard.CodeNotFound)
		wantEqual(t, len(wholeLog(t, s, own.num)), 0)
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 10}), []string{"other"})
		wantEqual(t, len(wholeLog(t, s, get(t, s, "other").Num)), 1)
		wantCode(t, s.Delete(t.Context(), "one"), taskyard.CodeNotFound)
	})
	t.Run("its owner is told with its next write", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, own.write(taskyard.Change{}, message(2)).Wait(t.Context()), taskyard.CodeNotFound)
	})
	t.Run("its number never comes again", func(t *testing.T) {
		s := fresh(t, open, Options{})
		old := mustCreate(t, s, draft("one"))
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		mustNotBe(t, mustCreate(t, s, draft("one")).Num, old.Num)
	})
}

func testAnnounce(t *testing.T, open Open) {
	t.Run("who is told can read it", func(t *testing.T) {
		var s taskyard.Store
		var mu sync.Mutex // guards told, early
		told := map[string]int64{}
		var early []string
		s = fresh(t, open, Options{Announce: func(list []taskyard.Announcement) {
			mu.Lock()
			defer mu.Unlock()
			for _, a := range list {
				told[a.ID] = a.Seq
				if task, err := s.Task(t.Context(), a.ID); err != nil || task.LastSeq < a.Seq {
					early = append(early, fmt.Sprintf("%v: task at %d, error %v", a, task.LastSeq, err))
				}
			}
		}})
		var wg sync.WaitGroup
		for i := range 10 {
			id := fmt.Sprint("task", i)
			mustCreate(t, s, draft(id))
			own := take(t, s, id)
			wg.Go(func() {
				var last *taskyard.Receipt
				for n := range 50 {
					last = own.write(taskyard.Change{}, message(n))
				}
				if err := last.Wait(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(early) > 0 {
			t.Errorf("announced too early: %v", early)
		}
		for id, seq := range told {
			wantEqual(t, fmt.Sprint(id, " ", seq), fmt.Sprint(id, " ", 51))
		}
		wantEqual(t, len(told), 10)
	})
	t.Run("each kind of move is announced once", func(t *testing.T) {
		var list []taskyard.Announcement
		s := fresh(t, open, Options{Announce: func(l []taskyard.Announcement) { list = append(list, l...) }})
		expect := func(seq int64) {
			t.Helper()
			wantEqual(t, list, []taskyard.Announcement{{ID: "one", Seq: seq}})
			list = nil
		}
		mustCreate(t, s, draft("one"))
		expect(1)
		lose(t, s, "one")
		expect(2)
		if _, err := s.Reopen(t.Context(), "one", note(taskyard.NoteSubmittedAgain), noJob); err != nil {
			t.Fatal(err)
		}
		expect(3)
		if _, err := s.RequestCancel(t.Context(), "one", noJob); err != nil {
			t.Fatal(err)
		}
		expect(3)
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		expect(0)
	})
	t.Run("what failed or was refused is not announced", func(t *testing.T) {
		fault := newFault()
		var list []taskyard.Announcement
		s := fresh(t, open, Options{BeforeCommit: fault.fire, Announce: func(l []taskyard.Announcement) { list = append(list, l...) }})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		list = nil
		fault.arm()
		if err := own.write(taskyard.Change{}, message(2)).Wait(t.Context()); err == nil {
			t.Fatal("the fault did not fire")
		}
		wantCode(t, own.write(taskyard.Change{}, message(3)).Wait(t.Context()), taskyard.CodeFenced)
		fault.arm()
		if _, _, err := s.Create(t.Context(), draft("two"), noJob); err == nil {
			t.Fatal("the fault did not fire")
		}
		_, err := s.RequestCancel(t.Context(), "nobody", noJob)
		wantCode(t, err, taskyard.CodeNotFound)
		wantEqual(t, len(list), 0)
	})
}

func testToDrive(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	want := func(ids ...string) {
		t.Helper()
		got, err := s.ToDrive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, fmt.Sprint(got), fmt.Sprint(ids))
	}
	want()
	for _, id := range []string{"new", "taken", "ended", "unknown", "again", "dropped", "gone"} {
		mustCreate(t, s, draft(id))
	}
	take(t, s, "taken")
	now := start
	take(t, s, "ended").must(taskyard.Change{Status: new(taskyard.StatusCompleted), Settle: &now}, note(taskyard.NoteSettled))
	for _, id := range []string{"unknown", "again", "dropped"} {
		lose(t, s, id)
	}
	if err := s.Delete(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	want("new", "taken")
	if _, err := s.Reopen(t.Context(), "again", note(taskyard.NoteSubmittedAgain), noJob); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RequestCancel(t.Context(), "dropped", noJob); err != nil {
		t.Fatal(err)
	}
	want("new", "taken", "again", "dropped")
}
