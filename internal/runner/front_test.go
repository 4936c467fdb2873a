package runner_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// front is a server before the sandbox, in one of several ways of reaching it.
type front struct {
	t         *testing.T
	transport *http.Transport
	protocols http.Protocols
	listen    func() (net.Listener, error)
	base      string

	mu     sync.Mutex // guards server
	server *http.Server
	served sync.WaitGroup
}

// newFront serves on loopback, or on pipes where network is "pipe"; in HTTP/2 or in HTTP/1.1.
func newFront(t *testing.T, network string, http2 bool) *front {
	t.Helper()
	f := &front{t: t}
	f.protocols.SetHTTP1(!http2)
	f.protocols.SetUnencryptedHTTP2(http2)
	var dialer net.Dialer
	f.transport = &http.Transport{Protocols: &f.protocols, DialContext: dialer.DialContext}
	if network == "pipe" {
		pipes := &pipes{conns: make(chan net.Conn)}
		f.base, f.transport.DialContext = "http://pipe", pipes.dial
		f.listen = func() (net.Listener, error) { return pipes.open(), nil }
		return f
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	f.base = "http://" + addr
	f.listen = func() (net.Listener, error) {
		if l != nil {
			first := l
			l = nil
			return first, nil
		}
		return net.Listen("tcp", addr)
	}
	return f
}

type connKey struct{}

// start serves a handler until stop.
func (f *front) start(h http.Handler) {
	l, err := f.listen()
	if err != nil {
		f.t.Error(err)
		return
	}
	server := &http.Server{Handler: h, Protocols: &f.protocols, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}}
	f.mu.Lock()
	f.server = server
	f.mu.Unlock()
	f.served.Go(func() { _ = server.Serve(l) }) // stop waits for it
}

// restart ends every connection and serves anew.
func (f *front) restart() {
	f.mu.Lock()
	server := f.server
	f.mu.Unlock()
	_ = server.Close()
	f.start(server.Handler)
}

func (f *front) stop() {
	f.mu.Lock()
	_ = f.server.Close()
	f.mu.Unlock()
	f.served.Wait()
	f.transport.CloseIdleConnections()
}

// pipes are connections within the process.
type pipes struct{ conns chan net.Conn }

// pipeListener is one life of a listener on pipes.
type pipeListener struct {
	*pipes
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) open() net.Listener { return &pipeListener{pipes: p, closed: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), ours.Close(), theirs.Close())
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.IPAddr{} }

// reset breaks the request's connection as a router does that forgot it.
func reset(r *http.Request) {
	c := r.Context().Value(connKey{}).(net.Conn)
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
	panic(http.ErrAbortHandler)
}

// What stands between the server and the sandbox.
type wrap func(next http.Handler) http.Handler

func isEvents(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/events") }

// onEvents answers the first n streams in another way.
func onEvents(n int64, answer http.HandlerFunc) wrap {
	return onFirst(n, isEvents, answer)
}

// onFirst answers the first n matching calls in another way.
func onFirst(n int64, match func(*http.Request) bool, answer http.HandlerFunc) wrap {
	return func(next http.Handler) http.Handler {
		var seen atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if match(r) && seen.Add(1) <= n {
				answer(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// eachFrame changes the frames of streams; number counts the streams from 1, last that it is the stream's end (nil
// frame).
func eachFrame(change func(number int64, frame []byte) []byte) wrap {
	return func(next http.Handler) http.Handler {
		var streams atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !isEvents(r) {
				next.ServeHTTP(w, r)
				return
			}
			number := streams.Add(1)
			f := &frames{ResponseWriter: w, change: func(frame []byte) []byte { return change(number, frame) }}
			next.ServeHTTP(f, r)
			_, _ = w.Write(change(number, nil)) // a client that has gone needs nothing
		})
	}
}

// frames hands what is written on frame by frame.
type frames struct {
	http.ResponseWriter
	change func([]byte) []byte
	rest   []byte
}

func (f *frames) Unwrap() http.ResponseWriter { return f.ResponseWriter }

func (f *frames) Write(p []byte) (int, error) {
	f.rest = append(f.rest, p...)
	for {
		i := bytes.Index(f.rest, []byte("\n\n"))
		if i < 0 {
			return len(p), nil
		}
		frame := f.rest[:i+2]
		if _, err := f.ResponseWriter.Write(f.change(frame)); err != nil {
			return 0, err
		}
		f.rest = f.rest[i+2:]
	}
}

// buffering is a proxy that passes nothing on before it has the whole answer.
func buffering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isEvents(r) {
			next.ServeHTTP(w, r)
			return
		}
		held := &buffer{ResponseWriter: w}
		next.ServeHTTP(held, r)
		_, _ = w.Write(held.Bytes())
	})
}

type buffer struct {
	http.ResponseWriter
	bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error)       { return b.Buffer.Write(p) }
func (b *buffer) WriteHeader(int)                   {}
func (b *buffer) FlushError() error                 { return nil }
func (b *buffer) Unwrap() http.ResponseWriter       { return b.ResponseWriter }
func (b *buffer) WriteString(s string) (int, error) { return b.Buffer.WriteString(s) }

// zipping is a proxy that compresses what the client takes compressed.
func zipping(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := &zipped{ResponseWriter: w, zip: gzip.NewWriter(w)}
		next.ServeHTTP(z, r)
		_ = z.zip.Close()
	})
}

type zipped struct {
	http.ResponseWriter
	zip *gzip.Writer
}

func (z *zipped) WriteHeader(status int) {
	z.Header().Del("Content-Length")
	z.ResponseWriter.WriteHeader(status)
}
func (z *zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }
func (z *zipped) Write(p []byte) (int, error) { return z.zip.Write(p) }
func (z *zipped) FlushError() error {
	return errors.Join(z.zip.Flush(), http.NewResponseController(z.ResponseWriter).Flush())
}
