package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/limit"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/internal/seal"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

type noDispatch struct{ enqueued int }

func (d *noDispatch) Enqueue(context.Context, *sql.Tx, taskyard.Task) error { d.enqueued++; return nil }
func (d *noDispatch) Interrupt(string)                                      {}

// importer is a service before a sandbox on which somebody else has made a run.
type importer struct {
	*service
	tasks    *store.Store
	dispatch *noDispatch
	runID    string
}

func newImporter(t *testing.T, database string) *importer {
	t.Helper()
	box, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := store.Open(t.Context(), store.Config{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(box.Close(), tasks.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})
	ring, err := seal.LoadOrCreate(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := parallel.New("account-key", parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(box.Client()))
	if err != nil {
		t.Fatal(err)
	}
	run, err := client.CreateRunJSON(t.Context(), json.RawMessage(`{"processor":"core","input":"Who keeps bees on roofs?","mcp_servers":[{"type":"url","name":"m","url":"https://m.example.com","headers":{"Authorization":"hush"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	dispatch := &noDispatch{}
	return &importer{&service{
		store: tasks, dispatcher: dispatch, ring: ring, allot: limit.New(limit.Config{}).Allotment, mayTake: func(context.Context) error { return nil },
		upstreams: []taskyard.Upstream{{Name: "parallel"}},
		targets:   map[string]runner.Upstream{"parallel": {BaseURL: sandbox.BaseURL, HTTP: &http.Client{Transport: box.Client().Transport}}},
	}, tasks, dispatch, run.RunID}
}

func TestImportMakesATaskThatIsFollowedAndNotSent(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := newImporter(t, database)
		task, isNew, err := s.Import(t.Context(), taskyard.Import{RunID: s.runID, APIKey: taskyard.Hide("account-key")})
		if err != nil || !isNew {
			t.Fatal(isNew, err)
		}
		if task.RunID != s.runID || task.Submission != taskyard.SubmissionDone || task.Status != taskyard.StatusQueued || task.Processor != "core" ||
			task.Preview != "Who keeps bees on roofs?" || task.InteractionID == "" || s.dispatch.enqueued != 1 {
			t.Errorf("task %+v, %d jobs", task, s.dispatch.enqueued)
		}
		doc, err := s.tasks.Document(t.Context(), task.ID)
		if err != nil || strings.Contains(string(doc.Request), "hush") {
			t.Errorf("request %s, %v", doc.Request, err)
		}
		again, isNew, err := s.Import(t.Context(), taskyard.Import{RunID: s.runID, APIKey: taskyard.Hide("account-key")})
		if err != nil || isNew || again.ID != task.ID || s.dispatch.enqueued != 1 {
			t.Errorf("again: %s, new %v, %v", again.ID, isNew, err)
		}
	})
}

func TestImportSaysWhyItCannot(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := newImporter(t, database)
		for name, c := range map[string]struct {
			asked taskyard.Import
			code  taskyard.Code
			field string
		}{
			"no name of a run": {taskyard.Import{RunID: "run 7", APIKey: taskyard.Hide("account-key")}, taskyard.CodeInvalid, "runId"},
			"a path":           {taskyard.Import{RunID: "trun_../../x", APIKey: taskyard.Hide("account-key")}, taskyard.CodeInvalid, "runId"},
			"no key":           {taskyard.Import{RunID: s.runID}, taskyard.CodeUnauthorized, "apiKey"},
			"a bad key":        {taskyard.Import{RunID: s.runID, APIKey: taskyard.Hide("invalid-key")}, taskyard.CodeUnauthorized, "apiKey"},
			"another account":  {taskyard.Import{RunID: s.runID, APIKey: taskyard.Hide("other-key")}, taskyard.CodeNotFound, "runId"},
			"an unknown run":   {taskyard.Import{RunID: "trun_0", APIKey: taskyard.Hide("account-key")}, taskyard.CodeNotFound, "runId"},
			"another upstream": {taskyard.Import{RunID: s.runID, APIKey: taskyard.Hide("account-key"), Upstream: "x"}, taskyard.CodeInvalid, "upstream"},
		} {
			t.Run(name, func(t *testing.T) {
				_, _, err := s.Import(t.Context(), c.asked)
				e, ok := errors.AsType[*taskyard.Error](err)
				if !ok || e.Code != c.code || e.Field != c.field || !c.asked.APIKey.IsZero() && strings.Contains(err.Error(), c.asked.APIKey.Reveal()) {
					t.Errorf("%v", err)
				}
			})
		}
		if page, err := s.tasks.Tasks(t.Context(), taskyard.TaskQuery{Limit: 1}); err != nil || len(page.Tasks) != 0 {
			t.Errorf("%d tasks were made, %v", len(page.Tasks), err)
		}
	})
}
