package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// BaseURL is an address that only the client of [Sandbox.Client] can reach.
const BaseURL = "http://sandbox.invalid"

// Client returns an HTTP client whose every request is answered by the sandbox, over connections within the process:
// no port is opened, so nobody else can reach it, and it works within [testing/synctest] bubbles. Its connections
// end with the sandbox. Whatever the address is, https too, it is the sandbox that answers. It must be called before
// Close, if at all.
func (s *Sandbox) Client() *http.Client {
	s.insideOnce.Do(func() { s.inside = serveInside(s) })
	return s.inside.client
}

// inside is an HTTP server on connections within the process.
type inside struct {
	conns  chan net.Conn // no capacity: a dial waits for its accept
	closed chan struct{}
	once   sync.Once
	server *http.Server
	served chan error // capacity 1: Serve's error waits here for close
	client *http.Client
}

func serveInside(h http.Handler) *inside {
	l := &inside{conns: make(chan net.Conn), closed: make(chan struct{}), served: make(chan error, 1)}
	l.server = &http.Server{Handler: h} //nolint:gosec // its only clients are of this process
	l.client = &http.Client{Transport: &http.Transport{DialContext: l.dial, DialTLSContext: l.dial, MaxIdleConnsPerHost: 100}}
	go func() { l.served <- l.server.Serve(l) }() // close waits for it
	return l
}

func (l *inside) close() error {
	err := l.server.Close()
	l.client.CloseIdleConnections()
	if served := <-l.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// dial returns the client's end of a new connection.
func (l *inside) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "memory", Err: ctx.Err()}
	}
}

// Accept returns the server's end of the next dial; with Close and Addr it makes this a [net.Listener].
func (l *inside) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and later dials.
func (l *inside) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr names the listener.
func (l *inside) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }
