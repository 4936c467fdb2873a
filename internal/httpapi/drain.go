package httpapi

import (
	"context"
	"errors"
	"net/http"
)

// errDraining ends a stream because the server is shutting down.
var errDraining = errors.New("the server is shutting down")

// drainContext is a context that ends when the server begins to shut down.
type drainContext struct {
	context.Context
	done <-chan struct{}
}

func (c drainContext) Done() <-chan struct{} { return c.done }

func (c drainContext) Err() error {
	select {
	case <-c.done:
		return context.Canceled
	default:
		return nil
	}
}

// untilDrained returns the request's context, which also ends, with errDraining as its cause, when the server
// begins to shut down. The caller calls stop when it is done.
func (a *API) untilDrained(r *http.Request) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(r.Context())
	detach := context.AfterFunc(a.draining, func() { cancel(errDraining) })
	return ctx, func() {
		detach()
		cancel(nil)
	}
}
