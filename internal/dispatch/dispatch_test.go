package dispatch_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/dispatch"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.M{M: m}) }

// patience bounds waiting for what must happen; nothing takes nearly as long.
const patience = 30 * time.Second

// node is a store and a dispatcher on one database.
type node struct {
	store      *store.Store
	dispatcher *dispatch.Dispatcher
	cluster    *dispatch.Cluster // nil on SQLite
	log        *lockedBuffer
}

func start(t *testing.T, database string, drive dispatch.Drive) *node {
	t.Helper()
	return startWith(t, database, func(*store.Store) dispatch.Drive { return drive })
}

// startWith is for drives that use the store.
func startWith(t *testing.T, database string, drive func(*store.Store) dispatch.Drive) *node {
	t.Helper()
	n := &node{store: openStore(t, database), log: &lockedBuffer{}}
	if store.IsPostgres(database) {
		n.cluster = newCluster(t, database)
	}
	none := func(context.Context) ([]string, error) { return nil, nil } // their jobs are all that these tests are about
	var err error
	n.dispatcher, err = dispatch.New(dispatch.Config{
		Write: n.store.WriteDB(), Read: n.store.ReadDB(), Cluster: n.cluster, Drive: drive(n.store), ToDrive: none, Cancelled: none,
		Logger: slog.New(slog.NewTextHandler(n.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.dispatcher.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// openStore opens a store whose job tables are there too.
func openStore(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{
		Database: database, Announce: func([]taskyard.Announcement) {},
		Migrate: func(ctx context.Context, db *sql.DB) error {
			return dispatch.Migrate(ctx, db, store.IsPostgres(database), slog.New(slog.DiscardHandler))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newCluster(t *testing.T, url string) *dispatch.Cluster {
	t.Helper()
	listen, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	beats, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	return &dispatch.Cluster{Name: "test", Beats: beats, Listen: listen}
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (n *node) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := errors.Join(n.dispatcher.Stop(ctx), n.store.Close(ctx)); err != nil {
		t.Error(err)
	}
	if n.cluster != nil {
		n.cluster.Listen.Close()
		if err := n.cluster.Beats.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (n *node) create(t *testing.T, id string, fault error) error {
	t.Helper()
	_, _, err := n.store.Create(t.Context(), taskyard.NewTask{
		ID: id, Processor: "core", Upstream: "parallel", CreatedAt: time.Now(), Request: json.RawMessage(`{}`),
		Note: taskyard.NewEvent{Type: taskyard.NoteCreated, Data: json.RawMessage(`{}`), At: time.Now()},
	}, func(tx *sql.Tx, task taskyard.Task) error {
		return errors.Join(n.dispatcher.Enqueue(t.Context(), tx, task), fault)
	})
	return err
}

func receive[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestTaskIsDrivenOnce(t *testing.T) { pgtest.EachEngine(t, testTaskIsDrivenOnce) }

func testTaskIsDrivenOnce(t *testing.T, database string) {
	driven := make(chan string, 10) // more than are driven
	n := start(t, database, func(_ context.Context, id string) error { driven <- id; return nil })
	defer n.stop(t)
	var want, got []string
	for i := range 5 {
		want = append(want, fmt.Sprint(i))
		if err := n.create(t, fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	for range want {
		got = append(got, receive(t, driven))
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("driven %v", got)
	}
}

// A task that was not stored has no job, and a job that was not stored leaves no task.
func TestJobIsStoredWithItsTask(t *testing.T) { pgtest.EachEngine(t, testJobIsStoredWithItsTask) }

func testJobIsStoredWithItsTask(t *testing.T, database string) {
	driven := make(chan string, 10) // more than are driven
	n := start(t, database, func(_ context.Context, id string) error { driven <- id; return nil })
	defer n.stop(t)
	if err := n.create(t, "lost", errors.New("rolled back")); err == nil {
		t.Fatal("created")
	}
	if err := n.create(t, "kept", nil); err != nil {
		t.Fatal(err)
	}
	if id := receive(t, driven); id != "kept" {
		t.Errorf("driven: %s", id)
	}
	if _, err := n.store.Task(t.Context(), "lost"); !errors.Is(err, taskyard.ErrNotFound) {
		t.Errorf("the task is there: %v", err)
	}
}

// hold drives until it is told to stop, and says when it begins.
func hold(begun chan<- string) dispatch.Drive {
	return func(ctx context.Context, id string) error {
		begun <- id
		<-ctx.Done()
		return context.Cause(ctx)
	}
}

func TestStopHandsTasksToTheNextProcess(t *testing.T) {
	pgtest.EachEngine(t, testStopHandsTasksToTheNextProcess)
}

func testStopHandsTasksToTheNextProcess(t *testing.T, database string) {
	begun := make(chan string, 200) // all of them
	first := start(t, database, hold(begun))
	for i := range 100 {
		if err := first.create(t, fmt.Sprint(i), nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		receive(t, begun)
	}
	first.stop(t)
	second := start(t, database, hold(begun))
	defer second.stop(t)
	seen := map[string]bool{}
	for range 100 {
		seen[receive(t, begun)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d tasks were taken up", len(seen))
	}
}

// A process that died leaves its jobs running in the database.
func TestJobsOfADeadProcessAreFreedAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.db")
	begun := make(chan string, 10) // more than begin
	first := start(t, path, hold(begun))
	if err := first.create(t, "a", nil); err != nil {
		t.Fatal(err)
	}
	receive(t, begun)
	first.stop(t)
	died, err := store.Open(t.Context(), store.Config{Database: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := died.WriteDB().ExecContext(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_by = '["dead"]'`); err != nil {
		t.Fatal(err)
	}
	if err := died.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := start(t, path, hold(begun))
	defer second.stop(t)
	if id := receive(t, begun); id != "a" {
		t.Errorf("driven: %s", id)
	}
}

func TestInterruptMakesTheDriveLookAnew(t *testing.T) {
	pgtest.EachEngine(t, testInterruptMakesTheDriveLookAnew)
}

func testInterruptMakesTheDriveLookAnew(t *testing.T, database string) {
	begun, ended := make(chan string, 10), make(chan error, 10) // more than happens
	n := start(t, database, func(ctx context.Context, id string) error {
		begun <- id
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return context.Cause(ctx)
	})
	defer n.stop(t)
	if err := n.create(t, "a", nil); err != nil {
		t.Fatal(err)
	}
	receive(t, begun)
	n.dispatcher.Interrupt("somebody else")
	n.dispatcher.Interrupt("a")
	if err := receive(t, ended); err == nil {
		t.Error("it ended without a cause")
	}
	if id := receive(t, begun); id != "a" {
		t.Errorf("driven: %s", id)
	}
}

// Nothing that belongs to normal work is worth a line: neither drives that end, nor interrupts, nor the hand-over of
// those that a stop finds under way, nor the start that takes them up.
func TestNormalWorkIsSilent(t *testing.T) { pgtest.EachEngine(t, testNormalWorkIsSilent) }

func testNormalWorkIsSilent(t *testing.T, database string) {
	begun := make(chan string, 10) // more than begin
	for _, what := range []string{"first", "next"} {
		n := start(t, database, hold(begun))
		if what == "first" {
			if err := n.create(t, "a", nil); err != nil {
				t.Fatal(err)
			}
		}
		receive(t, begun)
		n.dispatcher.Interrupt("a")
		receive(t, begun)
		n.stop(t)
		if n.log.String() != "" {
			t.Errorf("the %s process logs %s", what, n.log.String())
		}
	}
}

// A drive that fails by a fault of ours is tried again, and the operator hears why, once for each try.
func TestOperatorHearsOfFailedDrives(t *testing.T) {
	for name, fault := range map[string]func() error{
		"error": func() error { return errors.New("disk full") },
		"panic": func() error { panic("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			times := 0
			done := make(chan struct{})
			n := start(t, filepath.Join(t.TempDir(), "t.db"), func(context.Context, string) error {
				if times++; times == 1 {
					return fault()
				}
				close(done)
				return nil
			})
			if err := n.create(t, "task-7", nil); err != nil {
				t.Fatal(err)
			}
			receive(t, done)
			n.stop(t)
			log := n.log.String()
			if strings.Count(log, "disk full") != 1 || !strings.Contains(log, "task=task-7") || !strings.Contains(log, "level=ERROR") {
				t.Errorf("the log says %s", log)
			}
		})
	}
}
