// Package live tells readers that tasks moved and lets them follow logs. An announcement says only "task T is
// committed up to seq N"; readers fetch by seq from the store. A slow reader therefore coalesces instead of
// blocking a writer or being cut, and nobody ever hears of an event that a crash could lose.
package live

import (
	"sync"

	"github.com/taskyard/taskyard"
)

// maxPending bounds what is held for a reader of changes that does not read; see changes.add.
const maxPending = 10_000

// Hub passes announcements to readers within this process.
type Hub struct {
	mu      sync.Mutex // guards the maps and each watcher's state
	tasks   map[string]map[*taskWatch]struct{}
	changes map[*changes]struct{}
}

// NewHub returns a hub with no readers.
func NewHub() *Hub {
	return &Hub{tasks: make(map[string]map[*taskWatch]struct{}), changes: make(map[*changes]struct{})}
}

// Announce wakes whoever watches these tasks. It never blocks, so a store may call it after each commit.
func (h *Hub) Announce(as []taskyard.Announcement) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range as {
		for w := range h.tasks[a.ID] {
			wake(w.moved)
		}
	}
	for c := range h.changes {
		c.add(as)
	}
}

// taskWatch is one reader's interest in one task.
type taskWatch struct {
	moved chan struct{} // capacity 1: "moved since you last looked" needs no count
}

// watch registers interest in a task. What moves after watch returns is noticed, so a reader that registers
// first and reads the store second misses nothing.
func (h *Hub) watch(id string) *taskWatch {
	w := &taskWatch{moved: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tasks[id] == nil {
		h.tasks[id] = make(map[*taskWatch]struct{})
	}
	h.tasks[id][w] = struct{}{}
	return w
}

func (h *Hub) unwatch(id string, w *taskWatch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tasks[id], w)
	if len(h.tasks[id]) == 0 {
		delete(h.tasks, id)
	}
}

// announceIDs is Announce for tasks of which only the ids are known.
func (h *Hub) announceIDs(ids []string) {
	as := make([]taskyard.Announcement, len(ids))
	for i, id := range ids {
		as[i].ID = id
	}
	h.Announce(as)
}

// wakeAll wakes every reader of a log.
func (h *Hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, watches := range h.tasks {
		for w := range watches {
			wake(w.moved)
		}
	}
}

// followed reports whether anybody follows which tasks move.
func (h *Hub) followed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.changes) > 0
}

// wake leaves a mark that the reader will find; one that is there already says the same.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
