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

// streamChanges tells a list which tasks moved, each as the list shows it, and carries the logs of the tasks that
// "follow" names: one connection is enough for all tabs of a browser, which allows six to a server over HTTP/1.1.
// Of the list it has no history: a page that connects, or connects again, reads the list after the first byte.
func (a *API) streamChanges(w http.ResponseWriter, r *http.Request) error {
	wanted, err := readWanted(r)
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		setStreamHeaders(w)
		return nil
	}
	ctx, stop := a.untilDrained(r)
	defer stop()
	s, err := openStream(w)
	if err != nil {
		return endStream(ctx, s, err)
	}
	return endStream(ctx, s, a.sendWanted(ctx, s, wanted))
}

// sendChanges sends what moved until the reader goes.
func (a *API) sendChanges(ctx context.Context, s *sharedStream) error {
	changes := a.live.Changes()
	defer changes.Close()
	for {
		ids, err := changes.Next(ctx, heartbeat)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			if err := s.do(ctx, (*eventStream).beat); err != nil {
				return err
			}
			continue
		}
		start := time.Now()
		err = s.do(ctx, func(s *eventStream) error {
			return s.send(len(ids), func(b *bytes.Buffer, i int) error { return a.renderChange(ctx, b, ids[i]) })
		})
		if err != nil {
			return err
		}
		// As long again as the round took: thousands of moving tasks make a viewer's rounds longer, not
		// the server busier.
		if err := sleep(ctx, max(changesPause, time.Since(start))); err != nil {
			return err
		}
	}
}

// renderChange renders what a task has become.
func (a *API) renderChange(ctx context.Context, b *bytes.Buffer, id string) error {
	task, err := a.store.Task(ctx, id)
	if errors.Is(err, taskyard.ErrHidden) {
		return nil // it is somebody else's, and so is that it moved
	}
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
