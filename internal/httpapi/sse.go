package httpapi

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

const (
	// heartbeat is well below the minute after which proxies close what is silent, and below the time a reader has, after
	// which HTTP/2 resets a stream even if nothing is being written.
	heartbeat = 15 * time.Second
	// retry is how soon a browser comes back after a broken connection.
	retry = 2 * time.Second
	// frameChunk is how many bytes of frames are gathered before they are written, and what a buffer keeps four of.
	frameChunk = 64 << 10
	// At a shutdown browsers come back spread over this time, so that the next process is not met by all at once.
	drainRetryLeast, drainRetryMost = 1 * time.Second, 5 * time.Second
)

// eventStream writes server-sent events. It holds no buffer while it waits, as most streams wait most of the time.
type eventStream struct {
	out out
}

// openStream sends the headers and a comment at once, so that the reader knows that it is connected.
func openStream(w http.ResponseWriter) (*eventStream, error) {
	setStreamHeaders(w)
	w.WriteHeader(http.StatusOK)
	s := &eventStream{out: newOut(w)}
	return s, s.out.send(fmt.Appendf(nil, ": connected\nretry: %d\n\n", retry.Milliseconds()))
}

// setStreamHeaders keeps caches and proxies from holding events back.
func setStreamHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
}

// beat sends a comment line. A comment, because there are clients that take any event for one of theirs.
func (s *eventStream) beat() error { return s.out.send([]byte(":\n\n")) }

// drain tells the reader when to come back. The caller then ends the stream.
func (s *eventStream) drain() error {
	wait := drainRetryLeast + rand.N(drainRetryMost-drainRetryLeast)
	return s.out.send(fmt.Appendf(nil, ": the server is restarting\nretry: %d\n\n", wait.Milliseconds()))
}

// frameBuffers hold what is about to be written.
var frameBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// send renders n frames, writes them and flushes once. Many go out in parts, so that no buffer grows with them.
func (s *eventStream) send(n int, render func(b *bytes.Buffer, i int) error) error {
	b := frameBuffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= 4*frameChunk { // a huge event's buffer is not kept
			b.Reset()
			frameBuffers.Put(b)
		}
	}()
	for i := range n {
		if err := render(b, i); err != nil {
			return err
		}
		if b.Len() < frameChunk {
			continue
		}
		if _, err := s.out.Write(b.Bytes()); err != nil {
			return err
		}
		b.Reset()
	}
	return s.out.send(b.Bytes())
}

// sendJSON sends one frame, see renderJSON.
func (s *eventStream) sendJSON(name string, id int64, v any) error {
	return s.send(1, func(b *bytes.Buffer, _ int) error { return renderJSON(b, name, id, v) })
}

// renderJSON renders an event with a name of its own, and with an id unless that is 0.
func renderJSON(b *bytes.Buffer, name string, id int64, v any) error {
	data, err := encode(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	fmt.Fprintf(b, "event: %s\n", name)
	if id != 0 {
		fmt.Fprintf(b, "id: %d\n", id)
	}
	fmt.Fprintf(b, "data: %s\n", data) // which ends with a newline
	return nil
}
