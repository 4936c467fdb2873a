package limit

import (
	"net/http"
	"time"
)

// A reader that takes nothing for WriteTimeout is cut: its goroutine and buffers would wait for ever. One that is slow but
// takes a chunk in that time is served to the end.
const (
	WriteTimeout = 30 * time.Second
	ChunkSize    = 64 << 10 // bytes; at the limit that is 17 kbit/s
)

// Patient gives the readers of all answers that much time.
func Patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &patient{w, http.NewResponseController(w)}
		p.extend() // the connection may have one from its last request
		next.ServeHTTP(p, r)
		p.extend() // for what net/http still holds
	})
}

// patient writes in chunks, each with a deadline of its own.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Unwrap lets [http.ResponseController] find the connection.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write writes all of b.
func (p *patient) Write(b []byte) (int, error) {
	written := 0
	for {
		p.extend()
		n, err := p.ResponseWriter.Write(b[written:min(written+ChunkSize, len(b))])
		written += n
		if err != nil || written >= len(b) {
			return written, err //nolint:wrapcheck // as a ResponseWriter has it
		}
	}
}

// FlushError hands everything to the connection.
func (p *patient) FlushError() error {
	p.extend()
	return p.control.Flush() //nolint:wrapcheck // as it is
}

// extend begins a new deadline. A connection without deadlines, as tests have it, is written to without.
func (p *patient) extend() { _ = p.control.SetWriteDeadline(time.Now().Add(WriteTimeout)) }
