// Package storetest is the law of [taskyard.Store]. Every engine runs the same suite.
package storetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// Options are what a test asks of the store it opens.
type Options struct {
	// Dir names where the tasks are kept: two stores opened one after the other with the same Dir hold the same.
	Dir      string
	Announce func([]taskyard.Announcement)
	// BeforeCommit and AfterCommit are called around each commit. An error of the first is a commit that failed; an
	// error of the second is one that failed for the writer but was persisted.
	BeforeCommit, AfterCommit func() error
}

// Open opens a store that the returned function closes.
type Open func(t *testing.T, o Options) (s taskyard.Store, close func())

// Run holds an engine to the law.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"create", testCreate},
		{"idempotency", testIdempotency},
		{"append", testAppend},
		{"fence", testFence},
		{"settle", testSettle},
		{"faults", testFaults},
		{"events", testEvents},
		{"list", testList},
		{"search", testSearch},
		{"name", testName},
		{"access", testAccess},
		{"allotment", testAllotment},
		{"uses", testUses},
		{"thread", testThread},
		{"thread of others", testThreadOfOthers},
		{"templates", testTemplates},
		{"reopen", testReopen},
		{"cancel", testCancel},
		{"to drive", testToDrive},
		{"delete", testDelete},
		{"announce", testAnnounce},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, open) })
	}
}

// start is the time at which the suite's first tasks are created: whole milliseconds, as stores keep them.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fresh opens an empty store for the length of a test.
func fresh(t *testing.T, open Open, o Options) taskyard.Store {
	t.Helper()
	o.Dir = t.TempDir()
	s, closeStore := open(t, o)
	t.Cleanup(closeStore)
	return s
}

// draft is a task as a test submits it.
func draft(id string) taskyard.NewTask {
	return taskyard.NewTask{
		ID:        id,
		Processor: "core",
		Upstream:  "parallel",
		Mode:      "text",
		Preview:   "Who repairs lighthouses?",
		Betas:     "field-basis-2025-11-25,other",
		CreatedAt: start,
		Request:   json.RawMessage(`{"processor":"core", "input":"Who repairs lighthouses?"}`),
		Secret:    []byte{0, 1, 2, 255},
		Search:    "Who repairs lighthouses?",
		Note:      note(taskyard.NoteCreated),
	}
}

func note(kind string) taskyard.NewEvent {
	return taskyard.NewEvent{Type: kind, Data: json.RawMessage(`{"by":"test"}`), At: start}
}

// message is an upstream event that differs from others by n.
func message(n int) taskyard.NewEvent {
	return taskyard.NewEvent{
		Type: "task_run.progress_msg.search",
		Data: json.RawMessage(fmt.Sprintf(`{"n": %d}`, n)),
		At:   start.Add(time.Duration(n) * time.Millisecond),
	}
}

func noJob(*sql.Tx, taskyard.Task) error { return nil }

// mustCreate stores a task that is new.
func mustCreate(t *testing.T, s taskyard.Store, d taskyard.NewTask) taskyard.Task {
	t.Helper()
	task, created, err := s.Create(t.Context(), d, noJob)
	if err != nil || !created {
		t.Fatalf("Create(%s) = created %v, error %v", d.ID, created, err)
	}
	return task
}

// owner drives a task as a runner does: it names its epoch and what it knows of the log.
type owner struct {
	t     *testing.T
	s     taskyard.Store
	num   int64
	id    string
	epoch int64
	after int64
}

func take(t *testing.T, s taskyard.Store, id string) *owner {
	t.Helper()
	owned, err := s.Take(t.Context(), id)
	if err != nil {
		t.Fatalf("Take(%s): %v", id, err)
	}
	return &owner{t: t, s: s, num: owned.Num, id: id, epoch: owned.Epoch, after: owned.LastSeq}
}

// write queues one write and counts its events as appended.
func (o *owner) write(c taskyard.Change, events ...taskyard.NewEvent) *taskyard.Receipt {
	w := taskyard.Write{Task: o.num, ID: o.id, Epoch: o.epoch, After: o.after, Events: events, Change: c}
	o.after += int64(len(events))
	return o.s.Append(w)
}

// must appends and waits.
func (o *owner) must(c taskyard.Change, events ...taskyard.NewEvent) {
	o.t.Helper()
	if err := o.write(c, events...).Wait(o.t.Context()); err != nil {
		o.t.Fatalf("Append to %s: %v", o.id, err)
	}
}

// settle ends the task at a time.
func (o *owner) settle(at time.Time) {
	o.t.Helper()
	status := taskyard.StatusCompleted
	o.must(taskyard.Change{Status: &status, Settle: &at}, note(taskyard.NoteSettled))
}

func get(t *testing.T, s taskyard.Store, id string) taskyard.Task {
	t.Helper()
	task, err := s.Task(t.Context(), id)
	if err != nil {
		t.Fatalf("Task(%s): %v", id, err)
	}
	return task
}

// wholeLog reads a log to its end and checks that it is gapless.
func wholeLog(t *testing.T, s taskyard.Store, num int64) []taskyard.Event {
	t.Helper()
	var log []taskyard.Event
	for {
		page, err := s.Events(t.Context(), num, int64(len(log)), 0, 100, 1<<20)
		if err != nil {
			t.Fatalf("Events: %v", err)
		}
		if len(page) == 0 {
			return log
		}
		for _, e := range page {
			if log = append(log, e); e.Seq != int64(len(log)) {
				t.Fatalf("event %d of the log has seq %d", len(log), e.Seq)
			}
		}
	}
}

// wantCode checks the code of an error.
func wantCode(t *testing.T, err error, code taskyard.Code) {
	t.Helper()
	if err == nil || taskyard.CodeOf(err) != code {
		t.Fatalf("error %v has code %q, want %q", err, taskyard.CodeOf(err), code)
	}
}

func wantEqual(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// errInjected is what an injected fault returns.
var errInjected = errors.New("injected fault")

func wait(ctx context.Context, receipts ...*taskyard.Receipt) error {
	for _, r := range receipts {
		if err := r.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}
