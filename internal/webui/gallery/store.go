// Package gallery has tasks in every state that the pages know, in a store that lives in memory. Tests of
// the pages use it, and whoever wants to look at a page.
package gallery

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/taskyard/taskyard"
)

// Fixture is a task with everything that is stored of it.
type Fixture struct {
	Task     taskyard.Task
	Document taskyard.Document
	Events   []taskyard.Event
}

// Store keeps fixtures. What the pages never call is not there: the embedded interface is nil.
type Store struct {
	taskyard.Store

	mu        sync.Mutex // guards what follows
	tasks     map[string]*Fixture
	templates []taskyard.Template
	shares    []taskyard.Share
}

// NewStore returns a store of these fixtures. Tasks get their numbers here, oldest first.
func NewStore(fixtures ...Fixture) *Store {
	s := &Store{tasks: map[string]*Fixture{}}
	for i, f := range fixtures {
		f.Task.Num = int64(i + 1)
		f.Task.LastSeq = int64(len(f.Events))
		f.Task.HasResult = f.Document.Result != nil
		s.tasks[f.Task.ID] = &f
	}
	return s
}

// Task implements [taskyard.Store].
func (s *Store) Task(_ context.Context, id string) (taskyard.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.tasks[id]
	if !ok {
		return taskyard.Task{}, taskyard.ErrNotFound
	}
	return f.Task, nil
}

// Document implements [taskyard.Store].
func (s *Store) Document(_ context.Context, id string) (taskyard.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.tasks[id]
	if !ok {
		return taskyard.Document{}, taskyard.ErrNotFound
	}
	return f.Document, nil
}

// Tasks implements [taskyard.Store].
func (s *Store) Tasks(_ context.Context, q taskyard.TaskQuery) (taskyard.TaskPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var page taskyard.TaskPage
	for _, f := range s.tasks {
		if matches(*f, q) {
			page.Tasks = append(page.Tasks, f.Task)
		}
	}
	slices.SortFunc(page.Tasks, func(a, b taskyard.Task) int { return newestFirst(cursorOf(a), cursorOf(b)) })
	if len(page.Tasks) > q.Limit {
		page.Tasks = page.Tasks[:q.Limit]
		page.Next = cursorOf(page.Tasks[q.Limit-1])
	}
	return page, nil
}

func matches(f Fixture, q taskyard.TaskQuery) bool {
	return (len(q.Statuses) == 0 || slices.Contains(q.Statuses, f.Task.Status)) &&
		(len(q.Processors) == 0 || slices.Contains(q.Processors, f.Task.Processor)) &&
		(q.Search == "" || strings.Contains(strings.ToLower(string(f.Document.Request)), strings.ToLower(q.Search))) &&
		(q.After.IsZero() || newestFirst(q.After, cursorOf(f.Task)) < 0)
}

func cursorOf(t taskyard.Task) taskyard.Cursor {
	return taskyard.Cursor{CreatedAt: t.CreatedAt.UnixMilli(), Num: t.Num}
}

func newestFirst(a, b taskyard.Cursor) int {
	return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(b.Num, a.Num))
}

// Events implements [taskyard.Store].
func (s *Store) Events(_ context.Context, num, after, upTo int64, maxEvents, _ int) ([]taskyard.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.tasks {
		if f.Task.Num == num {
			end := int64(len(f.Events))
			if upTo > 0 {
				end = min(end, upTo)
			}
			end = min(end, after+int64(maxEvents))
			return slices.Clone(f.Events[min(after, end):end]), nil
		}
	}
	return nil, nil
}

// Hear adds an event to a task, as its owner would.
func (s *Store) Hear(id, kind, data string, at time.Time) taskyard.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.tasks[id]
	ev := taskyard.Event{Seq: int64(len(f.Events) + 1), Type: kind, Data: json.RawMessage(data), At: at}
	f.Events = append(f.Events, ev)
	f.Task.LastSeq = ev.Seq
	return ev
}

// Change edits a fixture in place.
func (s *Store) Change(id string, edit func(*Fixture)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.tasks[id])
}

// Delete implements [taskyard.Store].
func (s *Store) Delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tasks[id] == nil {
		return taskyard.ErrNotFound
	}
	delete(s.tasks, id)
	return nil
}

// Add stores one more task.
func (s *Store) Add(f Fixture) taskyard.Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Task.Num = int64(len(s.tasks) + 1)
	f.Task.LastSeq = int64(len(f.Events))
	s.tasks[f.Task.ID] = &f
	return f.Task
}

// Name implements [taskyard.Store].
func (s *Store) Name(_ context.Context, id string, n taskyard.Naming) (taskyard.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.tasks[id]
	if !ok {
		return taskyard.Task{}, taskyard.ErrNotFound
	}
	n, err := n.Tidy()
	if err != nil {
		return taskyard.Task{}, err
	}
	if n.Title != nil {
		f.Task.Title = *n.Title
	}
	if n.Tags != nil {
		f.Task.Tags = n.Tags
	}
	return f.Task, nil
}

// Uses implements [taskyard.Store].
func (s *Store) Uses(_ context.Context, day time.Time) ([]taskyard.Use, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []taskyard.Use
	for _, f := range s.tasks {
		if f.Task.RunID != "" && !f.Task.CreatedAt.Before(day.UTC().Truncate(24*time.Hour)) {
			list = append(list, taskyard.Use{Upstream: f.Task.Upstream, Processor: f.Task.Processor, Runs: 1})
		}
	}
	return list, nil
}

// Thread implements [taskyard.Store]: a task and what goes on from it.
func (s *Store) Thread(_ context.Context, id string, _ *string) ([]taskyard.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.tasks[id]
	if !ok {
		return nil, taskyard.ErrNotFound
	}
	list := []taskyard.Task{f.Task}
	for _, other := range s.tasks {
		if other.Task.Previous != "" && other.Task.Previous == f.Task.InteractionID {
			list = append(list, other.Task)
		}
	}
	return list, nil
}

// Templates implements [taskyard.Store].
func (s *Store) Templates(_ context.Context, owner string) ([]taskyard.Template, error) {
	return s.templatesThat(func(t taskyard.Template) bool { return t.Owner == owner }), nil
}

// TeamTemplates implements [taskyard.Store].
func (s *Store) TeamTemplates(_ context.Context, without string) ([]taskyard.Template, error) {
	return s.templatesThat(func(t taskyard.Template) bool { return t.Owner != without && t.Visibility != taskyard.Private }), nil
}

// Template implements [taskyard.Store].
func (s *Store) Template(_ context.Context, id string) (taskyard.Template, error) {
	list := s.templatesThat(func(t taskyard.Template) bool { return t.ID == id })
	if len(list) == 0 {
		return taskyard.Template{}, taskyard.ErrNotFound
	}
	return list[0], nil
}

func (s *Store) templatesThat(are func(taskyard.Template) bool) (list []taskyard.Template) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.templates {
		if are(t) {
			list = append(list, t)
		}
	}
	return list
}

// SaveTemplate implements [taskyard.Store].
func (s *Store) SaveTemplate(_ context.Context, t taskyard.Template) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.TrimSpace(t.Name) == "" {
		return taskyard.Invalid("name", "a template needs a name")
	}
	s.templates = append(s.templates, t)
	return nil
}

// DeleteTemplate implements [taskyard.Store].
func (s *Store) DeleteTemplate(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.templates)
	s.templates = slices.DeleteFunc(s.templates, func(t taskyard.Template) bool { return t.ID == id })
	if len(s.templates) == n {
		return taskyard.ErrNotFound
	}
	return nil
}
