package live

import (
	"context"
	"io"
	"time"

	"github.com/taskyard/taskyard"
)

// A page of a tail: large enough that catching up on 100,000 events takes few queries, small enough that a
// reader of huge events holds little.
const (
	pageEvents = 1000
	pageBytes  = 1 << 20
)

// Live implements [taskyard.Live] over a store and the hub that the store announces to.
type Live struct {
	store taskyard.Store
	hub   *Hub
}

// New returns a Live that reads from store.
func New(store taskyard.Store, hub *Hub) *Live { return &Live{store: store, hub: hub} }

// Tail follows one task's log from behind seq after.
func (l *Live) Tail(ctx context.Context, id string, after int64) (taskyard.Tail, error) {
	watch := l.hub.watch(id) // before the first read, so that nothing falls between the two
	task, err := l.store.Task(ctx, id)
	if err != nil {
		l.hub.unwatch(id, watch)
		return nil, err
	}
	return &tail{live: l, watch: watch, id: id, num: task.Num, after: after}, nil
}

// tail is one reader of one log.
type tail struct {
	live  *Live
	watch *taskWatch
	id    string
	num   int64
	after int64
}

// Next returns the next stored events, waiting up to wait where there are none.
func (t *tail) Next(ctx context.Context, wait time.Duration) ([]taskyard.Event, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		events, err := t.read(ctx)
		if err != nil || len(events) > 0 {
			return events, err
		}
		select {
		case <-t.watch.moved:
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// read returns what is stored behind the tail. Where there is nothing it looks at the task, which says whether
// there ever will be, and reads again if the task moved in between.
func (t *tail) read(ctx context.Context) ([]taskyard.Event, error) {
	events, err := t.live.store.Events(ctx, t.num, t.after, 0, pageEvents, pageBytes)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		task, err := t.live.store.Task(ctx, t.id)
		if err != nil {
			return nil, err
		}
		if task.Settled() && t.after >= task.LastSeq {
			return nil, io.EOF
		}
		return nil, nil
	}
	t.after = events[len(events)-1].Seq
	return events, nil
}

// Close ends the tail.
func (t *tail) Close() { t.live.hub.unwatch(t.id, t.watch) }
