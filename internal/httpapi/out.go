package httpapi

import (
	"errors"
	"fmt"
	"net/http"
)

// errReader marks a write that failed because of who reads.
var errReader = errors.New("the reader is gone or too slow")

// out writes an answer. How long it waits for a slow reader is the connection's affair.
type out struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newOut(w http.ResponseWriter) out { return out{w, http.NewResponseController(w)} }

// Write writes all of b.
func (o out) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil {
		return n, fmt.Errorf("%w: %w", errReader, err)
	}
	return n, nil
}

// send writes b, if there is any, and hands everything to the connection.
func (o out) send(b []byte) error {
	if len(b) > 0 {
		if _, err := o.Write(b); err != nil {
			return err
		}
	}
	if err := o.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", errReader, err)
	}
	return nil
}
