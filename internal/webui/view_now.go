package webui

import (
	"strconv"
	"time"

	"github.com/taskyard/taskyard"
)

// nowLine says what is happening at this moment: the run's newest message, and what this server does for it.
type nowLine struct {
	Message  string
	Heard    time.Time // when the newest event was heard; zero if there is none
	HeardAgo string
	Doing    string
	RetryAt  time.Time // zero unless this server waits to try again
	RetryIn  string
	Tone     string // live, warn or idle
	Live     bool
}

func nowOf(t taskyard.Task, l log, now time.Time) nowLine {
	n := nowLine{Live: !t.Settled(), Tone: "live"}
	n.Message, _ = cut(firstLine(l.message), 300)
	if !l.heard.IsZero() {
		n.Heard, n.HeardAgo = l.heard, ago(now.Sub(l.heard))
	}
	if !n.Live {
		n.Tone = "idle"
		return n
	}
	n.Doing, n.Tone = doing(t)
	if at := t.Activity.RetryAt; at != nil && at.After(now) {
		n.RetryAt, n.RetryIn = *at, "in "+span(at.Sub(now)+time.Second) // rounded up: never "in 0 s"
	}
	return n
}

// doing says what this server does for a task that has not ended, and whose link is broken if one is.
func doing(t taskyard.Task) (text, tone string) {
	a := t.Activity
	reason := ""
	if a.Reason != "" {
		reason = ": " + a.Reason
	}
	reason, _ = cut(reason, 400)
	if t.CancelRequested {
		return "Stopping. This server is about to let go of the run.", "warn"
	}
	switch a.Phase {
	case taskyard.PhaseWaiting, "":
		return "Waiting for its turn on this server" + reason, "idle"
	case taskyard.PhaseSubmitting:
		return "Submitting to " + t.Upstream, "live"
	case taskyard.PhaseRetrying:
		return "Submission did not get through" + attempt(a) + reason, "warn"
	case taskyard.PhaseStreaming:
		return "Following the event stream of " + t.Upstream, "live"
	case taskyard.PhaseReconnecting:
		return "The link from this server to " + t.Upstream + " is down" + attempt(a) + reason, "warn"
	case taskyard.PhasePolling:
		return "Events cannot be read. Asking " + t.Upstream + " for the status at intervals" + reason, "warn"
	case taskyard.PhaseFetching:
		return "Completed upstream. Fetching the result" + attempt(a) + reason, "live"
	case taskyard.PhaseUnknown:
		return "Waiting for your decision", "warn"
	default:
		return sentence(string(a.Phase)) + reason, "idle"
	}
}

func attempt(a taskyard.Activity) string {
	if a.Attempt < 2 {
		return ""
	}
	return " (attempt " + strconv.Itoa(a.Attempt) + ")"
}
