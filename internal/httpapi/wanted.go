package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/taskyard/taskyard"
)

// maxFollows bounds the logs that one connection carries: each costs a goroutine and, while it catches up, a page of
// its log. A browser with more tabs than that opens several connections.
const maxFollows = 32

// wanted is what a reader of /api/events asks for.
type wanted struct {
	list    bool
	follows []followed
}

// followed is a task and the seq behind which its reader is.
type followed struct {
	id    string
	after int64
}

// readWanted reads follow=<task>.<seq>, which may be given several times, and list=false.
func readWanted(r *http.Request) (wanted, error) {
	p := parameters{values: r.URL.Query()}
	w := wanted{list: true}
	switch given := p.one("list"); given {
	case "", "true":
	case "false":
		w.list = false
	default:
		p.fail("list", "must be true or false")
	}
	texts := p.many("follow")
	if len(texts) > maxFollows {
		p.fail("follow", "names more than %d tasks; open another stream for the rest", maxFollows)
	}
	for _, text := range texts {
		id, seq, _ := strings.Cut(text, ".")
		after, err := strconv.ParseUint(seq, 10, 63)
		if err != nil || !isTaskID(id) {
			p.fail("follow", "must be a task's id, a point and the seq of the last event that you have, such as %s.0", strings.Repeat("a", idLength))
		}
		w.follows = append(w.follows, followed{id: id, after: int64(after)})
	}
	return w, p.err
}

// sharedStream is a stream that several goroutines write to, one at a time.
type sharedStream struct {
	stream *eventStream
	turn   chan struct{} // capacity 1: whoever has put something in may write
}

func (s *sharedStream) do(ctx context.Context, write func(*eventStream) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.turn }()
	return write(s.stream)
}

// sendWanted sends everything that was asked for until the reader goes, and returns the first error.
func (a *API) sendWanted(ctx context.Context, stream *eventStream, w wanted) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s := &sharedStream{stream: stream, turn: make(chan struct{}, 1)}
	var writers sync.WaitGroup
	for _, f := range w.follows {
		writers.Go(func() {
			if err := a.sendLog(ctx, s, f); err != nil {
				stop(err)
			}
		})
	}
	send := a.sendBeats
	if w.list {
		send = a.sendChanges
	}
	stop(send(ctx, s))
	writers.Wait() // nobody may write after the handler's return
	return context.Cause(ctx)
}

// sendBeats keeps a connection open that carries no list.
func (*API) sendBeats(ctx context.Context, s *sharedStream) error {
	for {
		if err := sleep(ctx, heartbeat); err != nil {
			return err
		}
		if err := s.do(ctx, (*eventStream).beat); err != nil {
			return err
		}
	}
}

// sendLog sends a task's events until its log has ended or the task is deleted. An unknown task is told as a deleted
// one: it may have been deleted since the page was opened.
func (a *API) sendLog(ctx context.Context, s *sharedStream, f followed) error {
	tail, err := a.live.Tail(ctx, f.id, f.after)
	if errors.Is(err, taskyard.ErrNotFound) {
		return s.sendGone(ctx, f.id)
	}
	if err != nil {
		return fmt.Errorf("follow task: %w", err)
	}
	defer tail.Close()
	for {
		events, err := tail.Next(ctx, heartbeat)
		switch {
		case errors.Is(err, io.EOF):
			return a.sendEnded(ctx, s, f.id)
		case errors.Is(err, taskyard.ErrNotFound):
			return s.sendGone(ctx, f.id)
		case err != nil:
			return err
		case len(events) == 0:
			continue
		}
		err = s.do(ctx, func(s *eventStream) error {
			return s.send(len(events), func(b *bytes.Buffer, i int) error { return renderFollowed(b, f.id, events[i]) })
		})
		if err != nil {
			return err
		}
	}
}

// renderFollowed renders an event of one of several tasks: its data is {"id","event"} on one line.
func renderFollowed(b *bytes.Buffer, id string, ev taskyard.Event) error {
	fmt.Fprintf(b, "event: event\ndata: {\"id\":%q,\"event\":", id)
	if err := writeEvent(b, ev); err != nil {
		return err
	}
	b.WriteString("}\n\n")
	return nil
}

// ended says that the log of one of several tasks has ended.
type ended struct {
	ID string `json:"id"`
	end
}

func (a *API) sendEnded(ctx context.Context, s *sharedStream, id string) error {
	task, err := a.store.Task(ctx, id)
	if errors.Is(err, taskyard.ErrNotFound) {
		return s.sendGone(ctx, id)
	}
	if err != nil {
		return err
	}
	return s.do(ctx, func(s *eventStream) error {
		return s.sendJSON("ended", 0, ended{ID: id, end: end{Status: task.Status, LastSeq: task.LastSeq}})
	})
}

func (s *sharedStream) sendGone(ctx context.Context, id string) error {
	return s.do(ctx, func(s *eventStream) error { return s.sendGone(id) })
}
