package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestADeletionThatWasCutShortIsFinishedAtTheNextStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	commits := -1 // left to succeed; -1: all
	s := open(t, Config{Database: path, Fault: func(stored bool) error {
		if stored {
			return nil
		}
		if commits == 0 {
			return errors.New("the power went")
		}
		commits--
		return nil
	}})
	task := newTask(t, s, "one")
	w := taskyard.Write{Task: task.Num, ID: task.ID, After: 1, Events: make([]taskyard.NewEvent, 3*deleteEvents)}
	for i := range w.Events {
		w.Events[i] = taskyard.NewEvent{Type: "x", Data: json.RawMessage(`{}`)}
	}
	if err := s.Append(w).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	commits = 2 // the task, and some of its events
	if err := s.Delete(t.Context(), "one"); err == nil {
		t.Fatal("the fault did not fire")
	}
	commits = -1
	if n := count(t, s, "event"); n == 0 || n > 2*deleteEvents+1 {
		t.Fatalf("%d events are left, want some", n)
	}
	if events, err := s.Events(t.Context(), task.Num, 0, 0, 10, 1<<20); err != nil || len(events) != 0 {
		t.Errorf("%d events of a deleted task can be read (%v)", len(events), err)
	}
	closeStore(t, s)
	s = open(t, Config{Database: path})
	defer closeStore(t, s)
	for _, table := range []string{"event", "deleted_task", "task_document", "task_search", "task_secret", "allotment", "idempotency"} {
		if n := count(t, s, table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

func TestExpiredKeysAreClearedAFewAtATime(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	create := func(i int, at time.Time) {
		t.Helper()
		_, created, err := s.Create(t.Context(), taskyard.NewTask{
			ID: fmt.Sprint(i), CreatedAt: at, Note: taskyard.NewEvent{Type: "x"}, IdempotencyKey: fmt.Sprint("key", i),
		}, noJob)
		if err != nil || !created {
			t.Fatalf("created %v, error %v", created, err)
		}
	}
	now := time.Now()
	for i := range 2*keySweep + 3 {
		create(i, now)
	}
	later := now.Add(keyLife + time.Minute)
	for i, want := range []int{keySweep + 3 + 1, 3 + 2, 3, 4} {
		create(1000+i, later)
		if n := count(t, s, "idempotency"); n != want {
			t.Errorf("%d keys after create %d, want %d", n, i, want)
		}
	}
}

func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
