package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestLinksToTasks(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		task := newTask(t, s, "one")
		made := taskyard.Share{
			Token: "t1", Task: task, Owner: "ada", Parts: []taskyard.Part{taskyard.PartResult, taskyard.PartTimeline}, UpTo: 7,
			CreatedAt: time.UnixMilli(1_000_000).UTC(), ExpiresAt: time.UnixMilli(2_000_000).UTC(),
		}
		if err := s.AddShare(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		if err := s.AddShare(t.Context(), taskyard.Share{Token: "t2", Task: task, Owner: "bob", CreatedAt: time.UnixMilli(1_000_001).UTC()}); err != nil {
			t.Fatal(err)
		}
		made.Task, _ = s.Task(t.Context(), "one")
		got, err := s.Share(t.Context(), "t1")
		if err != nil || !reflect.DeepEqual(got, made) {
			t.Errorf("got  %+v (%v)\nwant %+v", got, err, made)
		}
		if got.Good(time.UnixMilli(2_000_000)) || !got.Good(time.UnixMilli(1_999_999)) || !got.Shows(taskyard.PartResult) || got.Shows(taskyard.PartRequest) {
			t.Errorf("%+v", got)
		}
		ada := "ada"
		for owner, want := range map[*string]int{&ada: 1, nil: 2} {
			if list, err := s.Shares(t.Context(), owner); err != nil || len(list) != want || list[want-1].Token != "t1" || list[0].Task.Num != task.Num {
				t.Errorf("%+v, %v", list, err)
			}
		}
		if err := s.RevokeShare(t.Context(), "t1"); err != nil {
			t.Error(err)
		}
		if got, err := s.Share(t.Context(), "t1"); err != nil || got.Good(time.UnixMilli(1_500_000)) {
			t.Errorf("a link that was revoked: %+v, %v", got, err)
		}
		wantError(t, s.RevokeShare(t.Context(), "nobody"), taskyard.CodeNotFound, "no such link")
		_, err = s.Share(t.Context(), "nobody")
		wantError(t, err, taskyard.CodeNotFound, "no such link")
		// With the task its links go.
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		_, err = s.Share(t.Context(), "t2")
		wantError(t, err, taskyard.CodeNotFound, "no such link")
		wantError(t, s.AddShare(t.Context(), made), taskyard.CodeNotFound, "no such task")
	})
}
