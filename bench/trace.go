package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// stampLayout is how upstream writes times: always this long, so that one can be written over another.
const stampLayout = "2006-01-02T15:04:05.000000Z"

// trace is what every run says, taken down from a run of the simulator: its messages and statistics, again and again, and
// its output at the end. So events have the shapes and sizes of real ones, and cost next to nothing to send.
type trace struct {
	frames []frame
	output json.RawMessage
}

// frame is one event as a stream has it: a whole chunk of an HTTP/1.1 body.
type frame struct {
	chunk   []byte
	stamp   int // where in it the time stands; 0 where there is none
	message bool
	size    int // of its JSON, in bytes
}

// newFrame makes the chunk of an event.
func newFrame(kind string, data []byte) frame {
	body := fmt.Appendf(nil, "event: %s\ndata: %s\n\n", kind, data)
	chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body)
	f := frame{chunk: chunk, size: len(data)}
	mark := []byte(`"timestamp":"`)
	if at := bytes.Index(chunk, mark); at >= 0 {
		f.stamp, f.message = at+len(mark), true
	}
	return f
}

// appendAt appends the frame as it is said at a time.
func (f *frame) appendAt(b []byte, at time.Time) []byte {
	if f.stamp == 0 {
		return append(b, f.chunk...)
	}
	b = append(b, f.chunk[:f.stamp]...)
	b = at.UTC().AppendFormat(b, stampLayout)
	return append(b, f.chunk[f.stamp+len(stampLayout):]...)
}

// record lets the simulator play one run, a few hundred times as fast as a real one, and takes it down.
func record(ctx context.Context) (*trace, error) {
	box, err := sandbox.New(sandbox.WithScale(1000))
	if err != nil {
		return nil, err
	}
	t, err := recordFrom(ctx, box)
	return t, errors.Join(err, box.Close())
}

func recordFrom(ctx context.Context, box *sandbox.Sandbox) (*trace, error) {
	client, err := parallel.New("bench", parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(box.Client()))
	if err != nil {
		return nil, err
	}
	run, err := client.CreateRunJSON(ctx, []byte(`{"processor":"pro","input":"How do old harbours make money?"}`))
	if err != nil {
		return nil, err
	}
	t := &trace{}
	for event, err := range client.Events(ctx, run.RunID) {
		if err != nil {
			return nil, err
		}
		if state, isState := event.State(); isState {
			if state.Run.Status.Terminal() {
				t.output, err = outputOf(event.Raw)
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		t.frames = append(t.frames, newFrame(event.Type, event.Raw))
	}
	if len(t.frames) == 0 || len(t.output) == 0 {
		return nil, errors.New("the simulator's run said nothing")
	}
	return t, nil
}

func outputOf(state json.RawMessage) (json.RawMessage, error) {
	var s struct {
		Output json.RawMessage `json:"output"`
	}
	err := json.Unmarshal(state, &s)
	return s.Output, err
}

// stateFrame is a state of a run; an ended one carries the output.
func (t *trace) stateFrame(runID string, status parallel.Status, created, at time.Time) frame {
	state := fmt.Appendf(nil, `{"type":%q,"event_id":null,"run":%s`, parallel.EventState, runJSON(runID, status, created, at))
	if status == parallel.StatusCompleted {
		state = append(append(state, `,"output":`...), t.output...)
	}
	return newFrame(parallel.EventState, append(state, '}'))
}

func runJSON(runID string, status parallel.Status, created, at time.Time) []byte {
	return fmt.Appendf(nil, `{"run_id":%q,"interaction_id":%q,"status":%q,"is_active":%t,"processor":"pro","created_at":%q,"modified_at":%q}`,
		runID, runID, status, status.Active(), created.UTC().Format(stampLayout), at.UTC().Format(stampLayout))
}
