package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// broadcast is the floor of showing a live task: it reads one stream and hands each event, as it came, to everybody who
// listens. Nothing is parsed or stored.
type broadcast struct {
	mu        sync.Mutex // guards listeners
	listeners map[chan []byte]struct{}
}

// broadcastRole makes a run at the upstream with the given time between events, and serves it.
func broadcastRole(ctx context.Context, args []string) (role, error) {
	every, err := time.ParseDuration(args[1])
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	resp, err := openRun(ctx, plainClient(), args[0], pace{every: every})
	if err != nil {
		return nil, err
	}
	b := &broadcast{listeners: make(map[chan []byte]struct{})}
	go b.read(resp.Body)                                                // ends with the process
	go func() { _ = http.Serve(listener, http.HandlerFunc(b.serve)) }() // likewise
	return served{"http://" + listener.Addr().String(), func(string) (any, error) { return nil, nil }}, nil
}

// read gives each event to all listeners; one that is far behind misses it.
func (b *broadcast) read(stream io.Reader) {
	lines := bufio.NewReader(stream)
	var frame []byte
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		frame = append(frame, line...)
		if len(bytes.TrimSpace(line)) > 0 {
			continue
		}
		b.mu.Lock()
		for listener := range b.listeners {
			select {
			case listener <- frame:
			default:
			}
		}
		b.mu.Unlock()
		frame = nil
	}
}

func (b *broadcast) serve(w http.ResponseWriter, r *http.Request) {
	events := make(chan []byte, 64) // some seconds of events
	b.mu.Lock()
	b.listeners[events] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.listeners, events)
		b.mu.Unlock()
	}()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	_, err := io.WriteString(w, ": connected\n\n")
	for err == nil {
		if err = control.Flush(); err != nil {
			return
		}
		select {
		case frame := <-events:
			_, err = w.Write(frame)
		case <-r.Context().Done():
			return
		}
	}
}
