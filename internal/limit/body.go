package limit

import (
	"io"

	"github.com/taskyard/taskyard"
)

// errBodies is what a sender is told for whose body there is no room.
var errBodies = &taskyard.Error{
	Code: taskyard.CodeUnavailable, RetryAfter: fullRetry,
	Message: "The server is reading as much as it can. Try again in a moment.",
}

// body counts what is read of a request's body until the request ends: as long it may be in memory.
type body struct {
	io.ReadCloser
	limiter *Limiter
	visit   *visit
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && !b.limiter.hold(b.visit, int64(n)) {
		return 0, errBodies
	}
	return n, err //nolint:wrapcheck // io.EOF is compared as it is
}

// hold counts n bytes more of a visit; false if all together have too many.
func (l *Limiter) hold(v *visit, n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bodies+n > allBodies {
		return false
	}
	l.bodies += n
	v.body += n
	return true
}
