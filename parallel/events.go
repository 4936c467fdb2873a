package parallel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
)

// EventsOption configures one call of [Client.Events].
type EventsOption func(*frameReader)

// WithActivity calls f whenever bytes arrive: the head of the answer, events, parts of events, and comments,
// which servers send as heartbeats. A watchdog for silent connections can be built on it. It is called by the
// goroutine that iterates.
func WithActivity(f func()) EventsOption {
	return func(r *frameReader) { r.activity = f }
}

// InvalidFrameError is a message of an event stream that is no event: its data is not a JSON object.
type InvalidFrameError struct {
	Name string // of the event field; "" if there was none
	Data []byte // as it came
}

func (e *InvalidFrameError) Error() string {
	return fmt.Sprintf("a frame of %d bytes is not a JSON object", len(e.Data))
}

// Events follows the events of a run over one connection: each range over the result makes one request and
// never another. Upstream replays the trace at the beginning of each connection and closes it after 570 s,
// whether or not the run has ended.
//
// The iteration ends without an error when the server closes the stream between two events. It ends with
//
//   - an [APIError] when the server refuses, a [RequestError] when there is no answer or not an event stream;
//   - an error that is io.ErrUnexpectedEOF when the connection is cut; the event it was in is not yielded;
//   - an [EventTooLargeError];
//   - an error that is the context's when that ends.
//
// An [InvalidFrameError] is not the end: the iteration goes on behind it. Frames without data are skipped. Bytes
// within strings that are not UTF-8 are passed on as they came in [Event.Raw].
func (c *Client) Events(ctx context.Context, runID string, opts ...EventsOption) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		resp, err := c.send(ctx, request{op: "get events", runID: runID, part: "/events", accept: "text/event-stream"})
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer resp.Body.Close()
		if err := c.checkStream(resp); err != nil {
			yield(Event{}, err)
			return
		}
		frames := &frameReader{r: resp.Body, max: c.maxEvent}
		for _, opt := range opts {
			opt(frames)
		}
		if frames.activity != nil {
			frames.activity()
		}
		err = eachEvent(frames, yield)
		if err != nil {
			yield(Event{}, streamError(ctx, err))
		}
	}
}

func (c *Client) checkStream(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return c.apiError("get events", resp)
	}
	contentType := resp.Header.Get("Content-Type")
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind != "text/event-stream" {
		err := fmt.Errorf("the answer is %q and not an event stream", oneLine(string(c.redact([]byte(contentType))), 100))
		return &RequestError{Op: "get events", Sent: true, Err: err}
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return &RequestError{Op: "get events", Sent: true, Err: errors.New("the stream is compressed, which was not asked for")}
	}
	return nil
}

// eachEvent yields events until the stream ends, or the loop, which is no error.
func eachEvent(frames *frameReader, yield func(Event, error) bool) error {
	for {
		f, err := frames.next()
		if err == io.EOF { //nolint:errorlint // the stream's own end; one within another error is a cut
			return nil
		}
		if err != nil {
			return err
		}
		if !yield(newEvent(f)) {
			return nil
		}
	}
}

func streamError(ctx context.Context, err error) error {
	var tooLarge *EventTooLargeError
	switch {
	case ctx.Err() != nil:
		err = withContext(ctx, err)
	case errors.As(err, &tooLarge), errors.Is(err, io.ErrUnexpectedEOF):
	default:
		err = fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
	}
	return fmt.Errorf("read events: %w", err)
}
