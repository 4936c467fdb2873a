package app

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// Everything comes over: a task that has ended reads as before, one that is under way goes on, with the same run.
func TestCopyMovesEverythingToPostgres(t *testing.T) {
	url := pgtest.Database(t)
	from := nodeConfig(filepath.Join(t.TempDir(), "t.db"))
	from.SimulatorScale = 600
	one := startNode(t, from)
	ended := submitTo(t, one)
	if _, err := follow(one, ended.ID, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	stopNode(t, one)
	from.SimulatorScale = 60
	one = startNode(t, from)
	open := submitTo(t, one)
	for task := open; task.LastSeq < 5; {
		var err error
		if task, err = one.store.Task(t.Context(), open.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	to := nodeConfig(url)
	if _, err := Copy(t.Context(), from, to); err == nil {
		t.Error("the file of a running server is copied")
	}
	stopNode(t, one)
	before := everything(t, from)
	if _, err := Copy(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	if after := everything(t, to); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if _, err := Copy(t.Context(), from, to); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("a second copy: %v", err)
	}
	two := startNode(t, to)
	if _, err := follow(two, open.ID, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	task, err := two.store.Task(t.Context(), open.ID)
	if err != nil || task.Status != taskyard.StatusCompleted {
		t.Errorf("%s, %v", task.Status, err)
	}
	if next := submitTo(t, two); next.Num <= task.Num {
		t.Errorf("a new task has number %d, as one before", next.Num)
	}
}

// everything is all that a database says of its tasks.
func everything(t *testing.T, cfg Config) string {
	t.Helper()
	s, err := store.Open(t.Context(), cfg.store())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	var all strings.Builder
	rows, err := s.ReadDB().QueryContext(t.Context(), `SELECT id || ' ' || status || ' ' || last_seq || ' ' || run_id || ' ' || progress || ' ' || preview || ' ' || created_at || ' ' || submission FROM task ORDER BY num`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.WriteString(line + "\n")
	}
	events, err := s.ReadDB().QueryContext(t.Context(), `SELECT task_num || ' ' || seq || ' ' || type || ' ' || data || ' ' || at FROM event ORDER BY task_num, seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	for events.Next() {
		var line string
		if err := events.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.WriteString(line + "\n")
	}
	if err := errors.Join(rows.Err(), events.Err()); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
