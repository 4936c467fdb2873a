package dispatch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

const patience = 30 * time.Second

// mate is one of several nodes over one database. It drives tasks by holding them.
type mate struct {
	*testing.T
	*Dispatcher
	store *store.Store

	mu     sync.Mutex
	holds  map[string]int64 // the epoch of each task that it drives
	causes []error          // by which drives ended
}

func newMate(t *testing.T, url string) *mate {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: url, Migrate: func(ctx context.Context, db *sql.DB) error {
		return Migrate(ctx, db, true, slog.New(slog.DiscardHandler))
	}})
	if err != nil {
		t.Fatal(err)
	}
	listen, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	beats, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	m := &mate{T: t, store: s, holds: make(map[string]int64)}
	m.Dispatcher, err = New(Config{
		Write: s.WriteDB(), Read: s.ReadDB(), Cluster: &Cluster{Name: "mate", Beats: beats, Listen: listen},
		Drive: m.driveTask, ToDrive: s.ToDrive, Cancelled: s.Cancelled, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := m.Stop(ctx); err != nil {
			t.Error(err)
		}
		listen.Close()
		if err := errors.Join(s.Close(ctx), beats.Close()); err != nil {
			t.Error(err)
		}
	})
	return m
}

// driveTask takes a task and holds it until it is told to stop; one that is to be cancelled it settles.
func (m *mate) driveTask(ctx context.Context, id string) error {
	owned, err := m.store.Take(ctx, id)
	if err != nil {
		return err
	}
	if owned.CancelRequested {
		now := time.Now()
		return m.store.Append(taskyard.Write{Task: owned.Num, ID: id, Epoch: owned.Epoch, After: owned.LastSeq, Change: taskyard.Change{Settle: &now}}).Wait(ctx)
	}
	m.mu.Lock()
	m.holds[id] = owned.Epoch
	m.mu.Unlock()
	<-ctx.Done()
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.holds, id)
	m.causes = append(m.causes, context.Cause(ctx))
	return context.Cause(ctx)
}

func (m *mate) holding() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.holds)
}

func (m *mate) create(n int) {
	m.Helper()
	for i := range n {
		_, _, err := m.store.Create(m.Context(), taskyard.NewTask{
			ID: fmt.Sprint("t", i), CreatedAt: time.Now(), Request: json.RawMessage(`{}`),
			Note: taskyard.NewEvent{Type: taskyard.NoteCreated, Data: json.RawMessage(`{}`), At: time.Now()},
		}, func(tx *sql.Tx, t taskyard.Task) error { return m.Enqueue(m.Context(), tx, t) })
		if err != nil {
			m.Fatal(err)
		}
	}
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s did not come to be", what)
		}
	}
}

// A node that does not beat any more leaves its tasks to the others, in a newer epoch.
func TestADeadNodesTasksAreDrivenElsewhere(t *testing.T) {
	const tasks = 50
	url := pgtest.Database(t)
	first := newMate(t, url)
	first.create(tasks)
	await(t, "the first node's hold of all", func() bool { return first.holding() == tasks })
	second := newMate(t, url)
	await(t, "knowledge of two nodes", func() bool { return first.Nodes() == 2 && second.Nodes() == 2 })
	died := time.Now()
	if err := first.member.db.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the second node's hold of all", func() bool { return second.holding() == tasks && first.holding() == 0 })
	await(t, "knowledge of one node", func() bool { return second.Nodes() == 1 })
	t.Logf("driven elsewhere %s later", time.Since(died).Round(100*time.Millisecond))
	for id, epoch := range second.holds {
		if epoch != 2 {
			t.Errorf("%s is in epoch %d", id, epoch)
		}
	}
}

// A node that was given up and is alive, as one that was paused, joins again. What it says about its old jobs changes
// nothing about those that took their place.
func TestANodeThatWasGivenUpJoinsAgain(t *testing.T) {
	const tasks = 50
	url := pgtest.Database(t)
	first := newMate(t, url)
	first.create(tasks)
	await(t, "the first node's hold of all", func() bool { return first.holding() == tasks })
	before := first.member.present()
	second := newMate(t, url)
	if _, err := second.db.Exec(`UPDATE node SET beat_at = beat_at - interval '1 minute' WHERE id = $1`, before); err != nil {
		t.Fatal(err)
	}
	if err := second.member.bury(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "another life", func() bool { now := first.member.present(); return now != "" && now != before })
	await(t, "peace", func() bool {
		running, others := second.jobStates()
		return running == tasks && others == 0 && first.holding()+second.holding() == tasks
	})
	if err := first.Ready(); err != nil {
		t.Errorf("the node that came back: %v", err)
	}
}

// jobStates counts the jobs that run, and those that neither run nor are done.
func (m *mate) jobStates() (running, others int) {
	m.Helper()
	err := m.Dispatcher.db.QueryRow(`SELECT count(*) FILTER (WHERE state = 'running'), count(*) FILTER (WHERE state NOT IN ('running', 'completed')) FROM river_job`).Scan(&running, &others)
	if err != nil {
		m.Fatal(err)
	}
	return running, others
}

// A node that cannot reach the database ends its drives before the others act, says so, and drives again when it can.
func TestANodeThatIsCutOffStopsDriving(t *testing.T) {
	m := newMate(t, pgtest.Database(t))
	m.create(5)
	await(t, "hold of all", func() bool { return m.holding() == 5 })
	hide(t, m)
	await(t, "the end of all drives", func() bool { return m.holding() == 0 })
	if err := m.Ready(); taskyard.CodeOf(err) != taskyard.CodeUnavailable {
		t.Errorf("cut off, and ready: %v", err)
	}
	show(t, m)
	await(t, "hold of all again", func() bool { return m.holding() == 5 && m.Ready() == nil })
}

// hide takes the table away in which nodes beat, show brings it back.
func hide(t *testing.T, m *mate) {
	t.Helper()
	if _, err := m.Dispatcher.db.Exec(`ALTER TABLE node RENAME TO hidden`); err != nil {
		t.Fatal(err)
	}
}

func show(t *testing.T, m *mate) {
	t.Helper()
	if _, err := m.Dispatcher.db.Exec(`ALTER TABLE hidden RENAME TO node`); err != nil {
		t.Fatal(err)
	}
}

// After an outage of the database every beat is old. Nobody is buried for it: each comes back by itself.
func TestNobodyIsBuriedAfterAnOutage(t *testing.T) {
	url := pgtest.Database(t)
	a, b := newMate(t, url), newMate(t, url)
	a.create(10)
	await(t, "hold of all", func() bool { return a.holding()+b.holding() == 10 })
	hide(t, a)
	await(t, "the end of all drives", func() bool { return a.holding()+b.holding() == 0 && a.Ready() != nil && b.Ready() != nil })
	show(t, a)
	await(t, "hold of all again", func() bool { return a.holding()+b.holding() == 10 && a.Ready() == nil && b.Ready() == nil })
	var nodes int
	await(t, "two nodes", func() bool {
		if err := a.Dispatcher.db.QueryRow(`SELECT count(*) FROM node`).Scan(&nodes); err != nil {
			t.Fatal(err)
		}
		return nodes == 2
	})
}

// A cancel reaches the node that drives the task although nobody told it.
func TestACancelIsFoundByLooking(t *testing.T) {
	m := newMate(t, pgtest.Database(t))
	m.create(1)
	await(t, "hold", func() bool { return m.holding() == 1 })
	if _, err := m.store.RequestCancel(t.Context(), "t0", nil); err != nil {
		t.Fatal(err)
	}
	await(t, "the end", func() bool {
		task, err := m.store.Task(t.Context(), "t0")
		if err != nil {
			t.Fatal(err)
		}
		return task.Settled()
	})
}

// Jobs of a node that nobody knows are given to others, as are tasks that have no job.
func TestNothingIsLostWithANodeNobodyKnows(t *testing.T) {
	url := pgtest.Database(t)
	m := newMate(t, url)
	m.create(2)
	await(t, "hold of all", func() bool { return m.holding() == 2 })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := m.db.Exec(`UPDATE river_job SET state = 'running', attempted_by = '{stranger}', attempt = 1 WHERE args ->> 'task_id' = 't0'`); err != nil {
		t.Fatal(err)
	}
	if _, err := m.db.Exec(`DELETE FROM river_job WHERE args ->> 'task_id' = 't1'`); err != nil {
		t.Fatal(err)
	}
	next := newMate(t, url)
	await(t, "hold of all by the next", func() bool { return next.holding() == 2 })
}
