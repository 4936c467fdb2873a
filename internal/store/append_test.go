package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// newTask stores a task and returns it.
func newTask(t testing.TB, s *Store, id string) taskyard.Task {
	t.Helper()
	task, _, err := s.Create(t.Context(), taskyard.NewTask{
		ID: id, Processor: "core", Upstream: "parallel", CreatedAt: time.Now(),
		Note: taskyard.NewEvent{Type: taskyard.NoteCreated, Data: json.RawMessage(`{}`)},
	}, noJob)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func write(task taskyard.Task, after int64, kind string) taskyard.Write {
	return taskyard.Write{Task: task.Num, ID: task.ID, After: after, Events: []taskyard.NewEvent{{Type: kind, Data: json.RawMessage(`{}`)}}}
}

func TestAPoisonousWriteFailsAlone(t *testing.T) {
	var mu sync.Mutex // guards announced
	announced := map[string]int64{}
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db"), Window: 50 * time.Millisecond, Announce: func(list []taskyard.Announcement) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range list {
			announced[a.ID] = a.Seq
		}
	}})
	defer closeStore(t, s)
	_, err := s.write.Exec(`CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.type = 'poison'
		BEGIN SELECT RAISE(ABORT, 'poisoned'); END`)
	if err != nil {
		t.Fatal(err)
	}
	one, two := newTask(t, s, "one"), newTask(t, s, "two")
	good := s.Append(write(one, 1, "x"))
	bad := s.Append(write(two, 1, "poison"))
	afterBad := s.Append(write(two, 2, "x"))
	alsoGood := s.Append(write(one, 2, "x"))
	for _, r := range []*taskyard.Receipt{good, alsoGood} {
		if err := r.Wait(t.Context()); err != nil {
			t.Errorf("a write beside the poisonous one: %v", err)
		}
	}
	wantError(t, bad.Wait(t.Context()), taskyard.CodeInternal, "poisoned")
	wantError(t, afterBad.Wait(t.Context()), taskyard.CodeFenced, "ends at seq 1")
	mu.Lock()
	defer mu.Unlock()
	if announced["one"] != 3 || announced["two"] != 1 {
		t.Errorf("announced %v", announced)
	}
}

// A database that is in trouble as a whole refuses, says why, and goes on when the trouble is over.
func TestTroubleOfTheDatabase(t *testing.T) {
	for _, row := range []struct {
		name, says   string
		begin, end   func(t *testing.T, s *Store) error
		wantNothing  bool
		eventOfBytes int
	}{
		{
			name: "disk full", says: "full", eventOfBytes: 1 << 20,
			begin: func(t *testing.T, s *Store) error {
				var pages int // a limit below the present size means the present size
				return s.write.QueryRow(`PRAGMA max_page_count = 1`).Scan(&pages)
			},
			end: func(t *testing.T, s *Store) error {
				var pages int
				return s.write.QueryRow(`PRAGMA max_page_count = 1000000`).Scan(&pages)
			},
		},
		{
			name: "locked by another program", says: "another program", eventOfBytes: 2,
			begin: func(t *testing.T, s *Store) error {
				if _, err := s.write.Exec(`PRAGMA busy_timeout = 0`); err != nil {
					return err
				}
				conn := holdWriteLock(t, s.cfg.Database)
				t.Cleanup(func() { _ = conn() })
				release = conn
				return nil
			},
			end: func(t *testing.T, s *Store) error { return release() },
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
			defer closeStore(t, s)
			task := newTask(t, s, "one")
			w := write(task, 1, "x")
			w.Events[0].Data = json.RawMessage(`"` + strings.Repeat("x", row.eventOfBytes) + `"`)
			if err := row.begin(t, s); err != nil {
				t.Fatal(err)
			}
			wantError(t, s.Append(w).Wait(t.Context()), taskyard.CodeUnavailable, row.says)
			if err := row.end(t, s); err != nil {
				t.Fatal(err)
			}
			if err := s.Append(w).Wait(t.Context()); err != nil {
				t.Errorf("when the trouble was over: %v", err)
			}
		})
	}
}

// release ends what holdWriteLock began.
var release func() error

// holdWriteLock takes the write lock of a database as a second program would.
func holdWriteLock(t *testing.T, path string) (release func() error) {
	t.Helper()
	other := &sqliteEngine{cfg: &Config{Synchronous: "normal"}, path: path}
	db, err := other.pool(1, nil, "_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return sync.OnceValue(func() error {
		if err := tx.Rollback(); err != nil {
			return err
		}
		return db.Close()
	})
}

func TestASettledTasksSecretIsInNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Config{Database: path})
	secret := []byte("sealed-and-long-enough-to-be-told-from-chance")
	end := time.Now()
	for i := range 3 { // the last to go leaves an empty page, which is the hard case
		task, _, err := s.Create(t.Context(), taskyard.NewTask{ID: fmt.Sprint(i), Secret: secret, Note: taskyard.NewEvent{Type: "x"}}, noJob)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := s.write.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
				t.Fatal(err)
			}
			if !fileHolds(t, path, secret) {
				t.Fatal("the secret is not in the file while it is needed: this test sees nothing")
			}
		}
		if i < 2 {
			w := taskyard.Write{Task: task.Num, ID: task.ID, After: 1, Change: taskyard.Change{Settle: &end}}
			if err := s.Append(w).Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else if err := s.Delete(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if fileHolds(t, filepath.Join(filepath.Dir(path), e.Name()), secret) {
			t.Errorf("%s holds the secret", e.Name())
		}
	}
}

func fileHolds(t *testing.T, path string, what []byte) bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(content), string(what))
}

// The write-ahead log is begun anew under steady load, though readers come and go all the time. Without that it
// grows to what is written.
func TestTheWriteAheadLogStaysBounded(t *testing.T) {
	const written, bound = 300 << 20, 150 << 20 // bytes
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Config{Database: path})
	defer closeStore(t, s)
	task := newTask(t, s, "one")
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.Events(ctx, task.Num, 0, 0, 50, 1<<20)
			}
		})
	}
	data := json.RawMessage(`"` + strings.Repeat("x", 50<<10) + `"`)
	largest := int64(0)
	var receipt *taskyard.Receipt
	for after := int64(1); after < written/(50<<10); after++ {
		w := write(task, after, "x")
		w.Events[0].Data = data
		receipt = s.Append(w)
		if info, err := os.Stat(path + "-wal"); err == nil {
			largest = max(largest, info.Size())
		}
	}
	if err := receipt.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	cancel()
	readers.Wait()
	t.Logf("%d MB written, the log reached %d MB", written>>20, largest>>20)
	if largest > bound {
		t.Errorf("the log grew to %d MB", largest>>20)
	}
}
