package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"
)

// fault is one thing that goes wrong. It returns when that is over.
type fault struct {
	name string
	do   func(ctx context.Context, r *rand.Rand) error
}

// counts is how often each thing went wrong.
type counts struct {
	mu sync.Mutex // guards of
	of map[string]int
}

func (c *counts) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.of[name]++
}

// work does one thing after the other, each once before any comes again, until the context ends.
func (w *world) work(ctx context.Context, hand string, r *rand.Rand, faults []fault) {
	for {
		for _, i := range r.Perm(len(faults)) {
			sleep(ctx, between(r, time.Second, 6*time.Second))
			if ctx.Err() != nil {
				return
			}
			w.say("%s: %s", hand, faults[i].name)
			w.faults.add(faults[i].name)
			if err := faults[i].do(ctx, r); err != nil && ctx.Err() == nil {
				w.wrong.add("%s: %v", faults[i].name, err)
			}
		}
	}
}

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)))
}

func (w *world) processFaults() []fault {
	return []fault{
		{"kill -9", func(ctx context.Context, _ *rand.Rand) error {
			return w.restart(ctx, func() error { w.server.kill(); return nil })
		}},
		{"kill -9 in a burst", func(ctx context.Context, _ *rand.Rand) error {
			w.users.burst()
			return w.restart(ctx, func() error { w.server.kill(); return nil })
		}},
		{"kill -9 while it starts", func(ctx context.Context, r *rand.Rand) error {
			return w.restart(ctx, func() error {
				w.server.kill()
				starting, cancel := context.WithTimeout(ctx, between(r, time.Millisecond, 300*time.Millisecond))
				defer cancel()
				_ = w.server.start(starting) // it is not given the time
				w.server.kill()
				return nil
			})
		}},
		{"SIGTERM in a burst", func(ctx context.Context, _ *rand.Rand) error {
			w.users.burst()
			return w.restart(ctx, func() error { return w.terminate(w.server) })
		}},
		{"SIGTERM twice", func(ctx context.Context, r *rand.Rand) error {
			return w.restart(ctx, func() error {
				w.server.signal(syscall.SIGTERM)
				sleep(ctx, between(r, time.Millisecond, 30*time.Millisecond))
				w.server.signal(syscall.SIGTERM)
				w.server.wait()
				return nil
			})
		}},
		{"SIGSTOP", func(ctx context.Context, r *rand.Rand) error {
			w.server.hand.Lock()
			defer w.server.hand.Unlock()
			w.server.signal(syscall.SIGSTOP)
			sleep(ctx, between(r, 6*time.Second, 12*time.Second))
			w.server.signal(syscall.SIGCONT)
			return nil
		}},
		{"the clock jumps between two lives", func(ctx context.Context, r *rand.Rand) error {
			return w.restart(ctx, func() error {
				w.server.kill()
				return w.disk.jump(ctx, jumpOf(r))
			})
		}},
		{"the clock jumps", func(ctx context.Context, r *rand.Rand) error { return w.disk.jump(ctx, jumpOf(r)) }},
	}
}

// jumpOf is at most some hours: idempotency keys are remembered for two days.
func jumpOf(r *rand.Rand) time.Duration { return between(r, -3*time.Hour, 3*time.Hour) }

// restart ends the process in some way and starts it again.
func (w *world) restart(ctx context.Context, end func() error) error {
	w.server.hand.Lock()
	defer w.server.hand.Unlock()
	if err := end(); err != nil && ctx.Err() == nil {
		w.wrong.add("%v", err)
	}
	w.users.searchDisk()
	return w.server.startUntilServing(ctx)
}

// terminate holds the server to its promise of an orderly end, unless the disk does not let it keep it.
func (w *world) terminate(s *server) error {
	before := w.quiet()
	err := s.terminate()
	if after := w.quiet(); err != nil && (before < 0 || after != before) && !strings.Contains(err.Error(), "did not end within") {
		return nil
	}
	return err
}

func (w *world) diskFaults() []fault {
	locked := fault{"the database is locked", func(ctx context.Context, r *rand.Rand) error {
		return w.disk.trouble(func() error { return w.disk.lock(ctx, between(r, time.Second, 9*time.Second)) })
	}}
	if !w.disk.own {
		w.say("disk: only root can have a small disk of its own: it is never full and never read-only")
		return []fault{locked}
	}
	return []fault{
		locked,
		{"the disk is full", func(ctx context.Context, r *rand.Rand) error {
			return w.disk.trouble(func() error {
				if err := w.disk.fill(); err != nil {
					return fmt.Errorf("fill the disk: %w", err)
				}
				sleep(ctx, between(r, time.Second, 8*time.Second))
				return w.disk.empty()
			})
		}},
		{"the database is read-only", func(ctx context.Context, _ *rand.Rand) error {
			return w.disk.trouble(func() error { return w.startReadOnly(ctx) })
		}},
	}
}

// startReadOnly starts the server on a disk that it cannot write: it must say so and end.
func (w *world) startReadOnly(ctx context.Context) error {
	w.server.hand.Lock()
	defer w.server.hand.Unlock()
	w.server.kill()
	if err := w.disk.readOnly(true); err != nil {
		return err
	}
	err := w.server.start(ctx)
	switch {
	case err == nil:
		w.wrong.add("the server started on a disk that it cannot write")
		w.server.kill()
	case ctx.Err() == nil && !understandable(err):
		w.wrong.add("on a read-only disk: %v", err)
	}
	if err := w.disk.readOnly(false); err != nil {
		return err
	}
	return w.server.startUntilServing(ctx)
}

func (w *world) upstreamFaults() []fault {
	u := w.upstream
	return []fault{
		{"upstream is down", func(ctx context.Context, r *rand.Rand) error {
			u.down()
			sleep(ctx, between(r, time.Second, 15*time.Second))
			return u.up()
		}},
		{"upstream is down for a minute", func(ctx context.Context, r *rand.Rand) error {
			if r.IntN(3) > 0 { // not in every round, or most of the time nothing would happen
				u.cut()
				return nil
			}
			u.down()
			sleep(ctx, time.Minute)
			return u.up()
		}},
		{"upstream restarts", func(context.Context, *rand.Rand) error { return u.restart() }},
		{"all connections are reset", func(context.Context, *rand.Rand) error { u.cut(); return nil }},
		{"connections are reset again and again", func(ctx context.Context, r *rand.Rand) error {
			for range 20 {
				u.cut()
				sleep(ctx, between(r, time.Millisecond, 200*time.Millisecond))
			}
			return nil
		}},
		{"upstream does not answer", func(ctx context.Context, r *rand.Rand) error {
			ctx, cancel := context.WithTimeout(ctx, between(r, time.Second, 10*time.Second))
			defer cancel()
			u.feel(dumb(ctx))
			u.cut()
			<-ctx.Done()
			u.feel(nil)
			return nil
		}},
		{"upstream is overloaded", func(ctx context.Context, r *rand.Rand) error {
			u.feel(refusing([]int{429, 500, 503}[r.IntN(3)], false))
			u.cut()
			sleep(ctx, between(r, time.Second, 8*time.Second))
			u.feel(nil)
			return nil
		}},
		{"a proxy answers for upstream", func(ctx context.Context, r *rand.Rand) error {
			u.feel(refusing([]int{502, 504}[r.IntN(2)], true))
			u.cut()
			sleep(ctx, between(r, time.Second, 5*time.Second))
			u.feel(nil)
			return nil
		}},
	}
}
