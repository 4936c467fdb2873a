package app

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// BenchmarkNewsBetweenNodes tells how much later a reader on another node has an event than one on the node that wrote it.
// One operation is one task; several run at a time.
func BenchmarkNewsBetweenNodes(b *testing.B) {
	server := pgtest.Own(b)
	url := server.URL("postgres")
	cfg := nodeConfig(url)
	cfg.SimulatorScale = 30
	nodes := make([]*App, 2)
	for i := range nodes {
		var err error
		if nodes[i], err = Start(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
		defer nodes[i].Stop(context.Background()) //nolint:errcheck // the figures are in by then
	}
	var mu sync.Mutex // guards delays
	var delays []time.Duration
	var group sync.WaitGroup
	slots := make(chan struct{}, 20)
	for range b.N {
		slots <- struct{}{}
		task, _, err := nodes[0].service.Submit(b.Context(), exampleSubmit())
		if err != nil {
			b.Fatal(err)
		}
		group.Go(func() {
			defer func() { <-slots }()
			times := make([][]time.Time, len(nodes))
			var readers sync.WaitGroup
			for i, node := range nodes {
				readers.Go(func() { times[i] = arrivals(b, node, task.ID) })
			}
			readers.Wait()
			mu.Lock()
			defer mu.Unlock()
			for i := range min(len(times[0]), len(times[1])) {
				d := times[0][i].Sub(times[1][i])
				delays = append(delays, max(d, -d)) // whoever wrote it has it first
			}
		})
	}
	group.Wait()
	slices.Sort(delays)
	at := func(q float64) float64 { return float64(delays[int(q*float64(len(delays)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(.5), "p50-ms")
	b.ReportMetric(at(.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(float64(len(delays)), "events")
}

// arrivals are when a reader on a node has each event of a log.
func arrivals(b *testing.B, a *App, id string) []time.Time {
	tail, err := live.New(a.store, a.hub).Tail(b.Context(), id, 0)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer tail.Close()
	var times []time.Time
	for {
		events, err := tail.Next(b.Context(), time.Minute)
		now := time.Now()
		for range events {
			times = append(times, now)
		}
		if errors.Is(err, io.EOF) {
			return times
		}
		if err != nil {
			b.Error(err)
			return nil
		}
	}
}
