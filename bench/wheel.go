package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tick is how finely runs are timed.
	tick = 5 * time.Millisecond
	// slots is how many ticks the wheel has; runs that speak less often are passed over.
	slots = 4096
)

// wheel lets each run speak when it is due. One goroutine turns it: a timer for each of 20,000 runs would cost more than
// what they say.
type wheel struct {
	paused atomic.Bool

	mu  sync.Mutex // guards all below
	now int64      // ticks so far
	due [slots][]*run
}

// add lets a run speak in a number of ticks.
func (w *wheel) add(r *run, in int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put(r, w.now+in)
}

func (w *wheel) put(r *run, due int64) {
	r.due = due
	w.due[due%slots] = append(w.due[due%slots], r)
}

// turn goes on for ever. What it is late with it makes up for.
func (w *wheel) turn() {
	begun := time.Now()
	for passed := int64(0); ; passed++ {
		time.Sleep(time.Until(begun.Add(time.Duration(passed) * tick)))
		for _, r := range w.pass() {
			if w.paused.Load() || r.speak() {
				w.add(r, int64(r.every/tick))
			}
		}
	}
}

// pass moves on by a tick and returns the runs that are due with it.
func (w *wheel) pass() []*run {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now++
	slot := &w.due[w.now%slots]
	var due, later []*run
	for _, r := range *slot {
		if r.due == w.now {
			due = append(due, r)
		} else {
			later = append(later, r)
		}
	}
	*slot = later
	return due
}
