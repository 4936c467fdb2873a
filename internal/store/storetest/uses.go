package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testUses(t *testing.T, open Open) {
	t.Run("tasks with a run are counted by the day", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i, d := range []struct{ upstream, processor, run string }{
			{"parallel", "pro", "trun_0"}, {"parallel", "pro", "trun_1"}, {"parallel", "pro", "trun_2"}, {"parallel", "lite", ""}, {"simulator", "lite", "trun_3"},
		} {
			task := used(string(rune('a'+i)), d.upstream, d.processor, start.Add(time.Duration(i)*12*time.Hour))
			task.RunID, task.InteractionID = d.run, d.run
			mustCreate(t, s, task)
		}
		simulated := taskyard.Use{Upstream: "simulator", Processor: "lite", Runs: 1}
		wantUses(t, s, start, taskyard.Use{Upstream: "parallel", Processor: "pro", Runs: 3}, simulated)
		wantUses(t, s, start.Add(23*time.Hour), taskyard.Use{Upstream: "parallel", Processor: "pro", Runs: 2}, simulated)
		wantUses(t, s, start.Add(72*time.Hour))
	})
	t.Run("a deleted task has cost as much as before", func(t *testing.T) {
		now := time.Now()
		dir := t.TempDir()
		s, closeStore := open(t, Options{Dir: dir})
		for _, id := range []string{"a", "b", "c"} {
			mustCreate(t, s, used(id, "parallel", "pro", now))
		}
		mustCreate(t, s, used("other", "simulator", "lite", now))
		before := []taskyard.Use{{Upstream: "parallel", Processor: "pro", Runs: 3}, {Upstream: "simulator", Processor: "lite", Runs: 1}}
		for _, id := range []string{"a", "b", "other"} {
			mustDelete(t, s, id)
			wantUses(t, s, now, before...)
		}
		wantCode(t, s.Delete(t.Context(), "a"), taskyard.CodeNotFound)
		closeStore()
		s, closeStore = open(t, Options{Dir: dir})
		defer closeStore()
		wantUses(t, s, now, before...)
		wantUses(t, s, now.Add(24*time.Hour))
	})
	t.Run("deleted at once, each is counted once", func(t *testing.T) {
		s, now := fresh(t, open, Options{}), time.Now()
		const tasks = 24
		for i := range tasks {
			mustCreate(t, s, used(fmt.Sprint(i), "parallel", "pro", now))
		}
		var deleting sync.WaitGroup
		for i := range tasks {
			for range 2 { // one of them finds it gone
				deleting.Go(func() { _ = s.Delete(t.Context(), fmt.Sprint(i)) })
			}
		}
		deleting.Wait()
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 10}), []string(nil))
		wantUses(t, s, now, taskyard.Use{Upstream: "parallel", Processor: "pro", Runs: tasks})
	})
	t.Run("a deletion that fails counts nothing", func(t *testing.T) {
		var failing bool
		s := fresh(t, open, Options{BeforeCommit: func() error {
			if failing {
				return errInjected
			}
			return nil
		}})
		now := time.Now()
		mustCreate(t, s, used("a", "parallel", "pro", now))
		failing = true
		if err := s.Delete(t.Context(), "a"); err == nil {
			t.Fatal("it was deleted")
		}
		failing = false
		wantUses(t, s, now, taskyard.Use{Upstream: "parallel", Processor: "pro", Runs: 1})
	})
	t.Run("what was deleted before it ran costs if it was being sent", func(t *testing.T) {
		s, now := fresh(t, open, Options{}), time.Now()
		for id, submission := range map[string]taskyard.Submission{"sending": taskyard.SubmissionSending, "unsent": taskyard.SubmissionNone} {
			task := used(id, "parallel", id, now)
			task.RunID = ""
			mustCreate(t, s, task)
			take(t, s, id).must(taskyard.Change{Submission: &submission}, message(2))
			mustDelete(t, s, id)
		}
		wantUses(t, s, now, taskyard.Use{Upstream: "parallel", Processor: "sending", Runs: 1})
	})
}

// used is a task that has a run.
func used(id, upstream, processor string, at time.Time) taskyard.NewTask {
	task := draft(id)
	task.Upstream, task.Processor, task.RunID, task.InteractionID, task.CreatedAt = upstream, processor, "trun_"+id, "trun_"+id, at
	return task
}

func mustDelete(t *testing.T, s taskyard.Store, id string) {
	t.Helper()
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatalf("Delete(%s): %v", id, err)
	}
}

func wantUses(t *testing.T, s taskyard.Store, day time.Time, want ...taskyard.Use) {
	t.Helper()
	uses, err := s.Uses(t.Context(), day)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, uses, want)
}
