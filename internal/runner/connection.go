package runner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// errQuiet ends a connection that brought no byte for too long.
var errQuiet = errors.New("the stream has been silent")

// connection is one upstream event stream.
type connection struct {
	*drive
	held    *held
	reason  string // why there is another connection; "" on the first
	waited  time.Duration
	opened  time.Time
	heard   int       // events, replays included
	fresh   int       // events that were new
	ended   *endState // the terminal state that was heard
	tracing bool      // it opened on an ended run: the trace and the output are still to come
}

// endState is a run's terminal state.
type endState struct {
	status taskyard.Status
	run    json.RawMessage    // TaskRun as it came
	output json.RawMessage    // nil where the state had none
	event  *taskyard.NewEvent // nil where it was not heard as an event
}

// closed says how a connection ended.
type closed struct {
	cause   error // nil for a clean end
	age     time.Duration
	fresh   int
	ended   *endState // nil unless a terminal state was heard
	tracing bool      // that state opened the stream, and no closing one came
}

// connect opens the stream and appends what is new until it ends. The error is ours or the drive's end; what
// upstream did wrong is in closed.cause.
func (d *drive) connect(ctx context.Context, reason string, waited time.Duration) (closed, error) {
	if err := d.awaitRead(ctx); err != nil {
		return closed{}, err
	}
	if err := d.log.flush(); err != nil {
		return closed{}, err
	}
	held, err := loadHeld(ctx, d.Store, d.task.Num, d.log.last)
	if ctx.Err() != nil {
		return closed{}, context.Cause(ctx)
	}
	if err != nil {
		return closed{}, err
	}
	d.connections++
	c := &connection{drive: d, held: held, reason: reason, waited: waited, opened: time.Now()}
	cause, err := c.read(ctx)
	d.heed(ctx, d.pace.reads, cause)
	if err == nil {
		err = context.Cause(ctx)
	}
	return closed{cause: cause, age: time.Since(c.opened), fresh: c.fresh, ended: c.ended, tracing: c.tracing}, err
}

// read appends the connection's events until it ends or the task is settled.
func (c *connection) read(ctx context.Context) (cause, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(c.quiet, func() { cancel(errQuiet) })
	defer watchdog.Stop()
	heard := parallel.WithActivity(func() { watchdog.Reset(c.patience()) })
	for ev, err := range c.client.Events(ctx, c.task.RunID, heard) {
		watchdog.Stop() // from here on it is we who take the time: a write may wait for the disk
		kind, data := ev.Type, ev.Raw
		if bad, ok := errors.AsType[*parallel.InvalidFrameError](err); ok {
			note := newNote(taskyard.NoteInvalidFrame, frameNote{string(validUTF8(bad.Data))})
			kind, data = note.Type, note.Data
		} else if err != nil {
			if errors.Is(context.Cause(ctx), errQuiet) {
				err = errQuiet
			}
			return err, nil
		}
		// What is blotted out here is counted so, as the log holds it so.
		if err := c.take(cmp.Or(storable(kind), untyped), c.log.hide.json(validUTF8(data))); err != nil || c.log.settled {
			return nil, err
		}
		if c.ended != nil && !c.tracing {
			return nil, nil
		}
		watchdog.Reset(c.patience())
	}
	return nil, nil
}

// patience is how long the stream may be silent from here.
func (c *connection) patience() time.Duration {
	if c.tracing {
		return c.Timing.Linger
	}
	return c.quiet
}

// untyped is the type of an event that names none, as event streams have it.
const untyped = "message"

// take appends one event if it is new.
func (c *connection) take(kind string, data json.RawMessage) error {
	if c.heard == 0 {
		if err := c.begin(); err != nil {
			return err
		}
	}
	c.heard++
	event := taskyard.NewEvent{Type: kind, Data: data, At: time.Now()}
	if kind == kindState {
		if state, status := readState(data); status.Terminal() {
			return c.takeEnd(state, event)
		}
	}
	if c.held.isReplay(kind, data) {
		return nil
	}
	if err := c.news(); err != nil {
		return err
	}
	switch kind {
	case kindState:
		return c.takeState(event)
	case kindStats:
		return c.log.append(taskyard.Change{Progress: progressOf(data)}, event)
	default:
		return c.log.append(taskyard.Change{}, event)
	}
}

// begin says that the stream is read again. It waits for the first event, as many a stream only opens.
func (c *connection) begin() error {
	if c.reason == "" {
		return nil
	}
	return c.log.append(taskyard.Change{Activity: activity(taskyard.PhaseStreaming)})
}

// news counts an event that the log does not hold. Before the first of them the log says that this is another
// connection, and why; one that brings nothing new leaves no mark.
func (c *connection) news() error {
	c.fresh++
	if c.fresh > 1 || c.reason == "" {
		return nil
	}
	note := reopenedNote{Connection: c.connections, Reason: c.reason, WaitedMS: c.waited.Milliseconds()}
	return c.log.append(taskyard.Change{}, newNote(taskyard.NoteStreamReopened, note))
}

// takeState appends a state that is not the end.
func (c *connection) takeState(event taskyard.NewEvent) error {
	state, status := readState(event.Data)
	change := taskyard.Change{Warnings: warningsOf(state.run)}
	if status != "" { // without one the state says nothing that we can act on
		change.Status = &status
	}
	return c.log.append(change, event)
}

// takeEnd takes a terminal state. It is appended in the write that settles the task and not before, so that it comes
// once and last: a stream that opens on an ended run begins with it, its trace comes behind, and only the closing
// state surely carries the output.
func (c *connection) takeEnd(state endState, event taskyard.NewEvent) error {
	state.event = &event
	if c.ended != nil && state.output == nil {
		state.output = c.ended.output
	}
	c.ended = &state
	c.tracing = c.heard == 1
	if c.tracing || state.status == taskyard.StatusCompleted && state.output == nil {
		return nil
	}
	if err := c.news(); err != nil {
		return err
	}
	return c.settle(c.ended)
}

// readState takes a state event apart; what is not there stays zero.
func readState(data json.RawMessage) (endState, taskyard.Status) {
	var event struct {
		Run    json.RawMessage `json:"run"`
		Output json.RawMessage `json:"output"`
	}
	var run struct {
		Status taskyard.Status `json:"status"`
	}
	if json.Unmarshal(data, &event) != nil || json.Unmarshal(event.Run, &run) != nil {
		return endState{}, ""
	}
	end := endState{status: run.Status, run: event.Run}
	if present(event.Output) {
		end.output = event.Output
	}
	return end, run.Status
}

// progressOf reads the numbers of a progress_stats event; what is missing or of another type stays nil.
func progressOf(data json.RawMessage) *taskyard.Progress {
	var stats struct {
		Sources struct {
			Considered json.RawMessage `json:"num_sources_considered"`
			Read       json.RawMessage `json:"num_sources_read"`
		} `json:"source_stats"`
		Meter json.RawMessage `json:"progress_meter"`
	}
	if json.Unmarshal(data, &stats) != nil {
		return nil
	}
	return &taskyard.Progress{
		SourcesConsidered: number[int64](stats.Sources.Considered),
		SourcesRead:       number[int64](stats.Sources.Read),
		Meter:             number[float64](stats.Meter),
	}
}

func number[T int64 | float64](raw json.RawMessage) *T {
	var v *T
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return v
}

// warningsOf returns a run's warnings, or nil.
func warningsOf(run json.RawMessage) json.RawMessage {
	var r struct {
		Warnings json.RawMessage `json:"warnings"`
	}
	if json.Unmarshal(run, &r) != nil || !present(r.Warnings) || string(r.Warnings) == "[]" {
		return nil
	}
	return validUTF8(r.Warnings)
}
