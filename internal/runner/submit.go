package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// outcome is what is known of a create call that gave no run.
type outcome int

const (
	refused outcome = iota // upstream understood and said no; asking again would give the same
	certain                // it certainly made no run; may be repeated
	unknown                // it may have made a run, which may be billed
)

// submit makes the run. Submitting is money: a create may be billed although its answer is lost, and upstream has
// no idempotency key. So the intent is stored before the call, and only a call that certainly made no run is
// repeated.
func (d *drive) submit(ctx context.Context, secret taskyard.Secret) error {
	switch d.task.Submission {
	case taskyard.SubmissionSending:
		return d.park(ctx, "this server stopped while the task was being sent")
	case taskyard.SubmissionUnknown:
		return errParked
	}
	body := []byte(secret.Request.Reveal())
	if secret.Request.IsZero() {
		body = d.task.Request
	}
	for attempt := 1; ; attempt++ {
		if err := d.awaitCreate(ctx); err != nil {
			return err
		}
		intent := taskyard.Change{Submission: new(taskyard.SubmissionSending), Activity: activity(taskyard.PhaseSubmitting)}
		if err := d.log.commit(intent); err != nil {
			return err
		}
		run, err := d.create(ctx, body)
		if err == nil {
			return d.recordRun(ctx, run)
		}
		conceal(err, d.task.Request, []byte(secret.Request.Reveal()))
		switch classify(err) {
		case refused:
			return d.settleFailed(taskError(err))
		case unknown:
			return d.park(ctx, err.Error())
		}
		if err := d.waitToResubmit(ctx, attempt, err); err != nil {
			return err
		}
	}
}

// create calls upstream. A stop of this server does not cut the call, as its answer would be lost; the call's own
// bound ends it.
func (d *drive) create(ctx context.Context, body []byte) (*parallel.TaskRun, error) {
	if ctx.Err() != nil {
		return nil, &parallel.RequestError{Err: context.Cause(ctx)} // not sent
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Timing.Call)
	defer cancel()
	return d.client.CreateRunJSON(ctx, body)
}

// maxRecordRetries bounds how often it is tried again to store that there is a run.
const maxRecordRetries = 5

// recordRun stores that there is a run. The run is lost if this is: it is the one write that is tried again, and not
// even a stop of this server cuts its waits, which are some seconds together.
func (d *drive) recordRun(ctx context.Context, run *parallel.TaskRun) error {
	d.task.RunID = run.RunID
	status := taskyard.Status(run.Status)
	change := taskyard.Change{
		RunID: &run.RunID, InteractionID: &run.InteractionID, Submission: new(taskyard.SubmissionDone),
		Activity: activity(taskyard.PhaseStreaming), Warnings: warningsOf(run.RawJSON()),
	}
	if !status.Terminal() {
		change.Status = &status
	}
	note := newNote(taskyard.NoteRunCreated, runCreatedNote{RunID: run.RunID, InteractionID: run.InteractionID, Status: string(status)})
	err := d.log.commit(change, note)
	for attempt := 1; err != nil && attempt <= maxRecordRetries && !lost(err); attempt++ {
		_ = wait(context.WithoutCancel(ctx), d.Timing.backoff(attempt, 0))
		d.log.last-- // the note was not stored; if it was after all, the log refuses the second
		err = d.log.commit(change, note)
	}
	if err != nil { // its name is nowhere else
		return fmt.Errorf("record run %s: %w", run.RunID, err)
	}
	return nil
}

// lost reports whether the task is no longer this drive's.
func lost(err error) bool {
	return errors.Is(err, taskyard.ErrFenced) || errors.Is(err, taskyard.ErrNotFound)
}

// classify says what is known of a failed create call (see "Errors" of upstream's documents). When in doubt the
// answer is unknown.
func classify(err error) outcome {
	var api *parallel.APIError
	if errors.As(err, &api) {
		switch {
		case api.StatusCode == 429, api.StatusCode >= 500 && api.WellFormed:
			return certain
		case api.StatusCode >= 500, api.StatusCode == 408, api.StatusCode < 400:
			return unknown // a proxy's words: what lies behind it may have gone through
		default:
			return refused
		}
	}
	var request *parallel.RequestError
	if errors.As(err, &request) && !request.Sent {
		return certain
	}
	return unknown
}

// waitToResubmit records that the call certainly made no run, and waits for the next attempt.
func (d *drive) waitToResubmit(ctx context.Context, attempt int, cause error) error {
	d.heed(ctx, d.pace.creates, cause)
	delay := d.Timing.backoff(attempt, retryAfter(cause))
	retryAt := time.Now().Add(delay)
	note := retryNote{Attempt: attempt, Reason: cause.Error(), RetryAt: retryAt}
	var api *parallel.APIError
	if errors.As(cause, &api) {
		note.RefID = api.RefID
	}
	change := taskyard.Change{
		Submission: new(taskyard.SubmissionNone),
		Activity:   retryActivity(taskyard.PhaseRetrying, attempt, cause.Error(), retryAt),
	}
	if err := d.log.commit(change, newNote(taskyard.NoteSubmitRetry, note)); err != nil {
		return err
	}
	return wait(ctx, delay)
}

// park leaves the task to the user: its submission's outcome is unknown. A cancel that came before, while the task
// had an owner, called nobody else, so it is looked for.
func (d *drive) park(ctx context.Context, reason string) error {
	change := taskyard.Change{
		Status:     new(taskyard.StatusSubmissionUnknown),
		Submission: new(taskyard.SubmissionUnknown),
		Activity:   &taskyard.Activity{Phase: taskyard.PhaseUnknown, Since: time.Now(), Reason: reason},
	}
	if err := d.log.commit(change, newNote(taskyard.NoteSubmissionUnknown, reasonNote{reason})); err != nil {
		return err
	}
	d.task.Submission = taskyard.SubmissionUnknown
	task, err := d.Store.Task(ctx, d.task.ID)
	if err != nil {
		return fmt.Errorf("look for a cancel: %w", err)
	}
	if task.CancelRequested {
		return d.settleCancelled()
	}
	return errParked
}

// taskError keeps upstream's words for the user.
func taskError(err error) taskyard.TaskError {
	var api *parallel.APIError
	if !errors.As(err, &api) {
		return taskyard.TaskError{Message: err.Error()}
	}
	message := api.Message
	if message == "" {
		message = fmt.Sprintf("upstream answered %d", api.StatusCode)
	}
	return taskyard.TaskError{Message: message, RefID: api.RefID, Status: api.StatusCode, Detail: validUTF8(api.Detail), Hint: hint(api.StatusCode)}
}

// retryAfter is how long upstream asked to wait, if it did.
func retryAfter(err error) time.Duration {
	var api *parallel.APIError
	if errors.As(err, &api) {
		return api.RetryAfter
	}
	return 0
}
