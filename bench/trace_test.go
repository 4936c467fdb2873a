package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// What the far end says is what a client of Parallel's API reads: over all connections, each message with the time at which
// it was said, and in the end the output.
func TestUpstreamSpeaksAsTheAPIDoes(t *testing.T) {
	up, err := help("upstream", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := up.stop(); err != nil {
			t.Error(err)
		}
	}()
	client, err := parallel.New("k", parallel.WithBaseURL(up.address))
	if err != nil {
		t.Fatal(err)
	}
	run, err := client.CreateRunJSON(t.Context(), []byte(`{"processor":"pro","input":"x","metadata":{"every":"0s","count":"300"}}`))
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now().Add(-time.Second)
	var first []string
	for connection := range 2 {
		said, ended := follow(t, client, run.RunID, begun)
		if !ended {
			t.Fatalf("connection %d ended without an end", connection)
		}
		if connection == 0 {
			first = said
		} else if len(said) != len(first) || said[0] != first[0] || said[len(said)-1] != first[len(first)-1] {
			t.Errorf("%d messages, and %d on the connection before", len(said), len(first))
		}
	}
	var c upstreamCounts
	if err := up.ask("counts", &c); err != nil {
		t.Fatal(err)
	}
	if want := (upstreamCounts{Creates: 1, Opened: 2, Written: 302, Messages: int64(len(first)), Ended: 1}); c != want {
		t.Errorf("it counts %+v, not %+v", c, want)
	}
}

// follow returns the messages of one connection, and whether it brought an end with an output.
func follow(t *testing.T, client *parallel.Client, runID string, begun time.Time) (said []string, ended bool) {
	t.Helper()
	for event, err := range client.Events(t.Context(), runID) {
		if err != nil {
			t.Fatal(err)
		}
		if message, ok := event.Message(); ok {
			at, ok := message.Timestamp.Time()
			if !ok || at.Before(begun) || at.After(time.Now()) {
				t.Fatalf("a message was said at %q", message.Timestamp)
			}
			said = append(said, string(event.Raw))
		}
		if state, ok := event.State(); ok {
			ended = state.Run.Status == parallel.StatusCompleted && state.Output != nil
		}
	}
	return said, ended
}

// A viewer reads from an event of ours and from one of upstream's when upstream said it.
func TestViewersKnowWhenAnEventWasSaid(t *testing.T) {
	at := time.Date(2026, 11, 28, 1, 2, 3, 456789000, time.UTC)
	for line, want := range map[string]struct{ isEnd, ok bool }{
		`data: {"type":"task_run.progress_msg.plan","message":"x","timestamp":"2026-11-28T01:02:03.456789Z"}`:                                                                                       {false, true},
		`data: {"seq":7,"type":"task_run.progress_msg.plan","data":{"type":"task_run.progress_msg.plan","timestamp":"2026-11-28T01:02:03.456789Z"},"timestamp":"2026-11-28T01:02:04.000Z"}`:         {false, true},
		`data: {"seq":9,"type":"task_run.state","data":{"type":"task_run.state","run":{"status":"completed","created_at":"2026-11-28T00:00:00.000000Z","modified_at":"2026-11-28T01:02:03.456789Z"`: {true, true},
		`data: {"seq":8,"type":"task_run.progress_stats","data":{},"timestamp":"2026-11-28T01:02:04.000Z"}`:                                                                                         {},
		`: connected`: {},
	} {
		got, isEnd, ok := saidAt([]byte(line))
		if isEnd != want.isEnd || ok != want.ok || ok && !got.Equal(at) {
			t.Errorf("%s: %v %t %t", line, got, isEnd, ok)
		}
	}
}

// The broadcast gives everybody what upstream says, as it came.
func TestBroadcastReachesEverybody(t *testing.T) {
	b := &broadcast{listeners: make(map[chan []byte]struct{})}
	stream, say := io.Pipe()
	go b.read(stream) // ends with the stream
	events := []chan []byte{make(chan []byte, 1), make(chan []byte, 1)}
	for _, e := range events {
		b.listeners[e] = struct{}{}
	}
	if _, err := io.WriteString(say, "event: a\ndata: b\n\n"); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if got := <-e; !bytes.Equal(got, []byte("event: a\ndata: b\n\n")) {
			t.Errorf("%q", got)
		}
	}
	if err := say.Close(); err != nil {
		t.Error(err)
	}
}
