package httpapi

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

// activity is [taskyard.Activity] with our times, what comes next and what was heard last.
type activity struct {
	Phase   taskyard.Phase `json:"phase"`
	Since   stamp          `json:"since"`
	Attempt int            `json:"attempt,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	RetryAt *stamp         `json:"retryAt,omitempty"`
	Next    *string        `json:"next"`  // as of now; null when the task has ended
	Heard   *heard         `json:"heard"` // null when the task has ended, and in lists
}

// heard is the newest event of a log, in short.
type heard struct {
	Type string `json:"type"`
	Text string `json:"text"`
	At   stamp  `json:"at"`
}

// maxHeard bounds the text of what was heard, in characters; the log has all of it.
const maxHeard = 300

// activity returns nil as long as nothing has been done for the task. It does not read the log.
func (a *API) activity(t taskyard.Task) *activity {
	now := t.Activity
	if now.Phase == "" {
		return nil
	}
	next := wording.NextOf(t, taskyard.FindUpstream(a.service.Upstreams(), t.Upstream)).Sentence(time.Now())
	return &activity{Phase: now.Phase, Since: stamp(now.Since), Attempt: now.Attempt, Reason: now.Reason, RetryAt: (*stamp)(now.RetryAt), Next: orNull(next)}
}

// itemHeard describes one task with what was heard last. Lists do without: it is a query for each task.
func (a *API) itemHeard(ctx context.Context, t taskyard.Task) (item, error) {
	i := a.item(t)
	if i.Activity == nil || t.Settled() || t.LastSeq == 0 {
		return i, nil
	}
	events, err := a.store.Events(ctx, t.Num, t.LastSeq-1, t.LastSeq, 1, 1)
	if err != nil {
		return i, fmt.Errorf("read what was heard last: %w", err)
	}
	if len(events) > 0 { // else the task was deleted meanwhile
		i.Activity.Heard = newHeard(events[0])
	}
	return i, nil
}

func newHeard(ev taskyard.Event) *heard {
	text, _ := wording.Event(ev)
	text, _ = wording.Cut(strings.Join(strings.Fields(text), " "), maxHeard)
	return &heard{Type: ev.Type, Text: text, At: stamp(ev.At)}
}
