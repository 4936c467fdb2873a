package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// asOf is a task as it stood when event at was its newest, worked out from its log by the rules by which the runner
// wrote both. What a runner does between two events (it waits, it sends) is not in the log and not in it.
func (ui *UI) asOf(ctx context.Context, t taskyard.Task, at int64) (taskyard.Task, time.Time, error) {
	past := taskyard.Task{
		Num: t.Num, ID: t.ID, Status: taskyard.StatusPending, Processor: t.Processor, Upstream: t.Upstream, Mode: t.Mode, Preview: t.Preview,
		Title: t.Title, Tags: t.Tags, Betas: t.Betas, CreatedAt: t.CreatedAt, LastSeq: at,
		Activity: taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: t.CreatedAt},
	}
	when := t.CreatedAt
	for after := int64(0); after < at; {
		events, err := ui.store.Events(ctx, t.Num, after, at, timelineRows, eventBytes)
		if err != nil {
			return past, when, fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			return past, when, taskyard.Errorf(taskyard.CodeNotFound, "There is no task with this address. It may have been deleted.")
		}
		for _, ev := range events {
			advance(&past, ev)
			when = ev.At
		}
		after = events[len(events)-1].Seq
	}
	if t.Settled() && at == t.LastSeq {
		return t, t.CompletedAt, nil
	}
	return past, when, nil
}

// advance takes a task over one event of its log.
func advance(t *taskyard.Task, ev taskyard.Event) {
	switch ev.Type {
	case "task_run.progress_stats":
		t.Progress = progressOf(ev.Data)
	case "task_run.state":
		var state struct {
			Run runState `json:"run"`
		}
		_ = json.Unmarshal(ev.Data, &state)                        // without a status it says nothing
		if state.Run.Status != "" && !terminal(state.Run.Status) { // an end comes with the note that settles
			t.Status = state.Run.Status
		}
		if len(state.Run.Warnings) > 0 {
			t.Warnings = state.Run.Warnings
		}
	default:
		if strings.HasPrefix(ev.Type, taskyard.NotePrefix) {
			advanceByNote(t, ev)
		}
	}
}

type runState struct {
	Status   taskyard.Status `json:"status"`
	Warnings json.RawMessage `json:"warnings"`
}

// terminal reports whether upstream's status ends a run.
func terminal(s taskyard.Status) bool {
	return s == taskyard.StatusCompleted || s == taskyard.StatusFailed || s == taskyard.StatusCancelled
}

// progressOf reads the numbers of a task_run.progress_stats; nil for those that were not given.
func progressOf(data json.RawMessage) taskyard.Progress {
	var p struct {
		Meter   *float64 `json:"progress_meter"`
		Sources struct {
			Considered *int64 `json:"num_sources_considered"`
			Read       *int64 `json:"num_sources_read"`
		} `json:"source_stats"`
	}
	_ = json.Unmarshal(data, &p) // what has another shape was not given
	return taskyard.Progress{SourcesConsidered: p.Sources.Considered, SourcesRead: p.Sources.Read, Meter: p.Meter}
}

func advanceByNote(t *taskyard.Task, ev taskyard.Event) {
	var note struct {
		RunID         string     `json:"run_id"`
		InteractionID string     `json:"interaction_id"`
		Status        string     `json:"status"`
		Attempt       int        `json:"attempt"`
		Reason        string     `json:"reason"`
		RetryAt       *time.Time `json:"retry_at"`
	}
	_ = json.Unmarshal(ev.Data, &note) // they are our own
	activity := func(phase taskyard.Phase) {
		t.Activity = taskyard.Activity{Phase: phase, Since: ev.At, Attempt: note.Attempt, Reason: note.Reason, RetryAt: note.RetryAt}
	}
	switch ev.Type {
	case taskyard.NoteRunCreated:
		t.RunID, t.InteractionID, t.Submission = note.RunID, note.InteractionID, taskyard.SubmissionDone
		if status := taskyard.Status(note.Status); !terminal(status) {
			t.Status = status
		}
		activity(taskyard.PhaseStreaming)
	case taskyard.NoteSubmitRetry:
		activity(taskyard.PhaseRetrying)
	case taskyard.NoteSubmissionUnknown:
		t.Status, t.Submission = taskyard.StatusSubmissionUnknown, taskyard.SubmissionUnknown
		activity(taskyard.PhaseUnknown)
	case taskyard.NoteSubmittedAgain:
		t.Status, t.Submission = taskyard.StatusPending, taskyard.SubmissionNone
		activity(taskyard.PhaseWaiting)
	case taskyard.NoteStreamReopened:
		t.Activity = taskyard.Activity{Phase: taskyard.PhaseStreaming, Since: ev.At}
	case taskyard.NoteResultRetry:
		activity(taskyard.PhaseFetching)
	case taskyard.NoteCancelRequested:
		t.CancelRequested = true
	}
}
