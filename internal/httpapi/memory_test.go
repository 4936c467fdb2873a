package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/taskyard/taskyard"
)

// memory is a store, a service and a live in one, small enough to be read at a glance. What the API never calls
// is left to the embedded nil interface, which panics.
type memory struct {
	taskyard.Store

	mu        sync.Mutex // guards what follows
	tasks     map[string]*entry
	order     []string      // ids in the order of their creation
	moved     chan struct{} // closed and replaced at every change
	watchers  map[*memoryChanges]bool
	submits   []taskyard.Submit
	imports   []taskyard.Import
	queries   []taskyard.TaskQuery
	shares    []taskyard.Share
	documents int   // calls of Document
	fault     error // what every call returns, if set
}

type entry struct {
	task   taskyard.Task
	doc    taskyard.Document
	events []taskyard.Event
	key    string
}

func newMemory() *memory {
	return &memory{tasks: make(map[string]*entry), moved: make(chan struct{}), watchers: make(map[*memoryChanges]bool)}
}

var epoch = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// add makes a task with n events, of which the first says that it was created.
func (m *memory) add(n int) taskyard.Task {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.create(taskyard.Submit{Request: json.RawMessage(`{"processor":"core","input":"hello"}`)}, n).task
}

func (m *memory) create(s taskyard.Submit, n int) *entry {
	num := int64(len(m.order) + 1)
	at := epoch.Add(time.Duration(num) * time.Second)
	e := &entry{key: s.IdempotencyKey, doc: taskyard.Document{Request: s.Request}, task: taskyard.Task{
		Num: num, ID: taskyard.NewID(), Status: taskyard.StatusPending, Processor: "core", Upstream: cmp.Or(s.Upstream, "simulator"),
		Mode: "auto", Preview: "hello", CreatedAt: at, UpdatedAt: at, Betas: strings.Join(s.Betas, ","),
	}}
	m.tasks[e.task.ID] = e
	m.order = append(m.order, e.task.ID)
	for range n {
		e.append("task_run.progress_msg.plan", `{"message":"step `+strconv.FormatInt(e.task.LastSeq+1, 10)+`"}`)
	}
	m.wake(e.task.ID)
	return e
}

func (e *entry) append(kind, data string) {
	e.task.LastSeq++
	e.task.Version++
	e.events = append(e.events, taskyard.Event{Seq: e.task.LastSeq, Type: kind, Data: json.RawMessage(data), At: epoch})
}

// change changes a task and tells whoever watches.
func (m *memory) change(id string, f func(*entry)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m.tasks[id])
	m.tasks[id].task.Version++
	m.wake(id)
}

// say adds an event.
func (m *memory) say(id, kind, data string) {
	m.change(id, func(e *entry) { e.append(kind, data) })
}

// settle ends a task with a result.
func (m *memory) settle(id string) {
	m.change(id, func(e *entry) {
		e.append(taskyard.NoteSettled, `{}`)
		e.task.Status, e.task.CompletedAt, e.task.HasResult = taskyard.StatusCompleted, epoch.Add(time.Hour), true
		e.doc.Result = json.RawMessage(`{"run":{"run_id":"trun_1"},"output":{"type":"text","content":"<b> & ü","basis":[]}}`)
	})
}

func (m *memory) wake(id string) {
	close(m.moved)
	m.moved = make(chan struct{})
	for w := range m.watchers {
		if !slices.Contains(w.pending, id) {
			w.pending = append(w.pending, id)
		}
	}
}

func (m *memory) find(id string) (*entry, error) {
	if m.fault != nil {
		return nil, m.fault
	}
	if e := m.tasks[id]; e != nil {
		return e, nil
	}
	return nil, &taskyard.Error{Code: taskyard.CodeNotFound, Message: "there is no such task"}
}

// The store.

func (m *memory) Task(_ context.Context, id string) (taskyard.Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.find(id)
	if err != nil {
		return taskyard.Task{}, err
	}
	return e.task, nil
}

func (m *memory) Document(_ context.Context, id string) (taskyard.Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.documents++
	e, err := m.find(id)
	if err != nil {
		return taskyard.Document{}, err
	}
	return e.doc, nil
}

func (m *memory) Tasks(_ context.Context, q taskyard.TaskQuery) (taskyard.TaskPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries = append(m.queries, q)
	var page taskyard.TaskPage
	for _, id := range slices.Backward(m.order) {
		e := m.tasks[id]
		switch {
		case e == nil, !q.After.IsZero() && e.task.Num >= q.After.Num,
			len(q.Statuses) > 0 && !slices.Contains(q.Statuses, e.task.Status):
		case len(page.Tasks) == q.Limit:
			last := page.Tasks[q.Limit-1]
			page.Next = taskyard.Cursor{CreatedAt: last.CreatedAt.UnixMilli(), Num: last.Num}
			return page, nil
		default:
			page.Tasks = append(page.Tasks, e.task)
		}
	}
	return page, m.fault
}

func (m *memory) Events(_ context.Context, num, after, upTo int64, most, _ int) ([]taskyard.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.tasks {
		if e.task.Num != num {
			continue
		}
		if upTo == 0 {
			upTo = e.task.LastSeq
		}
		return slices.Clone(e.events[min(after, upTo):min(after+int64(most), upTo)]), nil
	}
	return nil, nil
}

// The service.

func (m *memory) Submit(_ context.Context, s taskyard.Submit) (taskyard.Task, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != nil {
		return taskyard.Task{}, false, m.fault
	}
	m.submits = append(m.submits, s)
	for _, e := range m.tasks {
		if s.IdempotencyKey == "" || e.key != s.IdempotencyKey {
			continue
		}
		if string(e.doc.Request) != string(s.Request) {
			return taskyard.Task{}, false, taskyard.Errorf(taskyard.CodeConflict, "the idempotency key was used for another request")
		}
		return e.task, false, nil
	}
	return m.create(s, 1).task, true, nil
}

func (m *memory) Import(ctx context.Context, i taskyard.Import) (taskyard.Task, bool, error) {
	m.mu.Lock()
	m.imports = append(m.imports, i)
	m.mu.Unlock()
	return m.Submit(ctx, taskyard.Submit{Upstream: i.Upstream, IdempotencyKey: "import " + i.RunID, Request: json.RawMessage(`{"processor":"core","input":"hello"}`)})
}

func (m *memory) SubmitAgain(ctx context.Context, id string) (taskyard.Task, error) {
	return m.Cancel(ctx, id)
}

func (m *memory) Cancel(_ context.Context, id string) (taskyard.Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.find(id)
	if err != nil {
		return taskyard.Task{}, err
	}
	if e.task.Settled() {
		return taskyard.Task{}, taskyard.Errorf(taskyard.CodeConflict, "the task has ended")
	}
	e.task.CancelRequested = true
	return e.task, nil
}

func (m *memory) Name(_ context.Context, id string, n taskyard.Naming) (taskyard.Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.find(id)
	if err != nil {
		return taskyard.Task{}, err
	}
	if n, err = n.Tidy(); err != nil {
		return taskyard.Task{}, err
	}
	if n.Title != nil {
		e.task.Title = *n.Title
	}
	if n.Tags != nil {
		e.task.Tags = n.Tags
	}
	m.wake(id)
	return e.task, nil
}

func (m *memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.find(id); err != nil {
		return err
	}
	delete(m.tasks, id)
	m.wake(id)
	return nil
}

func (m *memory) AddShare(_ context.Context, share taskyard.Share) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	share.Num = int64(len(m.shares) + 1)
	m.shares = append(m.shares, share)
	return nil
}

func (m *memory) Shares(_ context.Context, q taskyard.ShareQuery) (page taskyard.SharePage, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, share := range slices.Backward(m.shares) {
		switch {
		case q.Task != "" && q.Task != share.Task.ID, !q.After.IsZero() && share.Num >= q.After.Num:
		case len(page.Shares) == q.Limit:
			page.Next = taskyard.Cursor{CreatedAt: share.CreatedAt.UnixMilli(), Num: share.Num + 1}
			return page, nil
		default:
			page.Shares = append(page.Shares, share)
		}
	}
	return page, nil
}

func (m *memory) RevokeShare(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.shares {
		if m.shares[i].Token == token {
			m.shares[i].RevokedAt = epoch
			return nil
		}
	}
	return taskyard.Errorf(taskyard.CodeNotFound, "there is no such link")
}

func (m *memory) Upstreams() []taskyard.Upstream {
	return []taskyard.Upstream{{Name: "parallel"}, {Name: "simulator", Simulated: true, HasKey: true, Cancels: true}}
}

// The live.

type memoryTail struct {
	*memory
	id    string
	after int64
}

func (m *memory) Tail(ctx context.Context, id string, after int64) (taskyard.Tail, error) {
	_, err := m.Task(ctx, id)
	return &memoryTail{m, id, after}, err
}

func (t *memoryTail) Next(ctx context.Context, wait time.Duration) ([]taskyard.Event, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		t.mu.Lock()
		moved := t.moved
		e, err := t.find(t.id)
		if err == nil && t.after < e.task.LastSeq {
			events := slices.Clone(e.events[t.after:])
			t.after = e.task.LastSeq
			t.mu.Unlock()
			return events, nil
		}
		if err == nil && e.task.Settled() {
			err = io.EOF
		}
		t.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-moved:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (t *memoryTail) Close() {}

type memoryChanges struct {
	*memory
	pending []string // guarded by memory.mu
}

func (m *memory) Changes() taskyard.Changes {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &memoryChanges{memory: m}
	m.watchers[c] = true
	return c
}

func (c *memoryChanges) Next(ctx context.Context, wait time.Duration) ([]string, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		c.mu.Lock()
		moved, ids := c.moved, c.pending
		c.pending = nil
		c.mu.Unlock()
		if len(ids) > 0 {
			return ids, nil
		}
		select {
		case <-moved:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (c *memoryChanges) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.watchers, c)
}
