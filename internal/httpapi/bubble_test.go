package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/taskyard/taskyard/internal/limit"
)

// pipes are connections within a synctest bubble: unbuffered, so that a reader that does not read is felt at once.
type pipes struct {
	conns  chan net.Conn // no capacity: a dial waits for its accept
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// bubbleServer serves an API over pipes.
type bubbleServer struct {
	*server
	pipes  *pipes
	client *http.Client
	active atomic.Int64 // requests being served
}

// serve starts a server that ends with the test.
func serve(t *testing.T, s *server, protocols *http.Protocols) *bubbleServer {
	b := &bubbleServer{server: s, pipes: &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}}
	srv := &http.Server{Protocols: protocols, Handler: limit.Patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.active.Add(1)
		defer b.active.Add(-1)
		s.mux.ServeHTTP(w, r)
	}))}
	transport := &http.Transport{
		Protocols:   protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return b.pipes.dial(), nil },
	}
	b.client = &http.Client{Transport: transport}
	done := make(chan error) // no capacity: the cleanup below waits for it
	go func() { done <- srv.Serve(b.pipes) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return b
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

func http2() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

// sse is a stream as a reader sees it.
type sse struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Reader
	close context.CancelFunc
}

// open opens a stream; headers are names and values in turn.
func (b *bubbleServer) open(t *testing.T, target string, headers ...string) *sse {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", "http://example.com"+target, nil)
	must(err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	resp, err := b.client.Do(r)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s := &sse{t: t, resp: resp, lines: bufio.NewReader(resp.Body), close: cancel}
	t.Cleanup(s.leave)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" ||
		resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return s
}

// leave closes the connection as a browser does when its tab is closed.
func (s *sse) leave() {
	s.close()
	_ = s.resp.Body.Close()
}

// got is one block of a stream: lines up to an empty one.
type got struct {
	name, data string
	id         int64
	retry      int
	comment    bool
}

// next reads a block and holds its data against the contract. The error is io.EOF at the stream's proper end.
func (s *sse) next() (got, error) {
	s.t.Helper()
	var g got
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			return g, err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "\n":
			s.check(g)
			return g, nil
		case field == "":
			g.comment = true
		case field == "event":
			g.name = value
		case field == "data" && g.data == "":
			g.data = value
		case field == "id":
			g.id, err = strconv.ParseInt(value, 10, 64)
			must(err)
		case field == "retry":
			g.retry, err = strconv.Atoi(value)
			must(err)
		default:
			s.t.Fatalf("a line that should not be there: %q", line)
		}
	}
}

func (s *sse) check(g got) {
	schema, known := map[string]string{"": "Event", "task": "Task", "end": "StreamEnd", "gone": "StreamGone", "event": "FollowedEvent", "ended": "FollowedEnd"}[g.name]
	switch {
	case !known:
		s.t.Errorf("an event that is not described: %+v", g)
	case g.data != "":
		checkSchema(s.t, schema, []byte(g.data))
	}
}

// expect reads blocks and fails unless they are these.
func (s *sse) expect(want ...got) {
	s.t.Helper()
	for _, w := range want {
		if g, err := s.next(); err != nil || g != w {
			s.t.Fatalf("got %+v, %v, want %+v", g, err, w)
		}
	}
}

// expectEnd fails unless the stream ends properly here.
func (s *sse) expectEnd() {
	s.t.Helper()
	if g, err := s.next(); !errors.Is(err, io.EOF) {
		s.t.Fatalf("got %+v, %v, want the end", g, err)
	}
}

// What every stream begins with and what it says when there is nothing to say.
var (
	connected = got{comment: true, retry: 2000}
	beat      = got{comment: true}
)
