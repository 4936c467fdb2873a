package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// A database that was brought up to date by a program which had later migrations and lacked an earlier one, as when work was
// brought together in another order, gets that too.
func TestAMigrationThatCameLateIsMade(t *testing.T) {
	for engine, database := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "x.db"), "postgres": pgtest.Database(t)} {
		s, err := store.Open(t.Context(), store.Config{Database: database})
		if err != nil {
			t.Fatal(err)
		}
		for _, undo := range []string{`DROP TABLE deleted_use`, `DELETE FROM goose_db_version WHERE version_id = 8`} {
			if _, err := s.WriteDB().ExecContext(t.Context(), undo); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		s = openShared(t, database)
		spend(t, s, "a", time.Now())
		if n := runs(t, s, time.Now()); n != 1 {
			t.Errorf("%s: %d runs", engine, n)
		}
	}
}

func eachEngine(t *testing.T, test func(*testing.T, *store.Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, openShared(t, filepath.Join(t.TempDir(), "x.db"))) })
	t.Run("postgres", func(t *testing.T) { test(t, openShared(t, pgtest.Database(t))) })
}

// spend makes a task that has run, and deletes it.
func spend(t *testing.T, s *store.Store, id string, at time.Time) {
	t.Helper()
	if _, _, err := s.Create(t.Context(), taskyard.NewTask{
		ID: id, Upstream: "parallel", Processor: "pro", RunID: "trun_" + id, CreatedAt: at, Note: taskyard.NewEvent{Type: "x"},
	}, func(*sql.Tx, taskyard.Task) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func runs(t *testing.T, s *store.Store, day time.Time) (n int64) {
	t.Helper()
	uses, err := s.Uses(t.Context(), day)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uses {
		n += u.Runs
	}
	return n
}

// However many tasks are deleted, what is kept of them is a few rows: of these days only.
func TestWhatDeletedTasksHaveCostIsForgotten(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		if _, err := s.WriteDB().ExecContext(t.Context(), `INSERT INTO deleted_use (day, upstream, processor, runs) VALUES ($1, 'parallel', 'pro', 7)`, now.Add(-96*time.Hour).UnixMilli()); err != nil {
			t.Fatal(err)
		}
		spend(t, s, "old", now.Add(-96*time.Hour))
		if n := runs(t, s, now.Add(-96*time.Hour)); n != 7 {
			t.Errorf("%d runs, of which one is of a day that nobody asks for", n)
		}
		spend(t, s, "new", now)
		if n := runs(t, s, now.Add(-96*time.Hour)); n != 1 {
			t.Errorf("%d runs are kept", n)
		}
	})
}

// A copy adds to what was spent where it goes: somebody may have tried that database, and deleted what they tried.
func TestACopyAddsWhatDeletedTasksHaveCost(t *testing.T) {
	now := time.Now()
	path, url := filepath.Join(t.TempDir(), "x.db"), pgtest.Database(t)
	from, to := openShared(t, path), openShared(t, url)
	spend(t, from, "a", now)
	spend(t, from, "b", now)
	spend(t, to, "c", now)
	if err := from.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := store.Copy(t.Context(), store.Config{Database: path}, store.Config{Database: url}, store.Beside{
		SealKey: []byte("key"), Runs: func(func(store.Run, error) bool) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := runs(t, to, now); n != 3 {
		t.Errorf("%d runs after the copy: %v", n, report)
	}
}
