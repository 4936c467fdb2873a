package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// upstream is the far end of all streams: it speaks as much of the Task API as a run needs, from prepared bytes. The
// simulator makes up each run anew and tells the truth about all that can go wrong; this one is for numbers. A waiting
// stream costs it a connection and no goroutine, so that 20,000 of them leave the machine to what is measured.
type upstream struct {
	trace *trace
	wheel wheel
	done  counted

	mu   sync.Mutex // guards runs
	runs map[string]*run
}

// counted is what the upstream has done. Its counts are asked for by name, over the pipe.
type counted struct {
	creates, opened, written, messages, ended atomic.Int64
}

// upstreamCounts is counted as it travels.
type upstreamCounts struct {
	Creates  int64 `json:"creates"`
	Opened   int64 `json:"opened"`   // streams, each connection counts
	Written  int64 `json:"written"`  // events, without those that were sent again
	Messages int64 `json:"messages"` // those among them that are sent again on every connection
	Ended    int64 `json:"ended"`    // runs
}

// upstreamRole serves until its input ends. It listens on the address that it is given, as one address has ports for
// some 28,000 connections only.
func upstreamRole(ctx context.Context, args []string) (role, error) {
	t, err := record(ctx)
	if err != nil {
		return nil, fmt.Errorf("take a run down: %w", err)
	}
	listener, err := net.Listen("tcp", args[0])
	if err != nil {
		return nil, err
	}
	u := &upstream{trace: t, runs: make(map[string]*run)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/tasks/runs", u.create)
	mux.HandleFunc("GET /v1/tasks/runs/{id}", u.status)
	mux.HandleFunc("GET /v1/tasks/runs/{id}/events", u.events)
	go u.wheel.turn()                             // ends with the process
	go func() { _ = http.Serve(listener, mux) }() // likewise
	return served{"http://" + listener.Addr().String(), u.answer}, nil
}

func (u *upstream) answer(command string) (any, error) {
	switch command {
	case "counts":
		c := &u.done
		return upstreamCounts{c.creates.Load(), c.opened.Load(), c.written.Load(), c.messages.Load(), c.ended.Load()}, nil
	case "pause", "resume":
		u.wheel.paused.Store(command == "pause")
		return nil, nil
	}
	return nil, errors.New("the upstream knows no command " + command)
}

// pace is how a run behaves, from the metadata of its create call.
type pace struct {
	every time.Duration // between two events; 0: all of them as soon as somebody listens
	count int           // of events before the end; 0: it never ends
}

func (p pace) metadata() map[string]string {
	return map[string]string{"every": p.every.String(), "count": fmt.Sprint(p.count)}
}

func readPace(body []byte) (p pace, err error) {
	var in struct {
		Metadata struct{ Every, Count string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return p, err
	}
	if _, err := fmt.Sscan(in.Metadata.Count, &p.count); err != nil {
		return p, err
	}
	p.every, err = time.ParseDuration(in.Metadata.Every)
	if err == nil && p.every < tick && (p.every != 0 || p.count == 0) {
		err = fmt.Errorf("events every %s are too many", p.every)
	}
	return p, err
}

func (u *upstream) create(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p, err := readPace(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	now := time.Now()
	made := &run{upstream: u, pace: p, id: fmt.Sprintf("trun_%032x", u.done.creates.Add(1)), created: now}
	u.mu.Lock()
	u.runs[made.id] = made
	u.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(runJSON(made.id, parallel.StatusQueued, now, now))
}

// find is the run that a call is about; nil where there is none, which has been answered then.
func (u *upstream) find(w http.ResponseWriter, r *http.Request) *run {
	u.mu.Lock()
	defer u.mu.Unlock()
	found := u.runs[r.PathValue("id")]
	if found == nil {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"type":"error","error":{"ref_id":"bench","message":"no such run"}}`)
	}
	return found
}

func (u *upstream) status(w http.ResponseWriter, r *http.Request) {
	found := u.find(w, r)
	if found == nil {
		return
	}
	status := parallel.StatusRunning
	if found.hasEnded() {
		status = parallel.StatusCompleted
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(runJSON(found.id, status, found.created, time.Now()))
}

// streamHead is the head of every stream.
const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"

// events gives the connection to its run, and lets go of all that net/http holds for it.
func (u *upstream) events(w http.ResponseWriter, r *http.Request) {
	found := u.find(w, r)
	if found == nil {
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // it has gone
	}
	if _, err := conn.Write([]byte(streamHead)); err != nil {
		_ = conn.Close()
		return
	}
	u.done.opened.Add(1)
	found.attach(conn)
}
