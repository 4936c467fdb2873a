package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

// changesPause is the least time between two rounds of one viewer: a task that moves all the time is sent ten
// times a second, as it is then, and what lay in between is skipped.
const changesPause = 100 * time.Millisecond

// streamChanges tells a list which tasks moved, each as the list shows it. It has no history: a page that
// connects, or connects again, reads the list after the first byte.
func (a *API) streamChanges(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead {
		setStreamHeaders(w)
		return nil
	}
	ctx, stop := a.untilDrained(r)
	defer stop()
	changes := a.live.Changes()
	defer changes.Close()
	s, err := openStream(w)
	for err == nil {
		var ids []string
		if ids, err = changes.Next(ctx, heartbeat); err != nil {
			return endStream(ctx, s, err)
		}
		if len(ids) == 0 {
			err = s.beat()
			continue
		}
		start := time.Now()
		err = s.send(len(ids), func(b *bytes.Buffer, i int) error { return a.renderChange(ctx, b, ids[i]) })
		if err == nil {
			// As long again as the round took: thousands of moving tasks make a viewer's rounds longer, not
			// the server busier.
			err = sleep(ctx, max(changesPause, time.Since(start)))
		}
	}
	return endStream(ctx, s, err)
}

// renderChange renders what a task has become.
func (a *API) renderChange(ctx context.Context, b *bytes.Buffer, id string) error {
	task, err := a.store.Task(ctx, id)
	if errors.Is(err, taskyard.ErrNotFound) {
		return renderJSON(b, "gone", 0, gone{ID: id})
	}
	if err != nil {
		return fmt.Errorf("read changed task: %w", err)
	}
	return renderJSON(b, "task", 0, a.item(task))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
