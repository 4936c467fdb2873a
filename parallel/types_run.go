package parallel

import (
	"encoding/json"
	"time"
)

// Status is the state of a run. The set is open.
type Status string

// The statuses.
const (
	StatusQueued         Status = "queued"
	StatusActionRequired Status = "action_required"
	StatusRunning        Status = "running"
	StatusCompleted      Status = "completed"
	StatusFailed         Status = "failed"
	StatusCancelling     Status = "cancelling"
	StatusCancelled      Status = "cancelled"
)

// Terminal reports whether a run in this status has ended. A status that is not known here has not; is_active
// is no guide, as it is false for action_required too.
func (s Status) Terminal() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusCancelled
}

// Active reports what upstream's is_active says of a run in this status.
func (s Status) Active() bool {
	return s == StatusQueued || s == StatusRunning || s == StatusCancelling
}

// TaskRun is the state of a run.
type TaskRun struct {
	RunID         string    `json:"run_id"`
	InteractionID string    `json:"interaction_id"` // a later run can continue from it
	Status        Status    `json:"status"`
	IsActive      bool      `json:"is_active"` // false does not mean that the run has ended; see [Status.Terminal]
	Warnings      []Warning `json:"warnings,omitzero"`
	Error         *Error    `json:"error,omitzero"` // why the run failed
	Processor     string    `json:"processor"`
	Metadata      Metadata  `json:"metadata,omitzero"`
	TaskGroupID   string    `json:"taskgroup_id,omitzero"`
	CreatedAt     Timestamp `json:"created_at"`
	ModifiedAt    Timestamp `json:"modified_at"`

	Extra map[string]json.RawMessage `json:"-"`
	raw   json.RawMessage
}

func (r TaskRun) MarshalJSON() ([]byte, error)     { return marshalObject(r) }
func (r *TaskRun) UnmarshalJSON(data []byte) error { return unmarshalObject(data, r) }

// RawJSON returns the bytes that [Client.CreateRun] or [Client.Run] received; nil if the value is from elsewhere.
func (r *TaskRun) RawJSON() json.RawMessage { return r.raw }

// Timestamp is an RFC 3339 time as upstream wrote it; "" is written as null.
type Timestamp string

// TimestampOf returns t as upstream writes times: in UTC, to the microsecond.
func TimestampOf(t time.Time) Timestamp {
	return Timestamp(t.UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
}

// Time returns the time, false if there is none or it is not RFC 3339.
func (t Timestamp) Time() (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, string(t))
	return at, err == nil
}

func (t Timestamp) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return quote(string(t)), nil
}

// Warning is something about the request that upstream did not expect. The set of types is open.
type Warning struct {
	Type    string          `json:"type"` // spec_validation_warning, input_validation_warning, warning
	Message string          `json:"message"`
	Detail  json.RawMessage `json:"detail,omitzero"` // an object

	Extra map[string]json.RawMessage `json:"-"`
}

func (w Warning) MarshalJSON() ([]byte, error)     { return marshalObject(w) }
func (w *Warning) UnmarshalJSON(data []byte) error { return unmarshalObject(data, w) }

// Error is upstream's description of a failure: of a run, or sent as an event.
type Error struct {
	RefID   string          `json:"ref_id"` // for upstream's support
	Message string          `json:"message"`
	Detail  json.RawMessage `json:"detail,omitzero"` // an object

	Extra map[string]json.RawMessage `json:"-"`
}

func (e Error) MarshalJSON() ([]byte, error)     { return marshalObject(e) }
func (e *Error) UnmarshalJSON(data []byte) error { return unmarshalObject(data, e) }

func (e *Error) Error() string {
	if e.RefID == "" {
		return e.Message
	}
	return e.Message + " (ref_id " + e.RefID + ")"
}
