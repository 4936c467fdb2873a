package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// What the figures of live tasks are about.
const (
	ofTasks = "live tasks"

	underRead   = "read, parse"
	underInsert = "read, parse, insert"
)

// live holds live tasks: floors first, then the program, on each engine.
func (b *bench) live(ctx context.Context) error {
	for _, n := range b.liveCounts() {
		if err := b.readFloors(ctx, n); err != nil {
			return err
		}
		for _, engine := range engines {
			if err := b.hold(ctx, engine, n); err != nil {
				return fmt.Errorf("%d tasks on %s: %w", n, engine, err)
			}
		}
	}
	return nil
}

// spareFiles are left for viewers, creates and the database.
const spareFiles = 1500

// liveCounts are those of the plan, as far as a process may open so many connections here.
func (b *bench) liveCounts() []int {
	var counts []int
	for _, n := range b.plan.holding {
		if most := b.files - spareFiles; n > most {
			b.say("one process may open %d files here: %d live tasks instead of %d", b.files, most, n)
			n = most
		}
		counts = append(counts, n)
	}
	return slices.Compact(counts)
}

func kib(bytes int64) float64 { return float64(bytes) / 1024 }

// held is the program with live tasks.
type held struct {
	*bench
	n        int
	engine   string
	upstream *helper
	database *database
	server   *server
	idle     int64   // its memory before the first task, in bytes
	load     float64 // cores that it needs while nobody watches
}

// hold lets the program hold n live tasks on an engine, and measures all that is about them.
func (b *bench) hold(ctx context.Context, engine string, n int) (err error) {
	b.say("%d live tasks on %s", n, engine)
	h := &held{bench: b, n: n, engine: engine}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	if h.upstream, err = b.startUpstream(); err != nil {
		return err
	}
	if h.database, err = b.emptyDatabase(ctx, engine); err != nil {
		return err
	}
	if h.server, err = serve(ctx, b.program, h.database, h.upstream.address); err != nil {
		return err
	}
	steps := []func(context.Context) error{h.rest, h.burst, h.work}
	if n >= mostWatched || n == slices.Max(b.plan.holding) {
		steps = append(steps, h.watch, h.watchEnds)
	}
	for _, step := range append(steps, h.restarts, h.check) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mostWatched is from how many live tasks on delays are measured: fewer are no burden.
const mostWatched = 10_000

func (h *held) close(ctx context.Context) error {
	var errs []error
	if h.server != nil && h.server.process != nil {
		errs = append(errs, h.server.kill())
	}
	if h.upstream != nil {
		errs = append(errs, h.upstream.stop())
	}
	if h.database != nil {
		errs = append(errs, h.database.drop(context.WithoutCancel(ctx)))
	}
	return errors.Join(errs...)
}

// figure adds one about the tasks that are held.
func (h *held) figure(f figure) {
	f.Engine, f.Work, f.Of = h.engine, h.n, ofTasks
	h.add(f)
}

// counts are the upstream's.
func (h *held) counts() (c upstreamCounts, err error) {
	err = h.upstream.ask("counts", &c)
	return c, err
}

// rest measures the program while nothing happens.
func (h *held) rest(ctx context.Context) (err error) {
	if err := sleep(ctx, h.settle); err != nil {
		return err
	}
	if h.idle, err = h.server.memory(); err != nil || h.n != h.plan.holding[0] {
		return err
	}
	c, err := h.watchCosts(ctx, h.server.process, h.database, h.upstream)
	h.add(figure{Name: "processor while nothing happens", Engine: h.engine, Unit: "% of a core", Value: 100 * c.cpu.Seconds() / c.span.Seconds()})
	h.add(figure{Name: "memory while nothing happens", Engine: h.engine, Unit: "MiB", Value: kib(h.idle) / 1024})
	return err
}

// createWorkers is how many creates are under way at a time in a burst.
const createWorkers = 64

// burst creates all tasks as fast as it can, and waits until all are followed.
func (h *held) burst(ctx context.Context) error {
	cpu, err := h.server.cpu()
	if err != nil {
		return err
	}
	begun := time.Now()
	times, err := h.createAll(ctx)
	if err != nil {
		return err
	}
	answered := time.Since(begun)
	if err := h.awaitOpened(ctx, int64(h.n)); err != nil {
		return err
	}
	followed := time.Since(begun)
	after, err := h.server.cpu()
	slices.Sort(times)
	h.figure(figure{Name: "creates in a burst", Unit: "a second", Value: float64(h.n) / answered.Seconds(), Unfit: true})
	h.figure(figure{Name: "a create in a burst, p99", Unit: "ms", Value: milliseconds(times[len(times)*99/100]), Unfit: true})
	h.figure(figure{Name: "burst of creates until all are followed", Unit: "s", Value: followed.Seconds()})
	h.figure(figure{Name: "processor to create and follow a task", Unit: "ms", Value: milliseconds(after-cpu) / float64(h.n), Each: true})
	return err
}

func (h *held) createAll(ctx context.Context) ([]time.Duration, error) {
	times := make([]time.Duration, h.n)
	var mu sync.Mutex // guards failed
	var failed error
	var group sync.WaitGroup
	next := make(chan int)
	for range createWorkers {
		group.Go(func() {
			for i := range next {
				begun := time.Now()
				_, err := h.server.create(ctx, pace{every: h.every})
				times[i] = time.Since(begun)
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range h.n {
		next <- i
	}
	close(next)
	group.Wait()
	return times, failed
}

// awaitOpened waits until so many streams were opened since the beginning.
func (h *held) awaitOpened(ctx context.Context, n int64) error {
	return until(ctx, fmt.Sprintf("%d open streams", n), func() (bool, error) {
		c, err := h.counts()
		return c.Opened >= n, err
	})
}

// work measures what the tasks cost while they are followed.
func (h *held) work(ctx context.Context) error {
	if err := sleep(ctx, h.settle); err != nil {
		return err
	}
	profiled := h.takeProfiles(ctx)
	c, err := h.watchCosts(ctx, h.server.process, h.database, h.upstream)
	if err != nil {
		return err
	}
	memory, err := h.server.memory()
	if err := errors.Join(err, <-profiled); err != nil {
		return err
	}
	h.load = c.cpu.Seconds() / c.span.Seconds()
	h.figure(figure{Name: "streams opened again while nothing is wrong", Unit: "streams", Value: float64(c.opened), Unfit: true})
	floor := h.floors.insert[floorKey(h.engine, h.n)]
	h.figure(figure{
		Name: "processor for a stored event", Unit: "µs", Value: c.each(), Each: true, Floor: floor.each(), Under: underInsert, MostRatio: 2,
	})
	if h.engine == postgres {
		h.figure(figure{
			Name: "PostgreSQL's processor for a stored event", Unit: "µs", Value: c.databaseEach(), Each: true, Floor: floor.databaseEach(), Under: underInsert,
		})
	}
	h.figure(figure{
		Name: "memory of a live task", Unit: "KiB", Value: kib(memory-h.idle) / float64(h.n), Each: true,
		Floor: h.floors.memory[h.n], Under: underRead, MostRatio: 1.5,
	})
	return nil
}

// takeProfiles takes a profile of processors while costs are counted, and of memory and locks behind it, if it was told to.
func (h *held) takeProfiles(ctx context.Context) <-chan error {
	done := make(chan error, 1) // its reader may wait for other things first
	if h.server.profiles == "" {
		done <- nil
		return done
	}
	file := func(kind string) string {
		return filepath.Join(h.bench.profiles, fmt.Sprintf("%s-%d-%s.pprof", strings.ToLower(h.engine), h.n, kind))
	}
	go func() { // work waits for it
		err := h.server.profile(ctx, "cpu?for="+h.window.String(), file("cpu"))
		for _, kind := range []string{"heap", "allocs", "mutex", "block", "goroutine"} {
			err = errors.Join(err, h.server.profile(ctx, kind, file(kind)))
		}
		done <- err
	}()
	return done
}

// restarts measures how soon all tasks are followed again: after an ordinary end, and after a crash.
func (h *held) restarts(ctx context.Context) error {
	ordinary, err := h.restart(ctx, h.server.terminate)
	if err != nil {
		return err
	}
	f := figure{Name: "restart until all tasks are followed", Unit: "s", Value: ordinary.Seconds()}
	switch h.n {
	case 1000:
		f.Most = 1
	case 10_000:
		f.Most = 5
	}
	h.figure(f)
	crash, err := h.restart(ctx, h.server.kill)
	h.figure(figure{Name: "kill -9 until all tasks are followed", Unit: "s", Value: crash.Seconds(), Most: 10})
	return err
}

// restart ends the program and starts it again, and returns how long that one takes to follow all tasks.
func (h *held) restart(ctx context.Context, end func() error) (time.Duration, error) {
	if err := end(); err != nil {
		return 0, err
	}
	before, err := h.counts()
	if err != nil {
		return 0, err
	}
	if err := h.server.start(ctx); err != nil {
		return 0, err
	}
	err = h.awaitOpened(ctx, before.Opened+before.Creates-before.Ended)
	return time.Since(h.server.begun), err
}

// check sees that no event was lost and none was stored twice, over all restarts.
func (h *held) check(ctx context.Context) error {
	if err := h.upstream.ask("pause", nil); err != nil {
		return err
	}
	if err := sleep(ctx, h.settle); err != nil {
		return err
	}
	said, err := h.counts()
	if err != nil {
		return err
	}
	if err := h.server.terminate(); err != nil {
		return err
	}
	stored, err := h.database.messages(ctx)
	if err != nil {
		return err
	}
	if stored != said.Messages {
		return fmt.Errorf("upstream said %d messages, and %d are stored", said.Messages, stored)
	}
	f := figure{Name: "live tasks held over two restarts, no event lost or doubled", Engine: h.engine, Unit: "tasks", Value: float64(h.n)}
	if h.n >= mostWatched {
		f.Least = mostWatched
	}
	h.add(f)
	return nil
}
