package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/dispatch"
	"github.com/taskyard/taskyard/internal/store"
)

// crash returns a copy of the node's database as it would be found if the process died now.
func (n *node) crash(t *testing.T, path string) string {
	t.Helper()
	tx, err := n.store.WriteDB().BeginTx(t.Context(), nil) // nobody writes while the files are copied
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	left := filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return left
}

// The next process takes up every task of one that died, in a newer epoch, and so shuts the dead one's writes out.
func TestTasksOfADeadProcessAreTakenUpInANewEpoch(t *testing.T) {
	const tasks = 50
	path := filepath.Join(t.TempDir(), "t.db")
	taken := make(chan taskyard.Owned, 2*tasks) // all of them
	take := func(s *store.Store) dispatch.Drive {
		return func(ctx context.Context, id string) error {
			owned, err := s.Take(ctx, id)
			if err != nil {
				return err
			}
			taken <- owned
			<-ctx.Done()
			return context.Cause(ctx)
		}
	}
	n := startWith(t, path, take)
	for i := range tasks {
		if err := n.create(t, fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	epochs := map[string]int64{}
	for range tasks {
		owned := receive(t, taken)
		epochs[owned.ID] = owned.Epoch
	}
	left := n.crash(t, path)
	n.stop(t)

	n = startWith(t, left, take)
	defer n.stop(t)
	for range tasks {
		owned := receive(t, taken)
		if before, known := epochs[owned.ID]; !known || owned.Epoch != before+1 {
			t.Errorf("task %s was taken in epoch %d, after %d", owned.ID, owned.Epoch, before)
		}
		delete(epochs, owned.ID)
		stale := taskyard.Write{Task: owned.Num, ID: owned.ID, Epoch: owned.Epoch - 1, After: owned.LastSeq}
		if err := n.store.Append(stale).Wait(t.Context()); !errors.Is(err, taskyard.ErrFenced) {
			t.Errorf("a write of the old epoch: %v", err)
		}
	}
}

// What a job waits for may have been mended by the restart.
func TestWaitingJobsAreTriedAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	begun := make(chan string, 10) // more than begin
	first := start(t, path, hold(begun))
	if err := first.create(t, "a", nil); err != nil {
		t.Fatal(err)
	}
	receive(t, begun)
	first.stop(t)
	between, err := store.Open(t.Context(), store.Config{Database: path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = between.WriteDB().ExecContext(t.Context(), `UPDATE river_job SET state = 'retryable', attempt = 9, scheduled_at = datetime('now', '+1 hour')`)
	if err := errors.Join(err, between.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	second := start(t, path, hold(begun))
	defer second.stop(t)
	if id := receive(t, begun); id != "a" {
		t.Errorf("driven: %s", id)
	}
}
