package webui

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// The last frame of a replay is the task as it is, and the frame before has not ended.
func TestAReplayEndsWithTheTaskItself(t *testing.T) {
	s := everything(t)
	settled := 0
	for _, f := range gallery.All(noon) {
		task, err := s.store.Task(t.Context(), f.Task.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !task.Settled() {
			if a := s.get("/tasks/" + task.ID + "?replay"); a.StatusCode != http.StatusConflict {
				t.Errorf("a replay of %s, which runs: %d", task.ID, a.StatusCode)
			}
			continue
		}
		if task.LastSeq < 2 {
			continue
		}
		settled++
		last, _, err := s.ui.asOf(t.Context(), task, task.LastSeq)
		if err != nil || !reflect.DeepEqual(last, task) {
			t.Errorf("%s ends as %+v, %v", task.ID, last, err)
		}
		first, when, err := s.ui.asOf(t.Context(), task, 1)
		if err != nil || first.Settled() || first.HasResult || first.LastSeq != 1 || when.Before(task.CreatedAt) {
			t.Errorf("%s begins as %+v, %v", task.ID, first, err)
		}
	}
	if settled == 0 {
		t.Error("no task has ended")
	}
	for _, at := range []string{"0", "-1", "x", "1000000"} {
		if a := s.get("/tasks/nested?replay&at=" + at); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("at=%s: %d", at, a.StatusCode)
		}
	}
}
