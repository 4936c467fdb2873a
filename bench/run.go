package main

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// run is one run of the upstream. It says nothing while nobody listens, so that what it has said can be counted.
type run struct {
	*upstream
	pace
	id      string
	created time.Time
	due     int64 // when it speaks next, in ticks; the wheel's

	mu    sync.Mutex // guards all below
	conn  net.Conn   // nil while nobody listens
	said  []int64    // when each event was said, in Unix microseconds
	begun bool       // somebody has listened
	ended time.Time  // zero until the run has ended
	buf   []byte
}

func (r *run) hasEnded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended.IsZero()
}

// attach makes a connection the run's, in place of the one before. Upstream begins each with the state, all messages and
// the newest statistics.
func (r *run) attach(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hangUp()
	r.conn = conn
	state := r.trace.stateFrame(r.id, parallel.StatusRunning, r.created, r.created)
	r.write(r.replayed(state.chunk))
	first := !r.begun
	r.begun = true
	if first {
		r.done.written.Add(1) // the state
	}
	switch {
	case !r.ended.IsZero():
		r.sayEnd()
	case r.every == 0:
		r.sayAll()
	case first:
		r.wheel.add(r, 1+rand.Int64N(int64(r.every/tick))) // so that not all runs speak at once
	}
}

// replayed appends to b what was said so far.
func (r *run) replayed(b []byte) []byte {
	stats := -1
	for i, at := range r.said {
		if f := r.frame(i); f.message {
			b = f.appendAt(b, time.UnixMicro(at))
		} else {
			stats = i
		}
	}
	if stats >= 0 {
		b = r.frame(stats).appendAt(b, time.Time{})
	}
	return b
}

func (r *run) frame(i int) *frame { return &r.trace.frames[i%len(r.trace.frames)] }

// speak says the next event, if somebody listens, and reports whether there will be another.
func (r *run) speak() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		return true
	}
	r.buf = r.next(r.buf[:0])
	r.write(r.buf)
	if len(r.said) == r.count {
		r.sayEnd()
		return false
	}
	return true
}

// next appends the next event to b.
func (r *run) next(b []byte) []byte {
	now := time.Now()
	f := r.frame(len(r.said))
	r.said = append(r.said, now.UnixMicro())
	r.done.written.Add(1)
	if f.message {
		r.done.messages.Add(1)
	}
	return f.appendAt(b, now)
}

// writeSize is how much is written at once where there is more to say than one event, in bytes.
const writeSize = 64 << 10

// sayAll says everything up to the end.
func (r *run) sayAll() {
	for len(r.said) < r.count && r.conn != nil {
		r.buf = r.buf[:0]
		for len(r.said) < r.count && len(r.buf) < writeSize {
			r.buf = r.next(r.buf)
		}
		r.write(r.buf)
	}
	r.buf = nil
	if r.conn != nil {
		r.sayEnd()
	}
}

// sayEnd says the last state, with the output, and ends the stream.
func (r *run) sayEnd() {
	if r.ended.IsZero() {
		r.ended = time.Now()
		r.done.written.Add(1)
		r.done.ended.Add(1)
	}
	end := r.trace.stateFrame(r.id, parallel.StatusCompleted, r.created, r.ended)
	r.write(append(end.chunk, "0\r\n\r\n"...))
	r.hangUp()
}

// write sends bytes. A listener who has gone is noticed here: the connection is given up until there is another.
func (r *run) write(b []byte) {
	if r.conn == nil {
		return
	}
	if _, err := r.conn.Write(b); err != nil {
		r.hangUp()
	}
}

func (r *run) hangUp() {
	if r.conn != nil {
		_ = r.conn.Close()
		r.conn = nil
	}
}
