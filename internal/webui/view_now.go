package webui

import (
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

// nowLine says how it is at this moment: the run's newest message, what comes next, and what was heard last.
type nowLine struct {
	Message  string
	Next     wording.Next
	NextIn   string // until Next.At
	Last     string // the newest event in short; "" if it is not on this page of the log
	Heard    time.Time
	HeardAgo string
	Tone     string // live, warn or idle
	Live     bool
}

func nowOf(t taskyard.Task, up taskyard.Upstream, l log, now time.Time) nowLine {
	n := nowLine{Live: !t.Settled(), Tone: "idle"}
	if !n.Live {
		return n
	}
	n.Tone, n.Next = toneOf(t), wording.NextOf(t, up)
	n.NextIn = wording.In(n.Next.At.Sub(now))
	if l.timeline.IsTail && !l.heard.IsZero() {
		n.Message, _ = cut(firstLine(l.message), 300)
		n.Last, _ = cut(firstLine(l.last), 300)
		n.Heard, n.HeardAgo = l.heard, ago(now.Sub(l.heard))
	}
	return n
}

// toneOf is how well it goes for a task that has not ended.
func toneOf(t taskyard.Task) string {
	if t.CancelRequested {
		return "warn"
	}
	switch t.Activity.Phase {
	case taskyard.PhaseSubmitting, taskyard.PhaseStreaming, taskyard.PhaseFetching:
		return "live"
	case taskyard.PhaseRetrying, taskyard.PhaseReconnecting, taskyard.PhasePolling, taskyard.PhaseUnknown, taskyard.PhaseCancelling:
		return "warn"
	default:
		return "idle"
	}
}

// inShort is an event in the line of what was heard last. A message stands above it in full.
func (s saying) inShort() string {
	switch {
	case s.Group == "note":
		return s.Text
	case s.isMessage():
		return s.Label
	}
	return s.Label + ": " + s.Text
}

// isMessage reports whether the run says something by it.
func (s saying) isMessage() bool {
	switch s.Group {
	case "plan", "search", "tool", "result", "status":
		return !s.Mono
	}
	return false
}
