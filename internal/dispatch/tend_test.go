package dispatch

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/store"
)

// tended is a dispatcher whose jobs are looked after by hand: it has not been started.
type tended struct {
	*testing.T
	*Dispatcher
	db   *sql.DB
	open []string // tasks that somebody must drive
}

func newTended(t *testing.T) *tended {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{
		Database: filepath.Join(t.TempDir(), "t.db"), Migrate: func(ctx context.Context, db *sql.DB) error {
			return Migrate(ctx, db, false, slog.New(slog.DiscardHandler))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	w := &tended{T: t, db: s.WriteDB()}
	w.Dispatcher, err = New(Config{
		Write: s.WriteDB(), Read: s.ReadDB(), Logger: slog.New(slog.DiscardHandler),
		Drive:   func(context.Context, string) error { return nil },
		ToDrive: func(context.Context) ([]string, error) { return slices.Clone(w.open), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// add inserts a job, changes it, and returns its id.
func (d *tended) add(set string) (id int64) {
	d.Helper()
	tx, err := d.db.BeginTx(d.Context(), nil)
	if err != nil {
		d.Fatal(err)
	}
	if err := errors.Join(d.Enqueue(d.Context(), tx, taskyard.Task{ID: "a"}), tx.Commit()); err != nil {
		d.Fatal(err)
	}
	if err := d.db.QueryRowContext(d.Context(), `UPDATE river_job SET `+set+` WHERE id = (SELECT max(id) FROM river_job) RETURNING id`).Scan(&id); err != nil {
		d.Fatal(err)
	}
	return id
}

// due reports whether a job can be fetched now.
func (d *tended) due(id int64) (due bool) {
	d.Helper()
	err := d.db.QueryRowContext(d.Context(), `SELECT state = 'available' AND scheduled_at <= datetime('now', 'subsec') FROM river_job WHERE id = $1`, id).Scan(&due)
	if err != nil {
		d.Fatal(err)
	}
	return due
}

func (d *tended) lookOnce(last sight) sight {
	d.Helper()
	now, err := d.look(d.Context(), last)
	if err != nil {
		d.Fatal(err)
	}
	return now
}

// A job that was fetched by a call whose answer was lost counts as running for ever. The second look frees it, and
// leaves those that somebody works on.
func TestLostJobIsTakenUpAgain(t *testing.T) {
	d := newTended(t)
	lost, held := d.add("state = 'running', attempt = 1"), d.add("state = 'running', attempt = 1")
	release := d.hold(held)
	first := d.lookOnce(sight{})
	if d.due(lost) {
		t.Error("it was freed at the first look: it may just have been fetched")
	}
	if d.lookOnce(first); !d.due(lost) || d.due(held) {
		t.Errorf("after the second look the lost job is due: %v, the held one: %v", d.due(lost), d.due(held))
	}
	release()
	if d.lookOnce(d.lookOnce(sight{})); !d.due(held) {
		t.Error("a job that is no longer held stays lost")
	}
}

// A job that was found once is not freed for having been lost at another time.
func TestJobThatOnlyBeginsIsLeft(t *testing.T) {
	d := newTended(t)
	id := d.add("state = 'running', attempt = 1")
	first := d.lookOnce(sight{})
	release := d.hold(id)
	between := d.lookOnce(first)
	release()
	if d.lookOnce(between); d.due(id) {
		t.Error("it was freed although it was held at the last look")
	}
}

// After the clock was set back, jobs are due at times far ahead. A wait of ours is left alone.
func TestClockThatWasSetBackHoldsNobody(t *testing.T) {
	for _, state := range []string{"available", "retryable", "scheduled"} {
		d := newTended(t)
		id := d.add("state = '" + state + "', attempt = 3, scheduled_at = datetime('now', '+2 hours')")
		waits := d.add("state = 'retryable', attempt = 3, scheduled_at = datetime('now', '+25 seconds')")
		if d.lookOnce(sight{}); !d.due(id) || d.due(waits) {
			t.Errorf("%s: due %v, a wait of ours is cut short: %v", state, d.due(id), d.due(waits))
		}
	}
}

func TestStartFreesEveryJobThatIsNotDone(t *testing.T) {
	d := newTended(t)
	var ids []int64
	for _, set := range []string{
		"state = 'running', attempt = 1", "state = 'available', scheduled_at = datetime('now', '+9 hours')", "state = 'retryable', attempt = 9, scheduled_at = datetime('now', '+20 seconds')",
	} {
		ids = append(ids, d.add(set))
	}
	done := d.add("state = 'completed', finalized_at = datetime('now')")
	if err := d.freeJobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if !d.due(id) {
			t.Errorf("job %d is not due", id)
		}
	}
	if d.due(done) {
		t.Error("a job that is done is due again")
	}
}

// jobsOf is how many jobs of a task are not done.
func (d *tended) jobsOf(id string) (n int) {
	d.Helper()
	err := d.db.QueryRowContext(d.Context(), `SELECT count(*) FROM river_job WHERE state = 'available' AND json_extract(args, '$.task_id') = $1`, id).Scan(&n)
	if err != nil {
		d.Fatal(err)
	}
	return n
}

// A task whose only job was marked as done, though nobody had driven the task to its end, is given another. Not one
// that this process drives, and not one that has a job.
func TestTaskWithoutAJobIsGivenOne(t *testing.T) {
	d := newTended(t)
	d.add("state = 'completed', finalized_at = datetime('now'), args = json_object('task_id', 'orphan')")
	d.add("state = 'completed', finalized_at = datetime('now'), args = json_object('task_id', 'driven')")
	d.add("args = json_object('task_id', 'waiting')")
	d.open = []string{"orphan", "driven", "waiting"}
	one := &driving{}
	d.Dispatcher.add("driven", one)
	first := d.lookOnce(sight{})
	if n := d.jobsOf("orphan"); n != 0 {
		t.Errorf("%d jobs after the first look: the task may just have ended", n)
	}
	second := d.lookOnce(first)
	for id, want := range map[string]int{"orphan": 1, "driven": 0, "waiting": 1} {
		if n := d.jobsOf(id); n != want {
			t.Errorf("%s has %d jobs, want %d", id, n, want)
		}
	}
	d.remove("driven", one)
	if d.lookOnce(d.lookOnce(second)); d.jobsOf("orphan") != 1 || d.jobsOf("driven") != 1 {
		t.Errorf("jobs: %d of the orphan, %d of the one that is driven no longer", d.jobsOf("orphan"), d.jobsOf("driven"))
	}
}
