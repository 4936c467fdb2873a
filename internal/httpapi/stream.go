package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/taskyard/taskyard"
)

// streamTask follows one task: what the log holds behind the reader's place, then what comes, to the end.
func (a *API) streamTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	place, err := readPlace(r)
	if err != nil {
		return err
	}
	task, err := a.store.Task(r.Context(), id)
	if err != nil {
		return err
	}
	switch atEnd := task.Settled() && place.after == task.LastSeq; {
	case place.after > task.LastSeq:
		return taskyard.Invalid(place.source, "%s is %d, but the newest event is %d", place.source, place.after, task.LastSeq)
	case atEnd && place.resumed:
		// The one answer after which an EventSource does not come back (HTML standard, "reconnection").
		w.WriteHeader(http.StatusNoContent)
		return nil
	case r.Method == http.MethodHead:
		setStreamHeaders(w)
		return nil
	}
	return a.follow(w, r, id, place.after)
}

// place is where in a log a reader is.
type place struct {
	after   int64
	source  string // the header or parameter that said so
	resumed bool   // by Last-Event-ID: it has been connected before
}

const lastEventID = "Last-Event-ID"

// readPlace lets the header win: a browser that reconnects repeats the address it first opened.
func readPlace(r *http.Request) (place, error) {
	p := parameters{values: r.URL.Query()}
	at := place{source: "after"}
	given := p.one("after")
	if p.err != nil {
		return at, p.err
	}
	if header := r.Header.Get(lastEventID); header != "" {
		at.source, at.resumed, given = lastEventID, true, header
	}
	if given == "" {
		return at, nil
	}
	after, err := strconv.ParseUint(given, 10, 63)
	if err != nil {
		return at, taskyard.Invalid(at.source, "%s must be the seq of an event, a whole number from 0", at.source)
	}
	at.after = int64(after)
	return at, nil
}

// follow writes events until the log has ended, the task is deleted, the reader goes or the server shuts down.
func (a *API) follow(w http.ResponseWriter, r *http.Request, id string, after int64) error {
	ctx, stop := a.untilDrained(r)
	defer stop()
	tail, err := a.live.Tail(ctx, id, after)
	if err != nil {
		return fmt.Errorf("follow task: %w", err)
	}
	defer tail.Close()
	s, err := openStream(w)
	for err == nil {
		var events []taskyard.Event
		switch events, err = tail.Next(ctx, heartbeat); {
		case errors.Is(err, io.EOF):
			return a.sendEnd(r, s, id)
		case errors.Is(err, taskyard.ErrNotFound):
			return s.sendGone(id)
		case err != nil:
			return endStream(ctx, s, err)
		case len(events) == 0:
			err = s.beat()
		default:
			err = s.send(len(events), func(b *bytes.Buffer, i int) error { return renderEvent(b, events[i]) })
		}
	}
	return err
}

// endStream ends a stream that could go on: politely at a shutdown, silently when the reader went first.
func endStream(ctx context.Context, s *eventStream, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errDraining):
		return s.drain()
	case ctx.Err() != nil:
		return nil //nolint:nilerr // nobody is left to be told
	default:
		return err
	}
}

type end struct {
	Status  taskyard.Status `json:"status"`
	LastSeq int64           `json:"lastSeq"`
}

// sendEnd says that the log has ended. It carries the last seq as its id, so that a browser that comes back
// although it was told says where it is and gets 204.
func (a *API) sendEnd(r *http.Request, s *eventStream, id string) error {
	task, err := a.store.Task(r.Context(), id)
	if errors.Is(err, taskyard.ErrNotFound) {
		return s.sendGone(id)
	}
	if err != nil {
		return err
	}
	return s.sendJSON("end", task.LastSeq, end{Status: task.Status, LastSeq: task.LastSeq})
}

type gone struct {
	ID string `json:"id"`
}

// sendGone says that a task was deleted.
func (s *eventStream) sendGone(id string) error {
	return s.sendJSON("gone", 0, gone{ID: id})
}
