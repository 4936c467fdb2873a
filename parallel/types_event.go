package parallel

import "encoding/json"

// Kinds of events. The set is open: all progress messages begin with EventMessagePrefix, and what follows it
// is plan, search, result, tool_call, exec_status or something new.
const (
	EventState         = "task_run.state"
	EventStats         = "task_run.progress_stats"
	EventMessagePrefix = "task_run.progress_msg."
	EventError         = "error"
)

// StateEvent says that a run has changed its status. Only the last one of a connection surely carries the
// output of a completed run.
type StateEvent struct {
	Type    string         `json:"type"`
	EventID *string        `json:"event_id"` // null on the stream of one run
	Input   *TaskRunInput  `json:"input,omitzero"`
	Run     TaskRun        `json:"run"`
	Output  *TaskRunOutput `json:"output,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (e StateEvent) MarshalJSON() ([]byte, error)     { return marshalObject(e) }
func (e *StateEvent) UnmarshalJSON(data []byte) error { return unmarshalObject(data, e) }

// StatsEvent is how far a run has come.
type StatsEvent struct {
	Type          string      `json:"type"`
	SourceStats   SourceStats `json:"source_stats"`
	ProgressMeter *float64    `json:"progress_meter"` // 0 to 100

	Extra map[string]json.RawMessage `json:"-"`
}

func (e StatsEvent) MarshalJSON() ([]byte, error)     { return marshalObject(e) }
func (e *StatsEvent) UnmarshalJSON(data []byte) error { return unmarshalObject(data, e) }

// SourceStats counts the sources of a run; nil fields were not given.
type SourceStats struct {
	NumSourcesConsidered *int64   `json:"num_sources_considered"`
	NumSourcesRead       *int64   `json:"num_sources_read"`
	SourcesReadSample    []string `json:"sources_read_sample"` // URLs

	Extra map[string]json.RawMessage `json:"-"`
}

func (s SourceStats) MarshalJSON() ([]byte, error)     { return marshalObject(s) }
func (s *SourceStats) UnmarshalJSON(data []byte) error { return unmarshalObject(data, s) }

// MessageEvent is a progress message. Messages may repeat byte for byte.
type MessageEvent struct {
	Type      string    `json:"type"`
	Message   string    `json:"message"`
	Timestamp Timestamp `json:"timestamp"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (e MessageEvent) MarshalJSON() ([]byte, error)     { return marshalObject(e) }
func (e *MessageEvent) UnmarshalJSON(data []byte) error { return unmarshalObject(data, e) }

// ErrorEvent carries an error: as an event, and as the body of an answer that refuses a call.
type ErrorEvent struct {
	Type string `json:"type"` // always "error"
	Err  Error  `json:"error"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (e ErrorEvent) MarshalJSON() ([]byte, error)     { return marshalObject(e) }
func (e *ErrorEvent) UnmarshalJSON(data []byte) error { return unmarshalObject(data, e) }
