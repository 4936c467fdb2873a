package sandbox

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// RandomScript makes up a script in which much goes wrong, but nothing that a careful follower cannot survive: who
// opens streams until the run has ended, and never sends a create again but after a refusal, can have the whole
// of [Sandbox.Log] in the end. So creates are refused and never cut, and a trace is not withheld before
// one stream has brought all of it.
func RandomScript(r *rand.Rand) Script {
	s := Script{
		End:    randomEnd(r),
		Replay: []Replay{ReplayAll, ReplayUnlessSent}[r.IntN(2)],
		Live:   randomList(r, 9, randomStream),
		Ended:  randomList(r, 3, randomStream),
		Create: randomList(r, 3, randomCreateFault),
		Status: randomList(r, 3, randomCallFault),
		Result: randomList(r, 3, randomCallFault),
	}
	s.Trace = randomTrace(r, s.End.At)
	return s
}

func randomEnd(r *rand.Rand) End {
	length := 2 * time.Second << r.IntN(12) // to more than two hours
	e := End{At: length + time.Duration(r.Int64N(int64(length))), Status: parallel.StatusCompleted}
	switch r.IntN(6) {
	case 0:
		e.Status = parallel.StatusFailed
		e.Error = &parallel.Error{RefID: fmt.Sprintf("ref-%d", r.Uint32()), Message: "The run failed (simulated)"}
	case 1:
		e.Status = parallel.StatusCancelled
	}
	return e
}

// randomTrace has events up to somewhat after the end, several of them at the same time, and many alike.
func randomTrace(r *rand.Rand, end time.Duration) Events {
	trace := make(Events, r.IntN(60))
	for i := range trace {
		trace[i] = randomEvent(r)
		trace[i].At = time.Duration(r.Int64N(int64(end) * 11 / 10)).Truncate(end / 40)
	}
	slices.SortStableFunc(trace, func(a, b Event) int { return int(a.At - b.At) })
	return trace
}

func randomEvent(r *rand.Rand) Event {
	kinds := []string{"plan", "search", "result", "tool_call", "exec_status", "hunch"}
	switch d := r.IntN(100); {
	case d < 12:
		n := r.Int64N(400)
		return Event{Type: parallel.EventStats, Stats: Stats{Considered: n, Read: n / 3, Meter: float64(r.IntN(1001)) / 10}}
	case d < 20:
		status := []parallel.Status{parallel.StatusRunning, parallel.StatusActionRequired, parallel.StatusQueued, "reviewing"}[r.IntN(4)]
		return Event{Type: parallel.EventState, Status: status}
	case d < 24:
		return Event{Type: "task_run.progress_map", Data: json.RawMessage(`{"type":"task_run.progress_map","n":` + fmt.Sprint(r.IntN(3)) + `}`)}
	case d < 28:
		return Event{Type: parallel.EventError, Data: json.RawMessage(`{"type":"error","error":{"ref_id":"ref","message":"one source was lost"}}`)}
	case d < 32:
		return Event{Type: parallel.EventMessagePrefix + "plan", Data: json.RawMessage(`{"type":"task_run.progress_msg.plan","mess`)}
	}
	e := Event{Type: parallel.EventMessagePrefix + kinds[r.IntN(len(kinds))], Untimed: r.IntN(4) == 0}
	e.Message = fmt.Sprintf("message %d ünïcode \u2028 <b>&amp;", r.IntN(6))
	if r.IntN(12) == 0 {
		e.Message += strings.Repeat(" long", r.IntN(40_000))
	}
	return e
}

func randomStream(r *rand.Rand) Stream {
	s := Stream{Framing: Framing{
		LineEnd: []string{"", "\n", "\r\n", "\r"}[r.IntN(4)],
		BOM:     r.IntN(4) == 0, Comments: r.IntN(3) == 0, MultiLine: r.IntN(4) == 0, NoSpace: r.IntN(3) == 0, Bytewise: r.IntN(6) == 0,
	}}
	if r.IntN(8) == 0 {
		s.Refuse = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusTooManyRequests}[r.IntN(4)]
		return s
	}
	s.Fault = StreamFault(r.IntN(int(NoHeaders) + 1))
	s.After = r.IntN(30)
	s.Hold = time.Duration(r.IntN(3)) * 40 * time.Second
	return s
}

func randomCreateFault(r *rand.Rand) CreateFault {
	f := randomCallFault(r)
	if f.Status == 0 || f.Status == http.StatusRequestTimeout {
		f.Status = http.StatusServiceUnavailable
	}
	return CreateFault{CallFault: f}
}

func randomCallFault(r *rand.Rand) CallFault {
	statuses := []int{
		0, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
	}
	return CallFault{Status: statuses[r.IntN(len(statuses))], RetryAfter: time.Duration(r.IntN(3)) * time.Second}
}

// randomList has up to n-1 elements, often none.
func randomList[T any](r *rand.Rand, n int, of func(*rand.Rand) T) []T {
	if r.IntN(3) == 0 {
		return nil
	}
	list := make([]T, r.IntN(n))
	for i := range list {
		list[i] = of(r)
	}
	return list
}
