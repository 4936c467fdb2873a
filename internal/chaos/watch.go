package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// watched is a log as a browser saw it: a hash of each event, by its seq from 1.
type watched struct {
	id     string
	events []uint64
	gone   bool // the task was deleted
}

// watchAll follows one task after the other live, each to its end over as many connections as that takes.
func (u *users) watchAll(during, after context.Context, r *rand.Rand) {
	for during.Err() == nil {
		sleep(during, between(r, 100*time.Millisecond, 2*time.Second))
		t, ok := u.any(r)
		if !ok {
			continue
		}
		seen := &watched{id: t.id}
		for ended := false; !ended && after.Err() == nil; {
			ended = u.watch(after, seen)
			sleep(after, 200*time.Millisecond)
		}
		if after.Err() == nil {
			u.mu.Lock()
			u.seen = append(u.seen, seen)
			u.mu.Unlock()
		}
	}
}

// watch reads one stream from where the last one ended, and reports whether the log has ended.
func (u *users) watch(ctx context.Context, seen *watched) (ended bool) {
	// A stream is silent for 15 s at most; then it says that it is there.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(40*time.Second, cancel)
	defer silence.Stop()
	header := http.Header{"Last-Event-Id": {strconv.Itoa(len(seen.events))}}
	if len(seen.events) == 0 {
		header = nil
	}
	resp, err := u.w.do(ctx, u.client, http.MethodGet, "/api/tasks/"+seen.id+"/events", header, nil)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNoContent:
		return true
	case http.StatusNotFound:
		seen.gone = true
		return true
	default:
		if resp.StatusCode < 500 {
			u.w.wrong.add("the stream of task %s from %d answers %s", seen.id, len(seen.events), resp.Status)
			return true
		}
		return false
	}
	lines := bufio.NewReader(resp.Body)
	name := ""
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return false
		}
		silence.Reset(40 * time.Second)
		field, value, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(": "))
		switch string(field) {
		case "event":
			name = string(value)
		case "data":
			if name != "" {
				seen.gone = seen.gone || name == "gone"
				return true
			}
			if err := seen.take(value); err != nil {
				u.w.wrong.add("the stream of task %s: %v", seen.id, err)
				return true
			}
		}
	}
}

// take counts one event, which must be the next.
func (s *watched) take(frame []byte) error {
	var e event
	if err := json.Unmarshal(frame, &e); err != nil {
		return fmt.Errorf("%w in %.200s", err, frame)
	}
	if want := int64(len(s.events) + 1); e.Seq != want {
		return fmt.Errorf("event %d comes where %d should", e.Seq, want)
	}
	s.events = append(s.events, e.hash())
	return nil
}

// event is one of a log, as the API tells it.
type event struct {
	Seq  int64
	Type string
	Data json.RawMessage
}

func (e *event) hash() uint64 {
	h := fnv.New64a()
	var data bytes.Buffer
	if json.Compact(&data, e.Data) != nil {
		data.Write(e.Data)
	}
	_, _ = io.WriteString(h, e.Type+"\x00"+data.String()) // a hash takes everything
	return h.Sum64()
}
