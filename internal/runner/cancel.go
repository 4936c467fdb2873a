package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// errStillGoing ends the following of a run that was to be cancelled and did not end in time.
var errStillGoing = errors.New("the run was not cancelled in time")

// cancel ends a task that the user no longer wants. A run on an upstream that can cancel it is cancelled there and
// followed until it says so, so that the log is whole; every other is let go.
func (d *drive) cancel(ctx context.Context) error {
	up := d.Upstreams[d.task.Upstream]
	if up.Cancel == nil || d.task.RunID == "" {
		return d.settleCancelled()
	}
	secret, err := d.openSecret()
	if err != nil {
		return d.settleCancelled()
	}
	leave, err := d.connectTo(secret)
	if err != nil {
		return d.settleCancelled()
	}
	defer leave()
	key := secret.APIKey
	if key.IsZero() {
		key = up.APIKey
	}
	if err := d.beginCancel(); err != nil {
		return err
	}
	bound, stop := context.WithDeadlineCause(ctx, d.log.cancelling.Add(d.Timing.Cancel), errStillGoing)
	defer stop()
	refusal, err := d.cancelRun(bound, func(ctx context.Context) error { return up.Cancel(ctx, d.task.RunID, key) })
	if err == nil && refusal == nil {
		err = d.follow(bound)
	}
	switch {
	case refusal != nil:
		return d.settleStillGoing(refusal)
	case errors.Is(err, errStillGoing):
		return d.settleStillGoing(fmt.Errorf("%s did not say within %s that the run is cancelled", d.task.Upstream, d.Timing.Cancel))
	}
	return err
}

// beginCancel says that the run is being cancelled, unless an earlier drive has: then its time goes on.
func (d *drive) beginCancel() error {
	if d.task.Activity.Phase == taskyard.PhaseCancelling {
		d.log.cancelling = d.task.Activity.Since
		return nil
	}
	d.log.cancelling = time.Now()
	now := &taskyard.Activity{Phase: taskyard.PhaseCancelling, Since: d.log.cancelling}
	return d.log.append(taskyard.Change{Activity: now}, cancelNote())
}

func cancelNote() taskyard.NewEvent {
	return newNote(taskyard.NoteCancelRequested, reasonNote{"asked for by the user"})
}

// cancelRun tells upstream until it has heard. One that has no such run, or whose run has ended, is told enough:
// following finds out. The refusal is what upstream says against it for good.
func (d *drive) cancelRun(ctx context.Context, call func(context.Context) error) (refusal, err error) {
	for attempt := 1; ; attempt++ {
		bounded, stop := context.WithTimeout(ctx, d.Timing.Call)
		cause := call(bounded)
		stop()
		switch {
		case cause == nil, isStatus(cause, 409), isStatus(cause, 404):
			return nil, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case classify(cause) == refused:
			return cause, nil
		}
		if err := d.waitToCancel(ctx, attempt, cause); err != nil {
			return nil, err
		}
	}
}

// waitToCancel says why upstream has not heard yet and waits for the next attempt.
func (d *drive) waitToCancel(ctx context.Context, attempt int, cause error) error {
	delay := d.Timing.backoff(attempt, retryAfter(cause))
	act := retryActivity(taskyard.PhaseCancelling, attempt, cause.Error(), time.Now().Add(delay))
	act.Since = d.log.cancelling
	if err := d.log.append(taskyard.Change{Activity: act}); err != nil {
		return err
	}
	return wait(ctx, delay)
}

// settleStillGoing ends a task whose run could not be seen to end.
func (d *drive) settleStillGoing(why error) error {
	stopped := taskyard.TaskError{Message: "following was stopped here: " + why.Error(), Hint: "What became of the run was not heard."}
	return d.log.settle(taskyard.Change{Status: new(taskyard.StatusCancelled), Error: &stopped})
}

// settleCancelled ends a task that is no longer followed, and says what that means for its run.
func (d *drive) settleCancelled() error {
	why := taskyard.TaskError{Message: "following was stopped here"}
	uncertain := d.task.Submission == taskyard.SubmissionSending || d.task.Submission == taskyard.SubmissionUnknown
	switch canCancel := d.Upstreams[d.task.Upstream].Cancel != nil; {
	case d.task.RunID == "" && !uncertain:
		why = taskyard.TaskError{Message: "cancelled before it was sent", Hint: "There was no run: nothing was billed."}
	case d.task.RunID == "" && canCancel:
		why.Hint = "It is not known whether there is a run; if there is, it goes on."
	case d.task.RunID == "":
		why.Hint = "It is not known whether there is a run; if there is, it may go on and be billed."
	case canCancel:
		why.Hint = "The run could not be cancelled and may go on."
	default:
		why.Hint = "Parallel has no cancel call: the run may go on and be billed."
	}
	return d.log.settle(taskyard.Change{Status: new(taskyard.StatusCancelled), Error: &why}, cancelNote())
}
