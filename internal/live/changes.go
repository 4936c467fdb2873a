package live

import (
	"context"
	"time"

	"github.com/taskyard/taskyard"
)

// changes is one reader's set of tasks that moved since it last asked.
type changes struct {
	hub     *Hub
	moved   chan struct{}       // capacity 1, as in taskWatch
	order   []string            // guarded by hub.mu, like pending
	pending map[string]struct{} // the same ids, to keep each once
}

// Changes follows which tasks move, from now on.
func (l *Live) Changes() taskyard.Changes {
	c := &changes{hub: l.hub, moved: make(chan struct{}, 1), pending: make(map[string]struct{})}
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.changes[c] = struct{}{}
	return c
}

// add notes that tasks moved. The caller holds hub.mu. A reader so slow that maxPending tasks wait for it loses
// the oldest: each is only a hint to look again, and a list of that many is not looked at row by row.
func (c *changes) add(as []taskyard.Announcement) {
	for _, a := range as {
		if _, there := c.pending[a.ID]; there {
			continue
		}
		if len(c.order) == maxPending {
			delete(c.pending, c.order[0])
			c.order = c.order[1:]
		}
		c.pending[a.ID] = struct{}{}
		c.order = append(c.order, a.ID)
	}
	wake(c.moved)
}

// take returns and clears what is pending.
func (c *changes) take() []string {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	ids := c.order
	c.order = nil
	clear(c.pending)
	return ids
}

// Next returns the tasks that moved since the last call, waiting up to wait where none did.
func (c *changes) Next(ctx context.Context, wait time.Duration) ([]string, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		if ids := c.take(); len(ids) > 0 {
			return ids, nil
		}
		select {
		case <-c.moved:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Close ends the reader.
func (c *changes) Close() {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	delete(c.hub.changes, c)
}
