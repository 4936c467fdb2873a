package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// follow reads the run's events over as many connections as it takes, until the task is settled.
func (d *drive) follow(ctx context.Context) error {
	next := plan{reason: d.takeoverReason()}
	f := &following{drive: d}
	for {
		end, err := d.connect(ctx, next.reason, next.waited)
		if err != nil || d.log.settled {
			return err
		}
		if next, err = f.after(ctx, end); err != nil || d.log.settled {
			return err
		}
		if err := f.pause(ctx, &next); err != nil {
			return err
		}
	}
}

// takeoverReason says why a drive that begins with a run opens its stream again.
func (d *drive) takeoverReason() string {
	switch {
	case d.task.CancelRequested:
		return "the run is being cancelled"
	case d.resumed:
		return "this server took the task up again"
	}
	return ""
}

// following is what a drive remembers from connection to connection.
type following struct {
	*drive
	failures  int       // connections in a row that brought nothing new
	forgotten time.Time // since when upstream says that it does not know the run
	endings   int       // connections that were opened or lost after the run's end and did not bring its closing state
	ended     *endState // what is known of that end
}

// maxEndings bounds how often the stream of an ended run is opened for the rest of its trace. After that its result
// has to do.
const maxEndings = 5

// plan is what happens after a connection has ended.
type plan struct {
	phase  taskyard.Phase
	reason string
	delay  time.Duration
	waited time.Duration
}

// after decides what to do when a stream has ended without a terminal state: reconnect at once when that was the
// timetable; else ask for the status, and settle, wait or reconnect as it says.
func (f *following) after(ctx context.Context, end closed) (plan, error) {
	reason := reasonOf(end)
	if end.ended != nil {
		return f.afterEnd(ctx, end.ended, reason, !end.tracing)
	}
	f.quiet = f.Timing.patience(f.quiet, end)
	if end.fresh > 0 || end.cause == nil && f.Timing.scheduled(end.age) {
		f.failures = 0
	}
	if end.cause == nil && f.Timing.scheduled(end.age) {
		return plan{reason: reason}, nil
	}
	f.failures++
	run, err := f.status(ctx)
	switch {
	case ctx.Err() != nil:
		return plan{}, context.Cause(ctx)
	case err == nil:
		f.forgotten = time.Time{}
		return f.afterStatus(ctx, run, end, reason)
	case isStatus(err, 404):
		return f.afterForgotten(err, reason)
	case classify(err) == refused:
		return plan{}, f.settleFailed(taskError(err))
	}
	return plan{taskyard.PhaseReconnecting, err.Error(), f.Timing.backoff(f.failures, retryAfter(err)), 0}, nil
}

// afterStatus goes on from what upstream says of the run.
func (f *following) afterStatus(ctx context.Context, run *parallel.TaskRun, end closed, reason string) (plan, error) {
	status := taskyard.Status(run.Status)
	if status.Terminal() {
		return f.afterEnd(ctx, &endState{status: status, run: run.RawJSON()}, reason, unreadable(end.cause))
	}
	if unreadable(end.cause) {
		return plan{taskyard.PhasePolling, reason, f.Timing.Poll, 0}, nil
	}
	return plan{taskyard.PhaseReconnecting, reason, f.Timing.backoff(f.failures, retryAfter(end.cause)), 0}, nil
}

// afterEnd opens the stream of an ended run again, for the part of its trace that was missed, at once and then with
// backoff. What that does not bring is had from the result.
func (f *following) afterEnd(ctx context.Context, end *endState, reason string, enough bool) (plan, error) {
	if f.ended == nil || end.event != nil {
		f.ended = end
	}
	f.endings++
	if enough || f.endings >= maxEndings {
		return plan{}, f.finish(ctx, f.ended)
	}
	if f.endings == 1 {
		return plan{reason: reason}, nil
	}
	return plan{taskyard.PhaseReconnecting, reason, f.Timing.backoff(f.endings-1, 0), 0}, nil
}

// afterForgotten believes that upstream does not know the run only when it has said so for a while.
func (f *following) afterForgotten(err error, reason string) (plan, error) {
	if f.forgotten.IsZero() {
		f.forgotten = time.Now()
	}
	if time.Since(f.forgotten) >= f.Timing.Forget {
		gone := taskError(err)
		gone.Message = "Parallel no longer knows this run: " + gone.Message
		gone.Hint = "What was heard of it before is kept here."
		return plan{}, f.settleFailed(gone)
	}
	return plan{taskyard.PhaseReconnecting, reason, f.Timing.backoff(f.failures, 0), 0}, nil
}

// pause waits as planned and says so meanwhile.
func (f *following) pause(ctx context.Context, p *plan) error {
	if p.delay == 0 {
		return nil
	}
	p.waited = p.delay
	act := retryActivity(p.phase, f.failures, p.reason, time.Now().Add(p.delay))
	if err := f.log.append(taskyard.Change{Activity: act}); err != nil {
		return err
	}
	return wait(ctx, p.delay)
}

// status asks upstream how the run is.
func (d *drive) status(ctx context.Context) (*parallel.TaskRun, error) {
	if err := d.awaitRead(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.Timing.Call)
	defer cancel()
	run, err := d.client.Run(ctx, d.task.RunID)
	d.heed(ctx, d.pace.reads, err)
	return run, err
}

// reasonOf says in words why a stream ended.
func reasonOf(end closed) string {
	switch {
	case end.cause != nil:
		return end.cause.Error()
	default:
		return fmt.Sprintf("upstream closed the stream after %s", end.age.Round(time.Second))
	}
}

// unreadable reports whether another connection would end as this one did: upstream refuses the stream, or it
// holds an event that is too large to read.
func unreadable(cause error) bool {
	if _, ok := errors.AsType[*parallel.EventTooLargeError](cause); ok {
		return true
	}
	api, ok := errors.AsType[*parallel.APIError](cause)
	return ok && !api.Temporary()
}

func isStatus(err error, status int) bool {
	api, ok := errors.AsType[*parallel.APIError](err)
	return ok && api.StatusCode == status
}
