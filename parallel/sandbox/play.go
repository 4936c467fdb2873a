package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// play is a run with its script: what it says at which time. It is made for one call and used by one goroutine.
type play struct {
	*run
	Script
	trace Trace
	story *story

	isCancelled bool // by the call that does so; the script knows nothing of it
}

// play reads or writes the run's script, up to where it was cancelled.
func (r *run) play() *play {
	p := &play{run: r, story: &story{run: r}}
	if r.scripted != nil {
		p.Script = *r.scripted
	} else {
		p.Script = simulate(r, p.story)
	}
	p.trace = p.Script.Trace
	if p.trace == nil {
		p.trace = Events(nil)
	}
	if at := r.cancelled.since(); !at.IsZero() {
		p.cancelAt(at)
	}
	return p
}

// replayed reports whether events of this type come again on every connection.
func replayed(kind string) bool { return kind != parallel.EventState && kind != parallel.EventStats }

func (p *play) ends() bool { return p.End.Status != "" }

// ended reports whether the run has ended by a time.
func (p *play) ended(now time.Time) bool { return p.ends() && !p.when(p.End.At).After(now) }

// forgotten reports whether the run is no longer known at a time.
func (p *play) forgotten(now time.Time) bool {
	return p.Forget != 0 && p.ended(now) && !p.when(p.End.At+p.Forget).After(now)
}

// happens reports whether event i comes before the end.
func (p *play) happens(i int) bool {
	at, _ := p.trace.Peek(i)
	return !p.ends() || at <= p.End.At
}

// len is the number of events that happen.
func (p *play) len() int {
	n := p.trace.Len()
	for n > 0 && !p.happens(n-1) {
		n--
	}
	return n
}

// due returns when event i happens, in real time.
func (p *play) due(i int) time.Time {
	at, _ := p.trace.Peek(i)
	return p.when(at)
}

// status is what the run's status is at a time, and since when.
func (p *play) status(now time.Time) (parallel.Status, time.Time) {
	if p.ended(now) {
		return p.End.Status, p.when(p.End.At)
	}
	status, since := parallel.StatusQueued, p.At
	for i := range p.len() {
		at, kind := p.trace.Peek(i)
		if p.when(at).After(now) {
			break
		}
		if kind == parallel.EventState {
			status, since = p.trace.Event(i).Status, p.when(at)
		}
	}
	return status, since
}

// taskRun is the run as it is at a time.
func (p *play) taskRun(now time.Time) parallel.TaskRun { return p.taskRunIn(p.status(now)) }

// taskRunIn is the run in a status that it has since a time.
func (p *play) taskRunIn(status parallel.Status, since time.Time) parallel.TaskRun {
	run := parallel.TaskRun{
		RunID: p.ID, InteractionID: p.ID, Status: status, IsActive: status.Active(), Processor: p.input.Processor,
		Metadata: p.input.Metadata, Warnings: slices.Concat(p.run.Warnings, p.Script.Warnings),
		CreatedAt: parallel.TimestampOf(p.At), ModifiedAt: parallel.TimestampOf(since),
	}
	if status == parallel.StatusFailed {
		run.Error = p.End.Error
	}
	return run
}

// output is the TaskRunOutput of a completed run.
func (p *play) output() json.RawMessage {
	if p.End.Output != nil {
		return p.End.Output
	}
	return p.story.output()
}

// state is a task_run.state event without output.
func (p *play) state(status parallel.Status, since time.Time) json.RawMessage {
	return encode(parallel.StateEvent{Type: parallel.EventState, Run: p.taskRunIn(status, since)})
}

// final is the state in which the run ends.
func (p *play) final(withOutput bool) json.RawMessage {
	state := p.state(p.End.Status, p.when(p.End.At))
	if !withOutput || p.End.Status != parallel.StatusCompleted {
		return state
	}
	return slices.Concat(bytes.TrimSuffix(state, []byte("}")), []byte(`,"output":`), p.output(), []byte("}"))
}

// data is the JSON of an event of the trace.
func (p *play) data(e Event) json.RawMessage {
	switch {
	case e.Type == parallel.EventState:
		return p.state(e.Status, p.when(e.At))
	case e.Type == parallel.EventStats:
		return encode(statsEvent(e.Stats))
	case e.Data != nil:
		return e.Data
	}
	m := parallel.MessageEvent{Type: e.Type, Message: e.Message}
	if !e.Untimed {
		m.Timestamp = parallel.TimestampOf(p.when(e.At))
	}
	return encode(m)
}

func statsEvent(s Stats) parallel.StatsEvent {
	sample := s.Sample
	if sample == nil {
		sample = []string{}
	}
	return parallel.StatsEvent{
		Type: parallel.EventStats, ProgressMeter: &s.Meter,
		SourceStats: parallel.SourceStats{NumSourcesConsidered: &s.Considered, NumSourcesRead: &s.Read, SourcesReadSample: sample},
	}
}

// encode writes a value of ours as JSON.
func encode(v any) json.RawMessage {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("sandbox: encode: " + err.Error()) // the values are all our own
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// name is what an event of this type is called in the event field of its frame; types that would break the line
// have none.
func name(kind string) string {
	if strings.ContainsAny(kind, "\r\n") {
		return ""
	}
	return kind
}

// turn counts a call and returns its number, from 0.
func turn(calls *atomic.Int64) int { return int(calls.Add(1) - 1) }

// nth returns what goes wrong with call i, false if nothing does.
func nth[T any](faults []T, i int) (fault T, ok bool) {
	if i >= len(faults) {
		return fault, false
	}
	return faults[i], true
}
