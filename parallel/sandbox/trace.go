package sandbox

import (
	"slices"
	"sort"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// told is the trace of a simulated run: the state in which it starts to run, then messages, each followed by stats.
// It is worded event by event, so that a long one costs nothing until it is read.
type told struct {
	story    *story
	messages int
	length   time.Duration
}

func (t told) Len() int { return 1 + 2*t.messages }

// Shares of the length: messages lie between start and start+span; each has its slot, with the stats behind it.
const (
	start, span = 0.02, 0.95
	statsInSlot = 0.85
)

func (t told) Peek(i int) (time.Duration, string) {
	if i == 0 {
		return time.Duration(0.7 * start * float64(t.length)), parallel.EventState
	}
	n, stats := (i-1)/2, i%2 == 0
	if stats {
		return t.slot(n, statsInSlot), parallel.EventStats
	}
	return t.slot(n, 0.7*t.story.run.random(ofPace, n).Float64()), parallel.EventMessagePrefix + t.story.kind(n, t.messages)
}

// slot is a moment within the slot of message n.
func (t told) slot(n int, share float64) time.Duration {
	at := start + span*(float64(n)+share)/float64(t.messages)
	return time.Duration(at * float64(t.length))
}

func (t told) Event(i int) Event {
	at, kind := t.Peek(i)
	e := Event{At: at, Type: kind}
	n := (i - 1) / 2
	switch {
	case i == 0:
		e.Status = parallel.StatusRunning
	case kind == parallel.EventStats:
		e.Stats = t.story.stats(n, t.messages)
	default:
		e.Message = t.story.message(n, t.messages)
	}
	return e
}

// doubled is a trace in which every fourth event comes twice in a row, byte for byte: in a told one that is every
// other message.
type doubled struct{ Trace }

func (d doubled) Len() int                           { n := d.Trace.Len(); return n + n/4 }
func (d doubled) Peek(i int) (time.Duration, string) { return d.Trace.Peek(single(i)) }
func (d doubled) Event(i int) Event                  { return d.Trace.Event(single(i)) }

func single(i int) int { return i/5*4 + min(i%5, 3) }

// merged is a trace with a few more events between.
type merged struct {
	Trace
	extra []Event
	at    []int // places of the extra events, rising
}

func merge(base Trace, extra []Event) Trace {
	if len(extra) == 0 {
		return base
	}
	slices.SortStableFunc(extra, func(a, b Event) int { return int(a.At - b.At) })
	m := merged{Trace: base, extra: extra}
	for k, e := range extra {
		before := sort.Search(base.Len(), func(i int) bool { at, _ := base.Peek(i); return at > e.At })
		m.at = append(m.at, before+k)
	}
	return m
}

func (m merged) Len() int { return m.Trace.Len() + len(m.extra) }

// find returns the extra event at place i, or the place of the base's event.
func (m merged) find(i int) (extra *Event, base int) {
	k, found := slices.BinarySearch(m.at, i)
	if found {
		return &m.extra[k], 0
	}
	return nil, i - k
}

func (m merged) Peek(i int) (time.Duration, string) {
	extra, base := m.find(i)
	if extra != nil {
		return extra.At, extra.Type
	}
	return m.Trace.Peek(base)
}

func (m merged) Event(i int) Event {
	extra, base := m.find(i)
	if extra != nil {
		return *extra
	}
	return m.Trace.Event(base)
}
