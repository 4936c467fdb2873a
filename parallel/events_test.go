package parallel

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// stream returns a handler that writes the parts of an event stream, each flushed.
func stream(parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, part := range parts {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// collect reads a stream to its end: types of events, "invalid" for invalid frames, and the error it ended with.
func collect(ctx context.Context, c *Client, opts ...EventsOption) (types []string, end error) {
	for e, err := range c.Events(ctx, "trun_1", opts...) {
		invalid := (*InvalidFrameError)(nil)
		switch {
		case errors.As(err, &invalid):
			types = append(types, "invalid "+string(invalid.Data))
		case err != nil:
			return types, err
		default:
			types = append(types, e.Type)
		}
	}
	return types, nil
}

func TestEventsAreYieldedAsTheyCome(t *testing.T) {
	asked := 0
	h := stream(": hello\n\n", "event: task_run.state\ndata: {\"type\":\"task_run.state\"}\n\n", "event: ping\n\n",
		"data: [DONE]\n\nevent: new.kind\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\n", "event: error\ndata: {\"type\":\"error\"}\n\n")
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { asked++; h(w, r) })
	got, err := collect(t.Context(), c)
	want := []string{"task_run.state", "invalid [DONE]", "new.kind", "error"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if asked != 1 {
		t.Errorf("%d connections were made", asked)
	}
}

func TestAnEventIsYieldedBeforeTheNextByteComes(t *testing.T) {
	seen := make(chan struct{}) // closed when the event has been yielded
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stream("data: {}\r\n\r")(w, r)
		<-seen
		stream("\ndata: {}\n\n")(w, r)
	})
	n := 0
	for _, err := range c.Events(t.Context(), "trun_1") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			close(seen)
		}
	}
	if n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestACutStreamIsNotACleanEnd(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	for name, c := range map[string]struct {
		answer string
		cut    bool
	}{
		"chunks with their end":             {head + "Transfer-Encoding: chunked\r\n\r\na\r\ndata: {}\n\n\r\n0\r\n\r\n", false},
		"chunks without their end":          {head + "Transfer-Encoding: chunked\r\n\r\na\r\ndata: {}\n\n\r\n", true},
		"cut in a chunk":                    {head + "Transfer-Encoding: chunked\r\n\r\nff\r\ndata: {}\n\ndata: {}\n", true},
		"clean end of HTTP within an event": {head + "Transfer-Encoding: chunked\r\n\r\n13\r\ndata: {}\n\ndata: {}\n\r\n0\r\n\r\n", true},
		"length that is reached":            {head + "Content-Length: 10\r\n\r\ndata: {}\n\n", false},
		"length that is not reached":        {head + "Content-Length: 11\r\n\r\ndata: {}\n\n", true},
		"no length":                         {head + "Connection: close\r\n\r\ndata: {}\n\n", false},
		"no length, cut within an event":    {head + "Connection: close\r\n\r\ndata: {}\n\ndata: {}", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := collect(t.Context(), connect(t, listen(t, reply(c.answer))))
			if errors.Is(err, io.ErrUnexpectedEOF) != c.cut || !c.cut && err != nil || len(got) != 1 {
				t.Errorf("%d events, then %v", len(got), err)
			}
		})
	}
}

func TestAResetIsACut(t *testing.T) {
	address := listen(t, func(conn net.Conn) {
		reply("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\na\r\ndata: {}\n\n\r\n")(conn)
		_ = conn.(*net.TCPConn).SetLinger(0)
	})
	if _, err := collect(t.Context(), connect(t, address)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", err)
	}
}

func TestEventsEndWithTheContext(t *testing.T) {
	why := errors.New("the watchdog barked")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stream("data: {\"type\":\"a\"}\n\n")(w, r)
		<-r.Context().Done()
	})
	var end error
	for e, err := range c.Events(ctx, "trun_1") {
		if e.Type == "a" {
			cancel(why)
		}
		end = err
	}
	if !errors.Is(end, context.Canceled) || !errors.Is(end, why) || errors.Is(end, io.ErrUnexpectedEOF) {
		t.Errorf("ended with %v", end)
	}
}

func TestLeavingTheLoopClosesTheConnection(t *testing.T) {
	closed := make(chan struct{})
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stream("data: {}\n\ndata: {}\n\n")(w, r)
		<-r.Context().Done()
		close(closed)
	})
	for range c.Events(t.Context(), "trun_1") {
		break
	}
	<-closed
}

func TestRefusedStreams(t *testing.T) {
	for name, c := range map[string]struct {
		h      http.HandlerFunc
		status int // of the APIError; 0 wants a RequestError that was sent
	}{
		"401":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, 401},
		"204":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204},
		"JSON":        {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") }, 0},
		"HTML":        {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html; charset=x") }, 0},
		"no type":     {func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil }, 0},
		"broken type": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, c.h)
			_, err := collect(t.Context(), client)
			ae, re := (*APIError)(nil), (*RequestError)(nil)
			if c.status > 0 && (!errors.As(err, &ae) || ae.StatusCode != c.status) || c.status == 0 && (!errors.As(err, &re) || !re.Sent) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestAnEventOverTheLimitEndsTheStream(t *testing.T) {
	text := strings.Repeat("x", 5000)
	c, _ := serve(t, stream("data: {}\n\ndata: {\"a\":\""+text, text+"\"}\n\ndata: {}\n\n"), WithMaxEventSize(9000))
	got, err := collect(t.Context(), c)
	tooLarge := (*EventTooLargeError)(nil)
	if !errors.As(err, &tooLarge) || tooLarge.Limit != 9000 || len(got) != 1 || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d events, then %v", len(got), err)
	}
}

func TestAnEventOfManyMiBArrivesWhole(t *testing.T) {
	data := `{"type":"task_run.state","text":"` + strings.Repeat("Ünïcode\\n", 1<<20) + `"}`
	c, _ := serve(t, stream("data: "+data+"\n\n"))
	for e, err := range c.Events(t.Context(), "trun_1") {
		if err != nil || e.Type != "task_run.state" || string(e.Raw) != data {
			t.Errorf("type %q, %d bytes of %d, %v", e.Type, len(e.Raw), len(data), err)
		}
	}
}

func TestActivityIsSeenForHeadersCommentsAndParts(t *testing.T) {
	activity := make(chan struct{}) // unbuffered: each part is written after the one before was seen
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, part := range []string{"", ": heartbeat\n", "da", "ta: {", "}\n\n"} {
			stream(part)(w, r)
			<-activity
		}
	})
	got, err := collect(t.Context(), c, WithActivity(func() { activity <- struct{}{} }))
	if err != nil || len(got) != 1 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

// A server that compresses though it was asked not to must not be taken for one that sends rubbish.
func TestACompressedStreamIsRefused(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, "data: {}\n\n")
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		stream(b.String())(w, r)
	})
	_, err := collect(t.Context(), c)
	if re := (*RequestError)(nil); !errors.As(err, &re) {
		t.Errorf("ended with %v", err)
	}
}
