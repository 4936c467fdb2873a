package sandbox

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// scenario is something that a run can be told to do.
type scenario struct {
	ScenarioInfo
	max   int // of a count
	apply func(*draft, arg)
}

// maxFaults bounds how often a scenario makes the same thing go wrong.
const maxFaults = 100

func plain(name, summary string, apply func(*draft, arg)) scenario {
	return scenario{ScenarioInfo: ScenarioInfo{Name: name, Summary: summary}, apply: apply}
}

func counted(name, unit, value string, maximum int, summary string, apply func(*draft, arg)) scenario {
	return scenario{ScenarioInfo: ScenarioInfo{Name: name, Arg: unit, Default: value, Summary: summary}, max: maximum, apply: apply}
}

func timed(name, value, summary string, apply func(*draft, arg)) scenario {
	return scenario{ScenarioInfo: ScenarioInfo{Name: name, Arg: "duration", Default: value, Summary: summary}, apply: apply}
}

// scenarios are all of them, in the order in which they are shown: ends, content, streams, calls.
var scenarios = []scenario{
	plain("ok", "nothing special", func(*draft, arg) {}),
	plain("fail", "the run fails, with a ref_id and a reason", func(d *draft, _ arg) {
		d.End.At, d.End.Status = 600, parallel.StatusFailed
		d.End.Error = &parallel.Error{
			RefID: d.run.ID + "-failed", Message: "The run failed: the simulator was told to let it fail",
			Detail: json.RawMessage(`{"stage":"research","simulated":true}`),
		}
	}),
	plain("cancelled", "the run is cancelled on upstream's side", func(d *draft, _ arg) {
		d.add(500, Event{Type: parallel.EventState, Status: parallel.StatusCancelling})
		d.End.At, d.End.Status = 600, parallel.StatusCancelled
	}),
	plain("action-required", "the run needs an action for a while, then goes on", func(d *draft, _ arg) {
		d.add(300, Event{Type: parallel.EventState, Status: parallel.StatusActionRequired})
		d.add(650, Event{Type: parallel.EventState, Status: parallel.StatusRunning})
	}),
	plain("unknown-status", "the run has a status for a while that no client knows", func(d *draft, _ arg) {
		d.add(300, Event{Type: parallel.EventState, Status: "reviewing"})
		d.add(650, Event{Type: parallel.EventState, Status: parallel.StatusRunning})
	}),
	plain("never-ends", "the run never ends", func(d *draft, _ arg) { d.End.Status = "" }),
	timed("takes", "10m", "the run takes that long (simulated time)", func(d *draft, a arg) { d.length = a.d }),

	plain("warn", "the run has warnings", func(d *draft, _ arg) {
		d.Warnings = append(d.Warnings,
			parallel.Warning{Type: "warning", Message: "The simulator was told to warn", Detail: json.RawMessage(`{"simulated":true}`)},
			parallel.Warning{Type: "quota_advice", Message: "A kind of warning that no client knows"})
	}),
	plain("no-messages", "there is no progress to see before the end", func(d *draft, _ arg) { d.messages = 0 }),
	counted("long-trace", "n", "20000", 200_000, "the run has n messages", func(d *draft, a arg) { d.messages = a.n }),
	counted("large-output", "KiB", "2048", 64<<10, "the output has about that size", func(d *draft, a arg) { d.story.bulk = a.n << 10 }),
	plain("duplicates", "every other message is said twice, byte for byte", func(d *draft, _ arg) { d.repeat = true }),
	plain("unknown-kind", "there are events of kinds that no client knows", func(d *draft, _ arg) {
		d.add(250, Event{Type: "task_run.progress_map", Data: json.RawMessage(`{"type":"task_run.progress_map","regions":["north","south"],"depth":2}`)})
		d.add(550, Event{Type: parallel.EventMessagePrefix + "hunch", Message: "A kind of message that no client knows"})
	}),
	plain("bad-json", "one line of the stream is not JSON", func(d *draft, _ arg) {
		d.add(400, Event{Type: parallel.EventMessagePrefix + "plan", Data: json.RawMessage(`{"type":"task_run.progress_msg.plan","message":"cut of`)})
	}),
	plain("error-event", "there is an error event in mid-stream, and the run goes on", func(d *draft, _ arg) {
		e := parallel.ErrorEvent{Type: parallel.EventError, Err: parallel.Error{RefID: d.run.ID + "-event", Message: "One source could not be read (simulated)"}}
		d.add(450, Event{Type: parallel.EventError, Data: encode(e)})
	}),

	counted("drop", "n", "2", maxFaults, "the event stream breaks n times", func(d *draft, a arg) {
		for i := range a.n {
			fault := []StreamFault{Cut, CutInside}[i%2]
			d.Live = append(d.Live, Stream{Fault: fault, After: 2 + 3*i})
		}
	}),
	counted("silent", "n", "1", maxFaults, "n event streams stay open and fall silent", func(d *draft, a arg) {
		d.Live = append(d.Live, repeat(Stream{Fault: FallSilent, After: 3}, a.n)...)
	}),
	counted("no-headers", "n", "1", maxFaults, "n event streams are never answered", func(d *draft, a arg) {
		d.Live = append(d.Live, repeat(Stream{Fault: NoHeaders}, a.n)...)
	}),
	counted("end-early", "n", "2", maxFaults, "n event streams end properly before the run does", func(d *draft, a arg) {
		d.Live = append(d.Live, repeat(Stream{Fault: EndEarly, After: 4}, a.n)...)
	}),
	plain("odd-framing", "streams use all that the standard for event streams allows", func(d *draft, _ arg) {
		for i := range maxFaults {
			s := Stream{Framing: framings[i%len(framings)]}
			d.Live, d.Ended = append(d.Live, s), append(d.Ended, s)
		}
	}),
	plain("replay-partial", "streams opened after the end bring half of the trace", func(d *draft, _ arg) { d.Replay = ReplayHalf }),
	plain("replay-none", "streams opened after the end bring no trace", func(d *draft, _ arg) { d.Replay = ReplayNone }),

	counted("rate-limit", "n", "2", maxFaults, "the create is answered with 429 and Retry-After n times", func(d *draft, a arg) {
		d.Create = append(d.Create, repeat(refused(http.StatusTooManyRequests, 2*time.Second), a.n)...)
	}),
	counted("server-error", "n", "2", maxFaults, "create, streams and result are answered with 500 n times", func(d *draft, a arg) {
		d.Create = append(d.Create, repeat(refused(http.StatusInternalServerError, 0), a.n)...)
		d.Live = append(d.Live, repeat(Stream{Refuse: http.StatusInternalServerError}, a.n)...)
		d.Result = append(d.Result, repeat(CallFault{Status: http.StatusInternalServerError}, a.n)...)
	}),
	plain("cut-create", "the run is created, but the answer is cut off", func(d *draft, _ arg) {
		d.Create = append(d.Create, CreateFault{RunMade: true})
	}),
	plain("cut-create-before", "the create is cut off before there is a run", func(d *draft, _ arg) {
		d.Create = append(d.Create, CreateFault{})
	}),
	counted("result-fails", "n", "3", maxFaults, "the result is answered with 408 and 5xx n times", func(d *draft, a arg) {
		for i := range a.n {
			status := []int{http.StatusServiceUnavailable, http.StatusRequestTimeout, http.StatusBadGateway}[i%3]
			d.Result = append(d.Result, CallFault{Status: status})
		}
	}),
	timed("forget", "1m", "the run is unknown (404) that long after its end", func(d *draft, a arg) { d.Forget = a.d }),
}

// framings are the ways of writing an event stream that a reader must take.
var framings = []Framing{
	{LineEnd: "\r\n"},
	{BOM: true, Comments: true},
	{LineEnd: "\r", NoSpace: true},
	{MultiLine: true, Comments: true, LineEnd: "\r\n"},
	{Bytewise: true},
}

func refused(status int, after time.Duration) CreateFault {
	return CreateFault{CallFault: CallFault{Status: status, RetryAfter: after}}
}

func repeat[T any](v T, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = v
	}
	return list
}
