package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// secret is a key whose traces the tests look for.
const secret = "sk-very-secret-1234567890"

// world is a simulated upstream outside of the server's process, which outlives it.
type world struct {
	*testing.T
	box      *sandbox.Sandbox
	upstream string
	database string
}

func newWorld(t *testing.T, opts ...sandbox.Option) *world {
	t.Helper()
	return newWorldOn(t, filepath.Join(t.TempDir(), "t.db"), opts...)
}

func newWorldOn(t *testing.T, database string, opts ...sandbox.Option) *world {
	t.Helper()
	box, err := sandbox.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	t.Cleanup(func() { server.CloseClientConnections(); _ = box.Close(); server.Close() })
	return &world{T: t, box: box, upstream: server.URL, database: database}
}

func (w *world) start() *process {
	w.Helper()
	return start(w.T, envFor(w.database), "serve", "--addr", "127.0.0.1:0", "--database", w.database, "--upstream", w.upstream, "--simulator=false")
}

func task(i int, scenario string) string {
	return fmt.Sprintf(`{"apiKey":%q,"processor":"pro","input":"question %d","metadata":{"sandbox":%q}}`, secret, i, scenario)
}

// submitAll submits n tasks at once.
func submitAll(p *process, n int, scenario string) {
	p.t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if _, err := p.post(task(i, scenario)); err != nil {
				p.t.Error(err)
			}
		})
	}
	wg.Wait()
	if p.t.Failed() {
		p.t.FailNow()
	}
}

// 200 tasks run when the process is killed, twice. They all end completed, each run was created once, each log is
// exact, and no key is left.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, killedInTheMiddle)
}

func killedInTheMiddle(t *testing.T, database string) {
	t.Parallel()
	const n = 200
	w := newWorldOn(t, database, sandbox.WithScale(25))
	p := w.start()
	submitAll(p, n, "duplicates")
	p.awaitAll(n, "runs of all tasks", func(l listed) bool { return l.RunID != "" })
	for range 2 {
		time.Sleep(2 * time.Second)
		p.kill()
		p = w.start()
	}
	for _, l := range p.awaitAll(n, "the end of all tasks", func(l listed) bool { return l.CompletedAt != nil }) {
		if l.Status != "completed" {
			t.Errorf("task %s ended as %s", l.ID, l.Status)
		}
		w.checkLog(p, l)
	}
	if got := w.box.Creates(); got != n {
		t.Errorf("%d runs were created for %d tasks", got, n)
	}
	if err := p.terminate(); err != nil {
		t.Errorf("the end: %v\n%s", err, p.said)
	}
	w.checkSecret(p)
}

// Killed while creates are under way, a task may not know whether it has a run. It says so, and is never sent twice.
func TestKilledWhileSubmitting(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, killedWhileSubmitting)
}

func killedWhileSubmitting(t *testing.T, database string) {
	t.Parallel()
	const n = 100
	w := newWorldOn(t, database, sandbox.WithScale(200))
	p := w.start()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { _, _ = p.post(task(i, "")) }) // some are cut by the kill
	}
	await(t, "the first creates", func() bool { return w.box.Creates() >= n/5 }, p.said.String)
	p.kill()
	wg.Wait()
	p = w.start()
	stored := len(p.list())
	unknown := 0
	for _, l := range p.awaitAll(stored, "the end of all tasks", func(l listed) bool { return l.CompletedAt != nil || l.Status == "submission_unknown" }) {
		if l.Status == "submission_unknown" {
			unknown++
			continue
		}
		w.checkLog(p, l)
	}
	if got := int(w.box.Creates()); got < stored-unknown || got > stored {
		t.Errorf("%d runs were created for %d tasks, of which %d do not know", got, stored, unknown)
	}
	t.Logf("%d tasks were stored, %d do not know whether they have a run", stored, unknown)
}

func TestTermHandsTasksOver(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, termHandsTasksOver)
}

func termHandsTasksOver(t *testing.T, database string) {
	t.Parallel()
	const n = 50
	w := newWorldOn(t, database, sandbox.WithScale(50))
	p := w.start()
	submitAll(p, n, "")
	begun := time.Now()
	if err := p.terminate(); err != nil {
		t.Fatalf("the end: %v\n%s", err, p.said)
	}
	if d := time.Since(begun); d > 12*time.Second {
		t.Errorf("it took %s to end", d)
	}
	p = w.start()
	for _, l := range p.awaitAll(n, "the end of all tasks", func(l listed) bool { return l.CompletedAt != nil }) {
		w.checkLog(p, l)
	}
	if got := w.box.Creates(); got != n {
		t.Errorf("%d runs were created for %d tasks", got, n)
	}
}

// checkLog compares what the API tells of a task with the truth.
func (w *world) checkLog(p *process, l listed) {
	w.Helper()
	var doc struct {
		Task   struct{ Result json.RawMessage }
		Events []struct {
			Seq  int64
			Type string
			Data json.RawMessage
		}
	}
	if err := p.get("/task/"+l.ID, &doc); err != nil {
		w.Fatal(err)
	}
	truth, ok := w.box.Log(l.RunID)
	if !ok {
		w.Fatalf("task %s names an unknown run %q", l.ID, l.RunID)
	}
	var got []json.RawMessage
	for i, e := range doc.Events {
		if e.Seq != int64(i+1) {
			w.Fatalf("task %s: event %d has seq %d", l.ID, i+1, e.Seq)
		}
		last := i == len(doc.Events)-2 // behind it is the note of the end
		if strings.HasPrefix(e.Type, "taskyard.") || e.Type == "task_run.progress_stats" || e.Type == "task_run.state" && !last {
			continue
		}
		got = append(got, e.Data)
	}
	if err := sameJSON(got, truth); err != nil {
		w.Errorf("task %s: %v", l.ID, err)
	}
	if l.Status == "completed" && len(doc.Task.Result) < 100 {
		w.Errorf("task %s has the result %s", l.ID, doc.Task.Result)
	}
}

func sameJSON(got, want []json.RawMessage) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d events, want %d", len(got), len(want))
	}
	for i := range got {
		var a, b any
		if err := errors.Join(json.Unmarshal(got[i], &a), json.Unmarshal(want[i], &b)); err != nil {
			return err
		}
		if !reflect.DeepEqual(a, b) {
			return fmt.Errorf("event %d is %.300s, want %.300s", i, got[i], want[i])
		}
	}
	return nil
}

// checkSecret looks for the key in what the process said, and in every file beside the database or in all its tables.
func (w *world) checkSecret(p *process) {
	w.Helper()
	if strings.Contains(p.said.String(), secret) {
		w.Error("the key is in the log")
	}
	search := searchFiles
	if store.IsPostgres(w.database) {
		search = searchTables
	}
	looked, found, err := search(w.Context(), w.database)
	if err != nil || looked == 0 {
		w.Fatalf("looked at %d: %v", looked, err)
	}
	for _, where := range found {
		w.Errorf("the key is in %s", where)
	}
}

func searchFiles(_ context.Context, database string) (looked int, found []string, err error) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(database), "*"))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return 0, nil, err
		}
		if bytes.Contains(content, []byte(secret)) {
			found = append(found, file)
		}
	}
	return len(files), found, err
}

func searchTables(ctx context.Context, database string) (looked int, found []string, err error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		return 0, nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return 0, nil, err
	}
	for _, table := range tables {
		var n int // bytes are written as hexadecimal digits
		err := conn.QueryRow(ctx, `SELECT count(*) FROM `+table+` AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0`, secret, hex.EncodeToString([]byte(secret))).Scan(&n)
		if err != nil {
			return 0, nil, err
		}
		if n > 0 {
			found = append(found, table)
		}
	}
	return len(tables), found, nil
}
