// Package wording says in plain words how a task stands, for the page and the API alike: what its events say, and what
// comes next for it.
package wording

import (
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// Next is what comes next for a task: a sentence or two, around the moment at which it comes if one is known.
type Next struct {
	Before string
	At     time.Time // zero if no moment is known
	After  string
}

// Sentence words it as of now; "" where nothing comes.
func (n Next) Sentence(now time.Time) string {
	if n.At.IsZero() {
		return n.Before + n.After
	}
	return n.Before + " " + In(n.At.Sub(now)) + n.After
}

// In says when something comes; a moment that has passed is now.
func In(d time.Duration) string {
	if d <= 0 {
		return "now"
	}
	return "in " + Span(d+time.Second-1) // rounded up: never "in 0 s"
}

// refID begins what an error of upstream ends with: a reference for its support, which the log has.
const refID = " (ref_id "

// maxReason bounds a reason within a sentence, in characters.
const maxReason = 300

// NextOf says what comes next for a task on its upstream. Nothing comes for one that has ended, and nothing is said
// of a phase that is not known here.
func NextOf(t taskyard.Task, up taskyard.Upstream) Next {
	w := facts{Task: t, at: Title(up.Name), up: up}
	switch {
	case t.Settled():
		return Next{}
	case t.CancelRequested || t.Activity.Phase == taskyard.PhaseCancelling:
		return w.cancelling()
	}
	switch t.Activity.Phase {
	case taskyard.PhaseWaiting, "":
		return w.waiting()
	case taskyard.PhaseSubmitting:
		return say("The task is being sent to %s. Once there is a run, it is followed.", w.at)
	case taskyard.PhaseRetrying:
		return w.retrying()
	case taskyard.PhaseStreaming:
		return w.streaming()
	case taskyard.PhaseReconnecting:
		return w.reconnecting()
	case taskyard.PhasePolling:
		return w.again("The run’s events cannot be read from %s%s. Its status is asked for", -1, ", and its result once it has ended.")
	case taskyard.PhaseFetching:
		return w.fetching()
	case taskyard.PhaseUnknown:
		return w.unknown()
	}
	return Next{}
}

// Title is an upstream's name within a sentence.
func Title(upstream string) string {
	switch upstream {
	case "parallel":
		return "Parallel"
	case "simulator":
		return "the simulator"
	}
	return upstream
}

// facts are what the sentences are made of.
type facts struct {
	taskyard.Task
	up taskyard.Upstream
	at string // the upstream's title
}

func say(format string, args ...any) Next {
	return Next{Before: Sentence(fmt.Sprintf(format, args...))}
}

// again says what is done again, when, and the how-manieth time it then is: the activity's attempt and some more. The
// format takes the upstream and the reason. Below 0 attempts are not counted.
func (w facts) again(format string, more int, after string) Next {
	n := say(format, w.at, w.reason())
	n.After = after
	if w.Activity.Attempt > 0 && more >= 0 {
		n.After = fmt.Sprintf(" (attempt %d)", w.Activity.Attempt+more) + after
	}
	if w.Activity.RetryAt != nil {
		n.At = *w.Activity.RetryAt
	} else {
		n.Before += " soon"
	}
	return n
}

func (w facts) reason() string {
	reason, _, _ := strings.Cut(strings.Join(strings.Fields(w.Activity.Reason), " "), refID)
	reason = strings.TrimRight(reason, ".")
	if reason == "" {
		return ""
	}
	reason, _ = Cut(reason, maxReason)
	return " (" + reason + ")"
}

func (w facts) waiting() Next {
	if w.Activity.RetryAt == nil {
		return say("This server sends the task to %s as soon as its turn comes.", w.at)
	}
	return w.again("The task waits for its turn at %s%s. It is sent", 0, ".")
}

func (w facts) reconnecting() Next {
	const meanwhile = "; the run does not depend on that, and what it says meanwhile is read then."
	if w.Activity.Attempt == 0 { // nothing failed: it waits for its turn
		return w.again("This server waits to read from %s%s. It goes on", 0, meanwhile)
	}
	return w.again("The link from this server to %s broke%s. It is opened again", 0, meanwhile)
}

func (w facts) retrying() Next {
	after := "; nothing was billed."
	if w.up.Simulated {
		after = "."
	}
	return w.again("%s did not take the task%s. It is sent again", 1, after)
}

func (w facts) streaming() Next {
	switch w.Status {
	case taskyard.StatusQueued:
		return say("The run waits for its turn at %s. Its events are shown as they come, and then its result.", w.at)
	case taskyard.StatusActionRequired:
		return say("The run waits for an action that %s asks for. This server goes on following it.", w.at)
	}
	return say("The run goes on at %s. Its events are shown as they come, and then its result.", w.at)
}

func (w facts) fetching() Next {
	if w.Activity.RetryAt == nil {
		return say("The run has completed. Its result is being fetched from %s.", w.at)
	}
	return w.again("The run has completed, and %s has not given its result yet%s. It is asked for again", 1, ".")
}

func (w facts) unknown() Next {
	if w.up.Simulated {
		return say("The task was sent to %s, and the answer was lost%s. There may be a run: send the task again, or cancel it here.", w.at, w.reason())
	}
	return say("The task was sent to %s, and the answer was lost%s. It may have been billed: look at %s, then send it again or cancel it here.",
		w.at, w.reason(), w.at)
}

// cancelling is for a task that the user has cancelled and that has not ended yet.
func (w facts) cancelling() Next {
	switch {
	case w.Activity.Phase == taskyard.PhaseCancelling && w.Activity.RetryAt != nil:
		return w.again("%s could not be told to cancel the run%s. It is told again", 1, ".")
	case w.Activity.Phase == taskyard.PhaseCancelling:
		return say("%s is told to cancel the run. It is followed until it is cancelled, for a short while at most.", w.at)
	case w.RunID == "" && w.Submission == taskyard.SubmissionNone:
		return say("The task is about to be cancelled. It is not sent.")
	case w.RunID == "" && w.Submission == taskyard.SubmissionSending:
		return say("The task is being sent to %s. It is cancelled as soon as the answer is there.", w.at)
	case w.RunID == "":
		return say("The task is about to be cancelled. If there is a run, it may go on%s.", w.billed())
	case w.up.Cancels:
		return say("%s is about to be told to cancel the run.", w.at)
	}
	return say("This server is about to stop following. %s", CannotCancel(w.up))
}

// billed ends a sentence about a run that may go on.
func (w facts) billed() string {
	if w.up.Simulated {
		return ""
	}
	return " and be billed"
}

// CannotCancel says what a cancel leaves of a run on an upstream that has no call for it.
func CannotCancel(up taskyard.Upstream) string {
	return Sentence(Title(up.Name) + " has no cancel call: the run may go on" + facts{up: up}.billed() + ".")
}
