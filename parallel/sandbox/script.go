package sandbox

import (
	"encoding/json"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// Script is everything that a run does: its trace, its end, and what goes wrong on the way. The simulation
// writes one for each run, a scenario changes it, [WithScript] replaces it. All its times are simulated and
// count from the create.
type Script struct {
	Warnings []parallel.Warning // added to those about the request
	Trace    Trace              // nil: nothing happens before the end; what is due after the end never happens
	End      End

	Replay Replay        // of the trace, on streams that are opened after the end
	Forget time.Duration // if not 0: how long after the end every call begins to answer 404

	// What goes wrong on the streams of the run, in the order in which they are opened; those behind the last
	// one are sound. Live are the streams opened before the end, Ended those opened after it.
	Live, Ended []Stream
	// What goes wrong with the other calls, in order.
	Create         []CreateFault
	Status, Result []CallFault
}

// End is how a run ends.
type End struct {
	At     time.Duration
	Status parallel.Status // "" means never
	Error  *parallel.Error // of a failed run
	Output json.RawMessage // TaskRunOutput of a completed run; nil lets the simulation make one that fits the request
}

// Trace is a list of events in the order of their times.
type Trace interface {
	Len() int
	// Peek tells when event i happens and its type, without the cost of wording it.
	Peek(i int) (time.Duration, string)
	Event(i int) Event
}

// Event is one event of a trace. Its type decides which of the other fields count.
//
// Progress messages, and events of kinds that are not known here, are replayed on every connection. States and
// progress_stats are not: a connection opens with the state as it then is, and of the stats it gets the latest.
type Event struct {
	At   time.Duration
	Type string // such as "task_run.progress_msg.plan", [parallel.EventState] or [parallel.EventStats]

	Message string // of a progress message
	Untimed bool   // the progress message has a null timestamp

	Status parallel.Status // of a state: the run has this status from here on
	Stats  Stats           // of progress_stats

	// Data, if not nil, is sent as the event's data just as it is, JSON or not. Only states and progress_stats
	// cannot have it.
	Data json.RawMessage
}

// Stats is how far a run has come.
type Stats struct {
	Considered, Read int64    // sources
	Sample           []string // URLs of sources that were read
	Meter            float64  // 0 to 100
}

// Events is a [Trace] that is written out.
type Events []Event

// Len is the number of events.
func (e Events) Len() int { return len(e) }

// Peek tells when event i happens and its type.
func (e Events) Peek(i int) (time.Duration, string) { return e[i].At, e[i].Type }

// Event returns event i.
func (e Events) Event(i int) Event { return e[i] }

// Replay says how much of a run's trace a stream brings that is opened after the run has ended. Before that,
// all of it is always replayed.
type Replay int

// The kinds of replay.
const (
	ReplayAll Replay = iota
	ReplayHalf
	ReplayNone
	// ReplayUnlessSent is all of it until one stream has sent the whole trace, and nothing from then on.
	ReplayUnlessSent
)

// Stream is how one event stream is served. The zero value is sound.
type Stream struct {
	Refuse  int // if not 0, the status of the answer that comes instead of a stream
	Fault   StreamFault
	After   int           // the number of events after which the fault strikes
	Hold    time.Duration // how long a silence lasts before the connection is cut; 0: until the client goes
	Framing Framing
}

// StreamFault is what goes wrong with a stream.
type StreamFault int

// The faults.
const (
	NoFault    StreamFault = iota
	Cut                    // the connection breaks between two events
	CutInside              // the connection breaks in the middle of an event
	EndEarly               // the answer ends properly, but without a final state
	FallSilent             // the connection stays open and brings nothing more
	NoHeaders              // not even the head of the answer comes; After does not count
)

// Framing is how events are written. All of these are within the standard for event streams.
type Framing struct {
	LineEnd   string // "" is "\n"; also "\r\n" and "\r"
	BOM       bool   // a byte order mark comes first
	Comments  bool   // comments, ids, retry times and messages without data stand between events
	MultiLine bool   // JSON is spread over several data lines
	NoSpace   bool   // none after the colon
	Bytewise  bool   // each byte is sent for itself
}

// CallFault is an answer that comes instead of the proper one.
type CallFault struct {
	Status     int           // 0: the connection is cut
	RetryAfter time.Duration // in real time, whole seconds; 0: not said
}

// CreateFault is a create call that goes wrong. Unless RunMade, it makes no run.
type CreateFault struct {
	CallFault
	RunMade bool // there is a run although its maker is not told
}
