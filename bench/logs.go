package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ofEvents is what figures of long logs are about.
const ofEvents = "events"

// logs measures single tasks with many events.
func (b *bench) logs(ctx context.Context) error {
	return b.onServers(ctx, "a task of %d events on %s", b.logged, b.logOf)
}

func (b *bench) logOf(ctx context.Context, s *server, n int) error {
	if err := b.rushOf(ctx, s, n); err != nil {
		return err
	}
	return b.diskOf(ctx, s, n)
}

// longReads is how often a long task is read in each way; the figure is the median.
const longReads = 5

// rushOf lets a run say everything at once, and reads it back in every way.
func (b *bench) rushOf(ctx context.Context, s *server, n int) error {
	add := func(name, unit string, value float64) {
		b.add(figure{Name: name, Engine: s.database.engine, Work: n, Of: ofEvents, Unit: unit, Value: value})
	}
	cpu, err := s.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	id, err := finishedTask(ctx, s, n)
	if err != nil {
		return err
	}
	add("a rush of events until the task has ended", "s", time.Since(begun).Seconds())
	after, err := s.cpu()
	if err != nil {
		return err
	}
	add("processor for a rush of events", "s", (after - cpu).Seconds())
	for _, p := range []page{
		{"a long task, as JSON", "/task/" + id, 0},
		{"a long task, as HTML", "/tasks/" + id, 0},
		{"a long task, exported as NDJSON", "/tasks/" + id + ".ndjson", 0},
		{"a long task, exported as one HTML file", "/tasks/" + id + ".html", 0},
		{"a long task, the stream from the middle to the end", fmt.Sprintf("/api/tasks/%s/events?after=%d", id, n/2), 0},
	} {
		var times [longReads]time.Duration
		for i := range times {
			if times[i], err = s.read(ctx, p.path); err != nil {
				return err
			}
		}
		slices.Sort(times[:])
		add(p.name, "ms", milliseconds(times[longReads/2]))
	}
	memory, err := s.memory()
	add("memory after a long task was read", "MiB", kib(memory)/1024)
	return err
}

// diskOf measures what an event takes on disk, beside its own bytes: all that the database has grown by, for a second task.
func (b *bench) diskOf(ctx context.Context, s *server, n int) error {
	sized := func() (int64, error) {
		if err := s.terminate(); err != nil {
			return 0, err
		}
		size, err := s.database.size(ctx)
		return size, errors.Join(err, s.start(ctx))
	}
	before, err := sized()
	if err != nil {
		return err
	}
	id, err := finishedTask(ctx, s, n)
	if err != nil {
		return err
	}
	after, err := sized()
	if err != nil {
		return err
	}
	var task struct {
		Events []struct{ Data rawSize }
	}
	if err := s.get(ctx, "/task/"+id, &task); err != nil {
		return err
	}
	bytes := 0
	for _, e := range task.Events {
		bytes += int(e.Data)
	}
	b.add(figure{
		Name: "disk of an event", Engine: s.database.engine, Work: n, Of: ofEvents, Unit: "bytes", Value: float64(after-before) / float64(n), Each: true,
		Floor: float64(bytes) / float64(n), Under: "its JSON",
	})
	return nil
}

// rawSize is the size of a JSON value without its white space.
type rawSize int

// UnmarshalJSON implements [json.Unmarshaler].
func (s *rawSize) UnmarshalJSON(data []byte) error {
	var compact bytes.Buffer
	err := json.Compact(&compact, data)
	*s = rawSize(compact.Len())
	return err
}
