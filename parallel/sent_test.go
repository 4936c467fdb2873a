package parallel

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// listen runs accept on each connection of a listener until the test ends.
func listen(t *testing.T, accept func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}) // closed when no more is accepted
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accept(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

// readRequest reads one request with its body.
func readRequest(conn net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

func TestSentIsFalseOnlyWhenNothingCanHaveArrived(t *testing.T) {
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := unused.Addr().String()
	_ = unused.Close()
	ended, cancel := context.WithCancelCause(context.Background())
	why := errors.New("no longer wanted")
	cancel(why)

	for name, c := range map[string]struct {
		ctx     context.Context
		address string
		opts    []Option
		sent    bool
		is      error
	}{
		"port refused":                    {address: "http://" + refused},
		"host that does not resolve":      {address: "http://name.invalid", opts: []Option{failingResolver()}},
		"TLS to a server that has none":   {address: strings.Replace(listen(t, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.0 400 no\r\n\r\n")) }), "http:", "https:", 1)},
		"context ended before":            {address: listen(t, func(net.Conn) {}), ctx: ended, is: why},
		"closed without reading":          {address: listen(t, func(net.Conn) {}), sent: true},
		"closed after reading":            {address: listen(t, readRequest), sent: true},
		"closed in the head":              {address: listen(t, reply("HTTP/1.1 202 Acc")), sent: true},
		"closed in the body":              {address: listen(t, reply("HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{\"run_id\":")), sent: true, is: io.ErrUnexpectedEOF},
		"closed in a chunk":               {address: listen(t, reply("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"run_id\"")), sent: true, is: io.ErrUnexpectedEOF},
		"answer that is no HTTP":          {address: listen(t, reply("220 smtp.example.com\r\n\r\n")), sent: true},
		"transport that reports no trace": {address: "http://example.com", opts: []Option{WithHTTPClient(&http.Client{Transport: silentTransport{}})}, sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			run, err := connect(t, c.address, c.opts...).CreateRunJSON(ctx, json.RawMessage(`{"processor":"core","input":"x"}`))
			re := (*RequestError)(nil)
			if !errors.As(err, &re) {
				t.Fatalf("got %+v, %v", run, err)
			}
			if re.Sent != c.sent || !strings.HasPrefix(err.Error(), "create run: ") || strings.Contains(err.Error(), "not sent") == c.sent {
				t.Errorf("sent is %v: %v", re.Sent, err)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

func reply(text string) func(net.Conn) {
	return func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, text)
	}
}

// failingResolver is a network without names, so that no test asks a real one.
func failingResolver() Option {
	return WithHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
		},
	}})
}

type silentTransport struct{}

func (silentTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("something went wrong somewhere")
}

func TestCancelledWhileTheServerThinksIsSent(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("changed my mind")
	address := listen(t, func(conn net.Conn) {
		readRequest(conn)
		cancel(why)
		_, _ = io.Copy(io.Discard, conn) // until the client closes
	})
	_, err := connect(t, address).CreateRunJSON(ctx, json.RawMessage(`{}`))
	re := (*RequestError)(nil)
	if !errors.As(err, &re) || !re.Sent || !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestCancelledWhileDialingIsNotSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := connect(t, "http://example.com", WithHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			cancel()
			return nil, ctx.Err()
		},
	}}))
	_, err := c.CreateRunJSON(ctx, json.RawMessage(`{}`))
	if re := (*RequestError)(nil); !errors.As(err, &re) || re.Sent || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Nothing here may send a create twice: it may be billed twice.
func TestACreateIsSentOnce(t *testing.T) {
	var n atomic.Int32
	address := listen(t, func(conn net.Conn) {
		br := bufio.NewReader(conn)
		for keepAlive := true; keepAlive; { // answer the first request of all, then close on each
			r, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			keepAlive = n.Add(1) == 1
			if keepAlive {
				_, _ = io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 19\r\n\r\n{\"run_id\":\"trun_1\"}")
			}
		}
	})
	c := connect(t, address)
	if _, err := c.CreateRunJSON(t.Context(), json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	_, err := c.CreateRunJSON(t.Context(), json.RawMessage(`{}`))
	if re := (*RequestError)(nil); !errors.As(err, &re) || !re.Sent || n.Load() != 2 {
		t.Errorf("%d requests arrived, error %v", n.Load(), err)
	}
}

func TestHTTP2TellsTheSame(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came over %s", r.Proto)
		}
		if r.Method == http.MethodGet {
			stream("data: {}\n\n")(w, r)
		}
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c := connect(t, server.URL, WithHTTPClient(server.Client()))
	_, err := c.CreateRunJSON(t.Context(), json.RawMessage(`{}`))
	if re := (*RequestError)(nil); !errors.As(err, &re) || !re.Sent {
		t.Errorf("aborted create: %v", err)
	}
	got, err := collect(t.Context(), c)
	if len(got) != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("aborted stream: %d events, then %v", len(got), err)
	}
}
