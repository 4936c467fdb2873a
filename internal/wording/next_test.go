package wording_test

import (
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

var (
	now       = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	parallel  = taskyard.Upstream{Name: "parallel"}
	simulator = taskyard.Upstream{Name: "simulator", Simulated: true, Cancels: true}
)

// doing is a task for which something is done.
func doing(a taskyard.Activity, edits ...func(*taskyard.Task)) taskyard.Task {
	t := taskyard.Task{ID: "t", Status: taskyard.StatusRunning, RunID: "trun_1", Submission: taskyard.SubmissionDone, Activity: a}
	for _, edit := range edits {
		edit(&t)
	}
	return t
}

// waiting is an activity that tries again in 11.2 s.
func waiting(phase taskyard.Phase, attempt int, reason string) taskyard.Activity {
	return taskyard.Activity{Phase: phase, Attempt: attempt, Reason: reason, RetryAt: new(now.Add(11200 * time.Millisecond))}
}

func phase(p taskyard.Phase) taskyard.Activity { return taskyard.Activity{Phase: p} }

func unsent(t *taskyard.Task) {
	t.RunID, t.Submission, t.Status = "", taskyard.SubmissionNone, taskyard.StatusPending
}

func sending(t *taskyard.Task)   { unsent(t); t.Submission = taskyard.SubmissionSending }
func unknown(t *taskyard.Task)   { unsent(t); t.Submission = taskyard.SubmissionUnknown }
func cancelled(t *taskyard.Task) { t.CancelRequested = true }
func settled(t *taskyard.Task)   { t.CompletedAt = now }

func status(s taskyard.Status) func(*taskyard.Task) {
	return func(t *taskyard.Task) { t.Status = s }
}

func TestNextSaysWhatComesInEachPhase(t *testing.T) {
	for _, c := range []struct {
		task taskyard.Task
		up   taskyard.Upstream
		want string
	}{
		{doing(phase(taskyard.PhaseWaiting), unsent), parallel, "This server sends the task to Parallel as soon as its turn comes."},
		{doing(waiting(taskyard.PhaseWaiting, 0, "create run: 429 Too Many Requests"), unsent), parallel, "The task waits for its turn at Parallel (create run: 429 Too Many Requests). It is sent in 12 s."},
		{doing(phase(taskyard.PhaseSubmitting), sending), parallel, "The task is being sent to Parallel. Once there is a run, it is followed."},
		{
			doing(waiting(taskyard.PhaseRetrying, 2, "create run: 429 Too Many Requests: slow down. (ref_id r-1)"), unsent), parallel,
			"Parallel did not take the task (create run: 429 Too Many Requests: slow down). It is sent again in 12 s (attempt 3); nothing was billed.",
		},
		{doing(waiting(taskyard.PhaseRetrying, 1, ""), unsent), simulator, "The simulator did not take the task. It is sent again in 12 s (attempt 2)."},
		{doing(taskyard.Activity{Phase: taskyard.PhaseRetrying, Attempt: 1, RetryAt: new(now)}, unsent), parallel, "Parallel did not take the task. It is sent again now (attempt 2); nothing was billed."},
		{doing(phase(taskyard.PhaseStreaming)), parallel, "The run goes on at Parallel. Its events are shown as they come, and then its result."},
		{doing(phase(taskyard.PhaseStreaming), status(taskyard.StatusQueued)), parallel, "The run waits for its turn at Parallel. Its events are shown as they come, and then its result."},
		{doing(phase(taskyard.PhaseStreaming), status(taskyard.StatusActionRequired)), parallel, "The run waits for an action that Parallel asks for. This server goes on following it."},
		{
			doing(waiting(taskyard.PhaseReconnecting, 3, "the stream has been silent")), parallel,
			"The link from this server to Parallel broke (the stream has been silent). It is opened again in 12 s (attempt 3); the run does not depend on that, and what it says meanwhile is read then.",
		},
		{
			doing(waiting(taskyard.PhaseReconnecting, 0, "as many calls as upstream allows are being made with this API key")), parallel,
			"This server waits to read from Parallel (as many calls as upstream allows are being made with this API key). It goes on in 12 s; the run does not depend on that, and what it says meanwhile is read then.",
		},
		{doing(waiting(taskyard.PhasePolling, 7, "403")), parallel, "The run’s events cannot be read from Parallel (403). Its status is asked for in 12 s, and its result once it has ended."},
		{doing(phase(taskyard.PhaseFetching)), parallel, "The run has completed. Its result is being fetched from Parallel."},
		{doing(waiting(taskyard.PhaseFetching, 1, "503")), parallel, "The run has completed, and Parallel has not given its result yet (503). It is asked for again in 12 s (attempt 2)."},
		{
			doing(taskyard.Activity{Phase: taskyard.PhaseUnknown, Reason: "EOF"}, unknown), parallel,
			"The task was sent to Parallel, and the answer was lost (EOF). It may have been billed: look at Parallel, then send it again or cancel it here.",
		},
		{doing(phase(taskyard.PhaseUnknown), unknown), simulator, "The task was sent to the simulator, and the answer was lost. There may be a run: send the task again, or cancel it here."},

		{doing(phase(taskyard.PhaseWaiting), unsent, cancelled), parallel, "The task is about to be cancelled. It is not sent."},
		{doing(phase(taskyard.PhaseSubmitting), sending, cancelled), simulator, "The task is being sent to the simulator. It is cancelled as soon as the answer is there."},
		{doing(phase(taskyard.PhaseUnknown), unknown, cancelled), parallel, "The task is about to be cancelled. If there is a run, it may go on and be billed."},
		{doing(phase(taskyard.PhaseUnknown), unknown, cancelled), simulator, "The task is about to be cancelled. If there is a run, it may go on."},
		{doing(phase(taskyard.PhaseStreaming), cancelled), parallel, "This server is about to stop following. Parallel has no cancel call: the run may go on and be billed."},
		{doing(phase(taskyard.PhaseStreaming), cancelled), simulator, "The simulator is about to be told to cancel the run."},
		{doing(phase(taskyard.PhaseCancelling), cancelled), simulator, "The simulator is told to cancel the run. It is followed until it is cancelled, for a short while at most."},
		{doing(waiting(taskyard.PhaseCancelling, 1, "503"), cancelled), simulator, "The simulator could not be told to cancel the run (503). It is told again in 12 s (attempt 2)."},

		{doing(phase(taskyard.PhaseEnded), settled), parallel, ""},
		{doing(waiting(taskyard.PhaseRetrying, 1, "x"), settled, cancelled), parallel, ""},
		{doing(phase("a phase that is new")), parallel, ""},
		{doing(phase(taskyard.PhaseStreaming)), taskyard.Upstream{Name: "elsewhere"}, "The run goes on at elsewhere. Its events are shown as they come, and then its result."},
	} {
		if got := wording.NextOf(c.task, c.up).Sentence(now); got != c.want {
			t.Errorf("%s on %s: %q\nwant %q", c.task.Activity.Phase, c.up.Name, got, c.want)
		}
	}
}

// A reason can be as long as upstream likes; a sentence cannot.
func TestNextCutsAReason(t *testing.T) {
	next := wording.NextOf(doing(waiting(taskyard.PhaseReconnecting, 1, strings.Repeat("lines\nof ", 500))), parallel).Sentence(now)
	if strings.Contains(next, "\n") || len(next) > 600 || !strings.Contains(next, "lines of lines") || !strings.HasSuffix(next, "read then.") {
		t.Errorf("%q", next)
	}
}
