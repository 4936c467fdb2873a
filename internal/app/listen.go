package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/taskyard/taskyard"
)

// Bounds of a connection. A slow sender is cut; answers have deadlines of their own per write, because a stream
// may last for hours.
const (
	headerTimeout  = 10 * time.Second
	bodyTimeout    = 30 * time.Second // from the first byte of the headers; also where nobody reads the body, as net/http waits for it
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout, // net/http takes it off when the body has come, so that streams outlive it
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug), // mostly clients that went away
	}
}

// Listen opens a TCP port, and says what is wrong where it cannot.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	return l, nil
}

// listenError says what is wrong with an address in words for whoever chose it.
func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: addr + " is in use by another program; stop it, or choose another port with --addr", Err: err}
	case errors.Is(err, syscall.EACCES):
		return &taskyard.Error{Code: taskyard.CodeForbidden, Message: "the system does not allow listening on " + addr + "; choose a port above 1023 with --addr", Err: err}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return &taskyard.Error{Code: taskyard.CodeInvalid, Message: "cannot listen on " + addr, Err: err}
}
