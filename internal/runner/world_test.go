package runner_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.M{M: m}) }

// scale is how much faster than documented upstream's time runs in these tests; the runner's waits are shortened
// alike. So a task of two hours is one of 72 seconds, in a bubble that passes as fast as the machine allows, and the
// store's own timers (which are real) do not tick too often meanwhile.
const scale = 100

func timing() runner.Timing {
	t := runner.DefaultTiming()
	for _, d := range []*time.Duration{&t.StreamAge, &t.Quiet, &t.Linger, &t.Call, &t.ResultPoll, &t.Poll, &t.BackoffMin, &t.BackoffMax, &t.Forget, &t.Cancel} {
		*d /= scale
	}
	t.ResultPoll = time.Second // the least that a result call can be told to wait
	return t
}

// world is a runner between a real store and a sandbox, in a bubble.
type world struct {
	*testing.T
	box    *sandbox.Sandbox
	store  taskyard.Store
	runner *runner.Runner
	key    string
	betas  string
	fault  func(stored bool) error // of the store's commits; nil: none
}

// inBubble runs a test in a world on either engine.
func inBubble(t *testing.T, test func(t *testing.T, w *world), opts ...sandbox.Option) {
	t.Helper()
	pgtest.EachEngine(t, func(t *testing.T, database string) { inBubbleOn(t, database, test, opts...) })
}

func inBubbleOn(t *testing.T, database string, test func(t *testing.T, w *world), opts ...sandbox.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(append([]sandbox.Option{sandbox.WithScale(scale)}, opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, box: box, key: "good-key"}
		tasks, err := store.Open(t.Context(), store.Config{
			Database: database, Connections: 8, Announce: func([]taskyard.Announcement) {},
			Fault: func(stored bool) error {
				if w.fault == nil {
					return nil
				}
				return w.fault(stored)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.store = tasks
		w.use(tasks)
		defer func() {
			if err := errors.Join(box.Close(), tasks.Close(context.Background())); err != nil {
				t.Errorf("close: %v", err)
			}
		}()
		test(t, w)
	})
}

// use gives the runner a store, perhaps one with faults.
func (w *world) use(s taskyard.Store) {
	w.runner = runner.New(runner.Config{
		Store:     s,
		Upstreams: map[string]runner.Upstream{"parallel": {BaseURL: sandbox.BaseURL, HTTP: w.box.Client()}},
		Open: func(_ string, sealed []byte) (taskyard.Secret, error) {
			return taskyard.Secret{APIKey: taskyard.Hide(string(sealed))}, nil
		},
		UserAgent: "test", Timing: timing(), Logger: slog.New(slog.DiscardHandler),
	})
}

// submit stores a task with a body as upstream takes it.
func (w *world) submit(body string) string {
	w.Helper()
	id := taskyard.NewID()
	_, _, err := w.store.Create(w.Context(), taskyard.NewTask{
		ID: id, Processor: "core", Upstream: "parallel", Mode: "auto", Betas: w.betas, CreatedAt: time.Now(), Request: json.RawMessage(body), Secret: []byte(w.key),
		Note: taskyard.NewEvent{Type: taskyard.NoteCreated, Data: json.RawMessage(`{}`), At: time.Now()},
	}, func(*sql.Tx, taskyard.Task) error { return nil })
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// follow submits a task and drives it to its end in one go.
func (w *world) follow(body string) taskyard.Task {
	w.Helper()
	id := w.submit(body)
	if err := w.runner.Drive(w.Context(), id); err != nil {
		w.Fatalf("drive: %v", err)
	}
	return w.task(id)
}

func (w *world) task(id string) taskyard.Task {
	w.Helper()
	task, err := w.store.Task(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return task
}

func (w *world) events(task taskyard.Task) []taskyard.Event {
	w.Helper()
	var all []taskyard.Event
	for {
		page, err := w.store.Events(w.Context(), task.Num, int64(len(all)), 0, 1000, 64<<20)
		if err != nil {
			w.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// notes returns our notes of a kind.
func (w *world) notes(task taskyard.Task, kind string) []taskyard.Event {
	return slices.DeleteFunc(w.events(task), func(e taskyard.Event) bool { return e.Type != kind })
}

// checkLog holds a settled task's log to the truth: gapless, each event once, in order, our note of the end last.
func (w *world) checkLog(task taskyard.Task) {
	w.Helper()
	if !task.Settled() {
		w.Fatalf("the task is not settled: %+v", task)
	}
	truth, ok := w.box.Log(task.RunID)
	if !ok {
		w.Fatalf("there is no run %q", task.RunID)
	}
	events := w.events(task)
	for i, e := range events {
		if e.Seq != int64(i+1) {
			w.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
	}
	if last := events[len(events)-1]; last.Type != taskyard.NoteSettled {
		w.Errorf("the last event is %s", last.Type)
	}
	compare(w.T, heard(events, len(truth) > 0 && isTerminal(truth[len(truth)-1])), truth)
}

// heard are the events that the truth has too.
func heard(events []taskyard.Event, ends bool) []json.RawMessage {
	var list []json.RawMessage
	for _, e := range events {
		switch {
		case e.Type == "task_run.progress_stats", strings.HasPrefix(e.Type, taskyard.NotePrefix):
		case e.Type == "task_run.state" && (!ends || !isFinal(e.Data)):
		default:
			list = append(list, e.Data)
		}
	}
	return list
}

type state struct {
	Type   string
	Run    struct{ Status taskyard.Status }
	Output json.RawMessage
}

func isTerminal(raw json.RawMessage) bool {
	var s state
	return json.Unmarshal(raw, &s) == nil && s.Type == "task_run.state" && s.Run.Status.Terminal()
}

// isFinal reports whether a state is the closing one; one that opens a stream of an ended run lacks the output.
func isFinal(raw json.RawMessage) bool {
	var s state
	return json.Unmarshal(raw, &s) == nil && s.Run.Status.Terminal() && (s.Output != nil || s.Run.Status != taskyard.StatusCompleted)
}

func compare(t *testing.T, got, want []json.RawMessage) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("event %d of %d is missing: %.200s", i, len(want), want[i])
		case i >= len(want):
			t.Fatalf("event %d is too much: %.200s", i, got[i])
		case !equal(got[i], want[i]):
			t.Fatalf("event %d is\n%.400s\nwant\n%.400s", i, got[i], want[i])
		}
	}
}

func equal(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// body is a create with scenarios.
func body(processor, scenario string) string {
	return fmt.Sprintf(`{"processor":%q,"input":"Why do tides turn?","metadata":{"sandbox":%q}}`, processor, scenario)
}
