package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// plan is how much is measured.
type plan struct {
	holding []int         // live tasks to hold
	every   time.Duration // between two events of each: a simulated pro task says 0.2 a second
	crowd   int           // viewers of one task, besides a single one
	calm    time.Duration // between two events of that task
	ends    int           // tasks whose end is watched
	listed  []int         // tasks in a list
	logged  []int         // events of one task
	asked   int           // how often each page is asked for
	settle  time.Duration // until what was begun has come to rest
	window  time.Duration // for which costs are counted
}

func shortPlan() plan {
	return plan{
		holding: []int{1000, 3000, 10_000}, every: 5 * time.Second, crowd: 1000, calm: 500 * time.Millisecond, ends: 50, listed: []int{1000, 10_000, 100_000},
		logged: []int{1000, 10_000, 100_000}, asked: 200, settle: 4 * time.Second, window: 12 * time.Second,
	}
}

func fullPlan() plan {
	p := shortPlan()
	p.holding = append(p.holding, 20_000)
	p.listed = append(p.listed, 1_000_000)
	p.asked, p.settle, p.window = 1000, 15*time.Second, time.Minute
	return p
}

// parts are what can be measured, in this order.
var parts = []struct {
	name    string
	measure func(*bench, context.Context) error
}{
	{"live", (*bench).live},
	{"lists", (*bench).lists},
	{"logs", (*bench).logs},
	{"pages", (*bench).pages},
	{"simulator", (*bench).simulator},
}

func partNames() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// bench is one run of the harness.
type bench struct {
	config
	plan
	folder  string
	program program
	cluster *cluster
	files   int    // that one process may have open
	part    string // that is being measured
	figures []figure
	floors  floors
	shown   map[showing]watched // what a broadcast costs, once it was measured
	out     io.Writer
	begun   time.Time
	places  int // addresses that were given out
}

// measure does what is asked for and returns all figures.
func measure(ctx context.Context, c config, p plan, out io.Writer) (res results, err error) {
	b := &bench{config: c, plan: p, out: out, begun: time.Now(), floors: newFloors(), shown: make(map[showing]watched)}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.prepare(ctx); err != nil {
		return res, err
	}
	for _, part := range parts {
		if !slices.Contains(c.parts, part.name) {
			continue
		}
		b.part = part.name
		if err := part.measure(b, ctx); err != nil {
			return results{Figures: b.figures}, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return b.results()
}

func (b *bench) prepare(ctx context.Context) (err error) {
	if b.files, err = raiseFiles(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "taskyard-bench-"); err != nil {
		return err
	}
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o755); err != nil {
			return err
		}
	}
	b.say("the program is built")
	if b.program, err = build(ctx, filepath.Join(b.folder, "taskyard"), b.profiles != ""); err != nil {
		return err
	}
	b.cluster, err = startCluster()
	return err
}

func (b *bench) close() error {
	var errs []error
	if b.cluster != nil {
		errs = append(errs, b.cluster.close())
	}
	if b.folder != "" {
		errs = append(errs, os.RemoveAll(b.folder))
	}
	return errors.Join(errs...)
}

// say tells what happens, with the time since the beginning.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.out, "%6.1fs  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}

func (b *bench) add(f figure) {
	f.Part = b.part
	b.figures = append(b.figures, f)
}

// startUpstream starts a far end on an address of its own: 127.0.0.2 and so on, whose ports are all free.
func (b *bench) startUpstream() (*helper, error) {
	b.places++
	return help("upstream", fmt.Sprintf("127.0.0.%d:0", 1+b.places%250))
}

// sleep waits, or returns the context's cause.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pollEvery is how often it is asked at first whether something is so, and pollShare how often within the time that has
// passed: asking costs what is asked, and a time that is measured so is exact to a fiftieth.
const (
	pollEvery = 5 * time.Millisecond
	pollShare = 50
)

// until asks again and again until something is so, for some minutes at most.
func until(ctx context.Context, what string, is func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, fmt.Errorf("%s: it did not come", what))
	defer cancel()
	begun := time.Now()
	for {
		if done, err := is(); done || err != nil {
			return err
		}
		if err := sleep(ctx, max(pollEvery, time.Since(begun)/pollShare)); err != nil {
			return err
		}
	}
}
