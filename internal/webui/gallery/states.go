package gallery

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

func ptr[T any](v T) *T { return &v }

func base(id string, status taskyard.Status, created time.Time) taskyard.Task {
	return taskyard.Task{
		ID: id, Status: status, Processor: "pro", Upstream: "parallel", Mode: "text",
		Preview:   "How many people work at the harbour, and how has that changed since 2019?\nUse public records.",
		CreatedAt: created, UpdatedAt: created,
	}
}

func withRun(t taskyard.Task) taskyard.Task {
	t.RunID, t.InteractionID, t.Submission = "trun_5c1e0f77a2", "trun_5c1e0f77a2", taskyard.SubmissionDone
	t.Progress = taskyard.Progress{SourcesConsidered: ptr(int64(223)), SourcesRead: ptr(int64(22)), Meter: ptr(62.0)}
	return t
}

func settled(t taskyard.Task, at time.Time) taskyard.Task {
	t.CompletedAt, t.UpdatedAt = at, at
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseEnded, Since: at}
	return t
}

// All has a task in every state, created within the hour before now. The id of each names its state.
func All(now time.Time) []Fixture {
	request := json.RawMessage(textRequest)
	var list []Fixture
	add := func(t taskyard.Task, s *script, result json.RawMessage) *Fixture {
		f := Fixture{Task: t, Document: taskyard.Document{Request: request, Result: result}}
		if s != nil {
			f.Events = s.events
		}
		list = append(list, f)
		return &list[len(list)-1]
	}

	at := now.Add(-58 * time.Minute)
	add(huge(at))
	at = at.Add(2 * time.Minute)
	done := research(at, "parallel")
	done.stats(31*time.Second, 240, 31, 97)
	done.add(9*time.Second, "task_run.state", `{"type":"task_run.state","run":{"run_id":"trun_5c1e0f77a2","status":"completed"},"output":{"type":"text"}}`)
	done.add(time.Second, taskyard.NoteSettled, `{"status":"completed"}`)
	add(settled(withRun(base("text", taskyard.StatusCompleted, at)), done.at), done, Report())

	at = at.Add(3 * time.Minute)
	s := begin(at, "simulator")
	s.state(4*time.Second, "completed")
	s.add(time.Second, taskyard.NoteSettled, `{"status":"completed"}`)
	t := settled(withRun(base("nested", taskyard.StatusCompleted, at)), s.at)
	t.Upstream, t.Mode, t.Processor, t.Preview = "simulator", "json", "core", `{"company":"Example Harbour Ltd","country":"GB"}`
	t.Warnings = json.RawMessage(`[{"type":"spec_validation_warning","message":"Not all fields of the schema are required.","detail":{"fields":["note"]}},{"type":"warning","message":"The input does not fit its schema."}]`)
	f := add(t, s, json.RawMessage(Nested))
	f.Document.Request = json.RawMessage(`{"processor":"core","input":{"company":"Example Harbour Ltd","country":"GB"},"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"company":{"type":"string"}}}}},"mcp_servers":[{"type":"url","name":"docs","url":"https://example.com/mcp","headers":{"authorization":"[sealed]"}}],"webhook":{"url":"[sealed]"}}`)

	at = at.Add(3 * time.Minute)
	s = begin(at, "parallel")
	s.add(time.Second, taskyard.NoteSettled, `{"status":"failed","error":{"message":"Insufficient credit"}}`)
	t = settled(base("failed402", taskyard.StatusFailed, at), s.at)
	t.Error = &taskyard.TaskError{Message: "Insufficient credit: this run needs $0.10 and $0.04 is left.", RefID: "ref_0b7c1f2ad9", Status: 402, Detail: json.RawMessage(`{"balance":0.04}`)}
	add(t, s, nil)

	at = at.Add(3 * time.Minute)
	s = begin(at, "parallel")
	s.add(2*time.Second, taskyard.NoteSubmissionUnknown, `{"reason":"the connection was cut after the request had been sent"}`)
	t = base("unknown", taskyard.StatusSubmissionUnknown, at)
	t.Submission = taskyard.SubmissionUnknown
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseUnknown, Since: s.at, Reason: "create run: the connection was cut after the request had been sent"}
	add(t, s, nil)

	at = at.Add(3 * time.Minute)
	s = research(at, "parallel")
	s.add(5*time.Second, taskyard.NoteCancelRequested, `{}`)
	s.add(time.Second, taskyard.NoteSettled, `{"status":"cancelled"}`)
	t = settled(withRun(base("cancelled", taskyard.StatusCancelled, at)), s.at)
	t.Error = &taskyard.TaskError{Message: "following was stopped here", Hint: "Parallel has no cancel call: the run may go on and be billed."}
	add(t, s, nil)

	at = at.Add(3 * time.Minute)
	s = research(at, "simulator")
	s.add(5*time.Second, taskyard.NoteCancelRequested, `{"reason":"asked for by the user"}`)
	s.state(time.Second, "cancelling")
	t = withRun(base("cancelling", taskyard.StatusCancelling, at))
	t.Upstream, t.CancelRequested = "simulator", true
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseCancelling, Since: s.at}
	add(t, s, nil)
	s = research(at, "simulator")
	s.state(time.Second, "cancelled")
	s.add(time.Second, taskyard.NoteSettled, `{"status":"cancelled"}`)
	t = settled(withRun(base("stopped", taskyard.StatusCancelled, at)), s.at)
	t.Upstream = "simulator"
	add(t, s, nil)

	at = at.Add(3 * time.Minute)
	for _, a := range []taskyard.Activity{
		{Phase: taskyard.PhasePolling, Attempt: 2, Reason: "events: 403 Forbidden: this key may not read events"},
		{Phase: taskyard.PhaseFetching, Attempt: 4, Reason: "get result: 503 Service Unavailable"},
	} {
		s = research(at, "parallel")
		t = withRun(base(string(a.Phase), taskyard.StatusRunning, at))
		a.Since, a.RetryAt = s.at, ptr(now.Add(7*time.Second))
		t.Activity = a
		add(t, s, nil)
	}
	t = base("submitting", taskyard.StatusPending, at)
	t.Submission, t.Activity = taskyard.SubmissionSending, taskyard.Activity{Phase: taskyard.PhaseSubmitting, Since: at}
	add(t, begin(at, "parallel"), nil)

	at = now.Add(-14 * time.Minute)
	s = research(at, "parallel")
	s.add(3*time.Second, "task_run.weather", `{"type":"task_run.weather","wind":"north","knots":12}`)
	s.add(3*time.Second, "error", `{"type":"error","error":{"ref_id":"ref_77","message":"A source did not answer."}}`)
	s.add(3*time.Second, taskyard.NoteInvalidFrame, `{"text":"<html>502 Bad Gateway</html>"}`)
	s.message(2*time.Second, "analysis", "Long: "+strings.Repeat("the count differs between the two sources. ", 80))
	t = withRun(base("kinds", "defrosting", at))
	t.Processor, t.Progress.Meter = "colossus", nil
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseReconnecting, Since: s.at, Attempt: 3, Reason: "502 from the event stream", RetryAt: ptr(now.Add(8 * time.Second))}
	add(t, s, nil)

	at = now.Add(-9 * time.Minute)
	s = research(at, "parallel")
	s.message(4*time.Second, "exec_status", "The upstream asks to connect an account before it goes on.")
	t = withRun(base("action", taskyard.StatusActionRequired, at))
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseStreaming, Since: s.at, Reason: "Connect an account to go on."}
	add(t, s, nil)

	at = now.Add(-150 * time.Second)
	s = research(at, "simulator")
	t = withRun(base("running", taskyard.StatusRunning, at))
	t.Upstream = "simulator"
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseStreaming, Since: at}
	add(t, s, nil)

	at = now.Add(-20 * time.Second)
	s = begin(at, "parallel")
	s.add(2*time.Second, taskyard.NoteSubmitRetry, fmt.Sprintf(`{"attempt":1,"reason":"429 Too Many Requests","retry_at":%q}`, now.Format(time.RFC3339)))
	t = base("retrying", taskyard.StatusPending, at)
	t.Processor, t.Activity = "lite-fast", taskyard.Activity{Phase: taskyard.PhaseRetrying, Since: s.at, Attempt: 2, Reason: "429 Too Many Requests", RetryAt: ptr(now.Add(12 * time.Second))}
	add(t, s, nil)

	at = now.Add(-3 * time.Second)
	t = base("pending", taskyard.StatusPending, at)
	t.Activity = taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: at}
	add(t, begin(at, "parallel"), nil)
	return list
}

// huge is a task with a long log and a result of several megabytes.
func huge(created time.Time) (taskyard.Task, *script, json.RawMessage) {
	s := begin(created, "parallel")
	for i := range 1_640 {
		s.message(time.Second, "search", fmt.Sprintf("Looking at company %d of 1,640", i+1))
	}
	var rows strings.Builder
	for i := range 6_000 {
		fmt.Fprintf(&rows, `,{"name":"Company %d","country":"GB","note":%q}`, i, strings.Repeat("found in the register ", 20))
	}
	t := settled(withRun(base("huge", taskyard.StatusCompleted, created)), s.at)
	t.Mode, t.Processor, t.Preview = "auto", "ultra", "All companies that have ever had a berth at the harbour"
	result := `{"run":{"status":"completed"},"output":{"type":"json","content":{"companies":[` + rows.String()[1:] + `]},"basis":[]}}`
	return t, s, json.RawMessage(result)
}
