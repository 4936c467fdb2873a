package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
	for i := range 3 {
		link := taskyard.Share{Token: fmt.Sprint("link", i), Task: ended, Owner: "ada", Parts: taskyard.Parts, CreatedAt: time.UnixMilli(7)}
		kept := taskyard.Template{ID: fmt.Sprint("kept", i), Name: "Kept", Request: []byte(`{}`), Owner: "ada", Visibility: []taskyard.Visibility{taskyard.Public, taskyard.Private}[i%2]}
		if err := errors.Join(one.store.AddShare(t.Context(), link), one.store.SaveTemplate(t.Context(), kept)); err != nil {
			t.Fatal(err)
		}
		one.store.ShareOpened("link1")
	}
	to := nodeConfig(url)
	if _, err := Copy(t.Context(), from, to); err == nil {
		t.Error("the file of a running server is copied")
	}
	stopNode(t, one)
	before := everything(t, from)
	if !strings.Contains(before, "2 link1 ") || !strings.Contains(before, " 3 ") || !strings.Contains(before, "private") {
		t.Errorf("what is to be copied is not there:\n%s", before)
	}
	if _, err := Copy(t.Context(), spoiled(t, from), to); err == nil {
		t.Error("what the simulator remembers cannot be read, and nobody is told")
	}
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
	if err := two.store.AddShare(t.Context(), taskyard.Share{Token: "next", Task: ended}); err != nil {
		t.Errorf("a link after the copy: %v", err)
	}
	if next := submitTo(t, two); next.Num <= task.Num {
		t.Errorf("a new task has number %d, as one before", next.Num)
	}
}

// spoiled is a configuration whose simulator's memory cannot be read.
func spoiled(t *testing.T, cfg Config) Config {
	t.Helper()
	database := filepath.Join(t.TempDir(), "t.db")
	data, err := os.ReadFile(cfg.Database)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(database, data, 0o600), os.Mkdir(database+".simulator", 0o700)); err != nil {
		t.Fatal(err)
	}
	cfg.Database = database
	return cfg
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
	for _, query := range []string{
		`SELECT id || ' ' || status || ' ' || last_seq || ' ' || run_id || ' ' || progress || ' ' || preview || ' ' || created_at || ' ' || submission FROM task ORDER BY num`,
		`SELECT num || ' ' || token || ' ' || task_num || ' ' || owner || ' ' || parts || ' ' || created_at || ' ' || opens || ' ' || coalesce(opened_at, 0) FROM share ORDER BY num`,
		`SELECT id || ' ' || name || ' ' || request || ' ' || owner || ' ' || visibility FROM template ORDER BY id`,
		`SELECT task_num || ' ' || seq || ' ' || type || ' ' || data || ' ' || at FROM event ORDER BY task_num, seq`,
	} {
		if err := writeLines(t.Context(), s.ReadDB(), query, &all); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// writeLines writes the rows of a query for one text.
func writeLines(ctx context.Context, db *sql.DB, query string, into *strings.Builder) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		into.WriteString(line + "\n")
	}
	return rows.Err()
}

// What the simulator would pass over is passed over, and a cancel belongs to its run wherever it stands.
func TestRememberedRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	err := os.WriteFile(path, []byte(strings.Join([]string{
		`{"id":"a","n":1}`, `{"id":"nobody","cancelled":"2026-01-02T00:00:00Z"}`, `half a li`, `{}`, `{"id":"b","n":2}`, `{"id":"a","n":3}`,
		`{"id":"a","cancelled":"2026-01-02T00:00:00Z"}`, `{"id":"a","cancelled":"2026-01-03T00:00:00Z"}`,
	}, "\n")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for run, err := range rememberedRuns(path) {
		got = append(got, fmt.Sprint(run.ID, " ", string(run.Record), " ", run.Cancelled.Format(time.DateOnly), err))
	}
	want := []string{`a {"id":"a","n":1} 2026-01-02<nil>`, `b {"id":"b","n":2} 0001-01-01<nil>`}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for run, err := range rememberedRuns(filepath.Join(t.TempDir(), "none")) {
		t.Errorf("%v, %v", run, err)
	}
	for _, err := range rememberedRuns(t.TempDir()) {
		if err == nil {
			t.Error("a folder has runs")
		}
	}
}
