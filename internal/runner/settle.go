package runner

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// finish settles a run that has ended, fetching its result first where the stream did not bring it.
func (d *drive) finish(ctx context.Context, end *endState) error {
	if end.status != taskyard.StatusCompleted || end.output != nil {
		return d.settle(end)
	}
	if err := d.log.append(taskyard.Change{Activity: activity(taskyard.PhaseFetching)}); err != nil {
		return err
	}
	return d.fetchResult(ctx, end)
}

// fetchResult asks for the result until it is had. A fetch that fails never turns a completed run into a failed
// task: only where upstream will never give it does the task complete without, and says so.
func (d *drive) fetchResult(ctx context.Context, end *endState) error {
	began := time.Now()
	for attempt := 1; ; attempt++ {
		result, err := d.result(ctx)
		if err == nil {
			return d.settleResult(end, result)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if d.hopeless(err, began) {
			failed := taskError(err)
			failed.Message = "the run completed, but its result cannot be fetched: " + failed.Message
			return d.log.settle(taskyard.Change{Status: &end.status, Error: &failed, Warnings: warningsOf(end.run)}, end.events()...)
		}
		if err := d.waitToRefetch(ctx, attempt, err); err != nil {
			return err
		}
	}
}

// result returns the TaskRunResult as it came.
func (d *drive) result(ctx context.Context) (json.RawMessage, error) {
	if err := d.awaitRead(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timing.ResultPoll+d.Timing.Call)
	defer cancel()
	result, err := d.client.Result(ctx, d.task.RunID, d.Timing.ResultPoll)
	if err != nil {
		d.heed(ctx, d.pace.reads, err)
		return nil, err
	}
	return result.RawJSON(), nil
}

// hopeless reports whether asking for the result again would change nothing.
func (d *drive) hopeless(err error, began time.Time) bool {
	if isStatus(err, 404) {
		return time.Since(began) >= d.Timing.Forget
	}
	if _, ok := errors.AsType[*parallel.APIError](err); ok {
		return classify(err) == refused && !isStatus(err, 408)
	}
	_, tooLarge := errors.AsType[*parallel.BodyTooLargeError](err)
	return tooLarge
}

// waitToRefetch says why there is no result yet and waits for the next attempt.
func (d *drive) waitToRefetch(ctx context.Context, attempt int, cause error) error {
	delay := d.Timing.backoff(attempt, retryAfter(cause))
	retryAt := time.Now().Add(delay)
	change := taskyard.Change{Activity: retryActivity(taskyard.PhaseFetching, attempt, cause.Error(), retryAt)}
	var events []taskyard.NewEvent
	if attempt == 1 { // the history says that there was a wait; the activity says how it goes
		events = append(events, newNote(taskyard.NoteResultRetry, retryNote{Attempt: attempt, Reason: cause.Error(), RetryAt: retryAt}))
	}
	if err := d.log.append(change, events...); err != nil {
		return err
	}
	return wait(ctx, delay)
}

// settle records the end of a run as its terminal state tells it.
func (d *drive) settle(end *endState) error {
	if end.output != nil {
		result := slices.Concat([]byte(`{"run":`), end.run, []byte(`,"output":`), end.output, []byte(`}`))
		return d.settleResult(end, result)
	}
	change := taskyard.Change{Status: &end.status, Warnings: warningsOf(end.run)}
	if end.status == taskyard.StatusFailed {
		change.Error = runError(end.run)
	}
	return d.log.settle(change, end.events()...)
}

// events are what the end adds to the log.
func (e *endState) events() []taskyard.NewEvent {
	if e.event == nil {
		return nil
	}
	return []taskyard.NewEvent{*e.event}
}

// settleResult records a completed run with its TaskRunResult.
func (d *drive) settleResult(end *endState, result json.RawMessage) error {
	result = validUTF8(result)
	var r struct {
		Run    json.RawMessage `json:"run"`
		Output struct {
			Content json.RawMessage `json:"content"`
		} `json:"output"`
	}
	if err := json.Unmarshal(result, &r); err != nil {
		d.Logger.Warn("a result has an unknown shape", "task", d.task.ID, "err", err)
	}
	return d.log.settle(taskyard.Change{Status: &end.status, Result: result, Warnings: warningsOf(r.Run), Search: textOf(r.Output.Content)}, end.events()...)
}

// settleFailed ends a task that upstream refused, or that can never be followed.
func (d *drive) settleFailed(why taskyard.TaskError) error {
	return d.log.settle(taskyard.Change{Status: new(taskyard.StatusFailed), Error: &why})
}

// runError returns why a run failed, in upstream's words.
func runError(run json.RawMessage) *taskyard.TaskError {
	var r struct {
		Error *struct {
			RefID   string          `json:"ref_id"`
			Message string          `json:"message"`
			Detail  json.RawMessage `json:"detail"`
		} `json:"error"`
	}
	if json.Unmarshal(run, &r) != nil || r.Error == nil || r.Error.Message == "" {
		return &taskyard.TaskError{Message: "the run failed; Parallel gave no reason"}
	}
	return &taskyard.TaskError{Message: r.Error.Message, RefID: r.Error.RefID, Detail: r.Error.Detail}
}

// textOf returns output content as text to be found by.
func textOf(content json.RawMessage) string {
	var text string
	if json.Unmarshal(content, &text) == nil {
		return text
	}
	return string(content)
}
