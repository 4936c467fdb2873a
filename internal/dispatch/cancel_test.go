package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/dispatch"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// cancel does what the service does.
func (n *node) cancel(t *testing.T, id string) {
	t.Helper()
	if _, err := n.store.RequestCancel(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	n.dispatcher.Interrupt(id)
}

// enqueue gives a task another job.
func (n *node) enqueue(t *testing.T, id string) {
	t.Helper()
	tx, err := n.store.WriteDB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(n.dispatcher.Enqueue(t.Context(), tx, taskyard.Task{ID: id}), tx.Commit()); err != nil {
		t.Fatal(err)
	}
}

// A cancel finds whoever drives the task, however little before or after it that began.
func TestCancelReachesTheDriveAtAnyMoment(t *testing.T) {
	pgtest.EachEngine(t, testCancelReachesTheDriveAtAnyMoment)
}

func testCancelReachesTheDriveAtAnyMoment(t *testing.T, database string) {
	const tasks = 100
	settled := make(chan string, tasks)
	n := startWith(t, database, func(s *store.Store) dispatch.Drive {
		return func(ctx context.Context, id string) error {
			task, err := s.Take(ctx, id)
			if err != nil {
				return err
			}
			if task.CancelRequested {
				settled <- id
				return nil
			}
			<-ctx.Done()
			return context.Cause(ctx)
		}
	})
	defer n.stop(t)
	for i := range tasks {
		id := fmt.Sprint(i)
		if err := n.create(t, id, nil); err != nil {
			t.Fatal(err)
		}
		if i >= 10 { // by now about to be taken
			n.cancel(t, fmt.Sprint(i-10))
		}
	}
	for i := range 10 {
		n.cancel(t, fmt.Sprint(tasks-10+i))
	}
	for range tasks {
		receive(t, settled)
	}
}

// A task can have two jobs, as when it is sent again while the drive that gave it up is still ending. Whichever ends
// first, an interrupt reaches the other.
func TestInterruptReachesTheOtherOfTwoDrives(t *testing.T) {
	for _, first := range []int64{0, 1} {
		t.Run(fmt.Sprintf("after number %d has ended", first+1), func(t *testing.T) {
			var calls atomic.Int64
			begun, interrupted := make(chan int64, 10), make(chan int64, 10) // more than happens
			end := []chan struct{}{make(chan struct{}), make(chan struct{})}
			n := start(t, filepath.Join(t.TempDir(), "t.db"), func(ctx context.Context, _ string) error {
				call := calls.Add(1) - 1
				begun <- call
				if call > 1 {
					return nil
				}
				select {
				case <-end[call]:
				case <-ctx.Done():
					interrupted <- call
				}
				return nil
			})
			defer n.stop(t)
			if err := n.create(t, "a", nil); err != nil {
				t.Fatal(err)
			}
			receive(t, begun)
			n.enqueue(t, "a")
			receive(t, begun)
			close(end[first])
			n.waitForJobs(t, "completed", 1)
			n.dispatcher.Interrupt("a")
			if call := receive(t, interrupted); call != 1-first {
				t.Errorf("drive %d was interrupted", call+1)
			}
		})
	}
}

// waitForJobs waits until that many jobs are in a state.
func (n *node) waitForJobs(t *testing.T, state string, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var now int
		if err := n.store.WriteDB().QueryRowContext(ctx, `SELECT count(*) FROM river_job WHERE state = $1`, state).Scan(&now); err != nil {
			t.Fatalf("%d jobs %s: %v", count, state, err)
		}
		if now == count {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
