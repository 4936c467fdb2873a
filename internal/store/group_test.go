package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// Whatever writes meet in a batch, the outcome is that of writing one after the other: on either engine.
func TestABatchIsItsWritesOneAfterTheOther(t *testing.T) {
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "x.db") },
		"postgres": func(t *testing.T) string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			together, apart := open(t, Config{Database: database(t)}), open(t, Config{Database: database(t)})
			defer closeStore(t, together)
			defer closeStore(t, apart)
			for round := range 60 {
				random := rand.New(rand.NewPCG(7, uint64(round)))
				compareBatch(t, together, apart, random, round)
			}
		})
	}
}

func compareBatch(t *testing.T, together, apart *Store, random *rand.Rand, round int) {
	t.Helper()
	var ids []string
	for i := range 3 {
		id := fmt.Sprintf("task-%d-%d", round, i)
		ids = append(ids, id)
		for _, s := range []*Store{together, apart} {
			newTask(t, s, id)
		}
	}
	batch := randomBatch(t, together, random, ids)
	other := randomBatch(t, apart, rand.New(rand.NewPCG(7, uint64(round))), ids)
	together.commitBatch(batch)
	for _, p := range other {
		apart.commitBatch([]*pending{p})
	}
	for i := range batch {
		a, b := batch[i].receipt.Wait(t.Context()), other[i].receipt.Wait(t.Context())
		if (a == nil) != (b == nil) || a != nil && !errors.Is(a, taskyard.ErrFenced) || a != nil && a.Error() != b.Error() {
			t.Errorf("round %d, write %d: together %v, apart %v", round, i, a, b)
		}
	}
	for _, id := range ids {
		a, b := whole(t, together, id), whole(t, apart, id)
		if a != b {
			t.Fatalf("round %d, %s:\ntogether %s\napart    %s", round, id, a, b)
		}
	}
}

// randomBatch writes to tasks in all the ways that fit, and in some that do not.
func randomBatch(t *testing.T, s *Store, random *rand.Rand, ids []string) []*pending {
	t.Helper()
	last := map[string]int64{}
	var batch []*pending
	for range 2 + random.IntN(12) {
		id := ids[random.IntN(len(ids))]
		task, err := s.Task(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, known := last[id]; !known {
			last[id] = 1
		}
		w := taskyard.Write{Task: task.Num, ID: id, Epoch: 0, After: last[id]}
		for i := range random.IntN(4) {
			w.Events = append(w.Events, taskyard.NewEvent{Type: "x", Data: json.RawMessage(fmt.Sprint(i)), At: time.UnixMilli(int64(i))})
		}
		randomChange(random, &w)
		last[id] += int64(len(w.Events))
		p := &pending{Write: w, receipt: taskyard.NewReceipt()}
		if err := p.prepare(); err != nil {
			t.Fatal(err)
		}
		batch = append(batch, p)
	}
	return batch
}

func randomChange(random *rand.Rand, w *taskyard.Write) {
	at := time.UnixMilli(1_700_000_000_000)
	switch random.IntN(9) {
	case 0:
		w.Change.Status = new(taskyard.StatusRunning)
	case 1:
		w.Change.RunID = new(fmt.Sprint("run-", random.IntN(100)))
	case 2:
		w.Change.Progress = &taskyard.Progress{}
		w.Change.Warnings = json.RawMessage(`[1]`)
	case 3:
		w.Change.Result, w.Change.Search = json.RawMessage(`{"n":1}`), fmt.Sprint("found", random.IntN(9))
	case 4:
		w.Change.Settle, w.Change.Status = &at, new(taskyard.StatusCompleted)
	case 5:
		w.Epoch = 3 // of nobody
	case 6:
		w.After += int64(random.IntN(3)) - 1
	}
}

// whole is all that a store holds of a task, times of writing aside.
func whole(t *testing.T, s *Store, id string) string {
	t.Helper()
	task, err := s.Task(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	document, err := s.Document(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), task.Num, 0, 0, 1000, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var output string
	if err := s.read.QueryRowContext(context.Background(), `SELECT output FROM task_search WHERE task_num = $1`, task.Num).Scan(&output); err != nil {
		t.Fatal(err)
	}
	task.UpdatedAt, task.CreatedAt = time.Time{}, time.Time{}
	if !task.Settled() {
		task.Activity.Since = time.Time{}
	}
	return fmt.Sprintf("%+v %s %s %v %s", task, document.Request, document.Result, events, output)
}
