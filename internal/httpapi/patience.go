package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// A reader that takes nothing for writeTimeout is cut: its goroutine and buffers would wait for ever. One that
// is slow but takes a chunk in that time is served to the end.
const (
	writeTimeout = 30 * time.Second
	chunkSize    = 64 << 10 // bytes; at the limit that is 17 kbit/s
)

// errReader marks a write that failed because of who reads.
var errReader = errors.New("the reader is gone or too slow")

// patientWriter writes in chunks, each with a deadline of its own.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// Write writes all of b.
func (p *patientWriter) Write(b []byte) (int, error) {
	written := 0
	for written < len(b) {
		p.extend()
		n, err := p.w.Write(b[written:min(written+chunkSize, len(b))])
		written += n
		if err != nil {
			return written, fmt.Errorf("%w: %w", errReader, err)
		}
	}
	return written, nil
}

// send writes b, if there is any, and hands everything to the connection.
func (p *patientWriter) send(b []byte) error {
	if _, err := p.Write(b); err != nil {
		return err
	}
	p.extend()
	if err := p.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", errReader, err)
	}
	return nil
}

// extend begins a new deadline. A connection without deadlines, as tests have it, is written to without.
func (p *patientWriter) extend() {
	_ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout))
}
