package taskyard

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"
)

// PreviewLength is how many characters of the input a list shows (the original's number).
const PreviewLength = 100

// NewID returns an unguessable task id: 26 lower-case letters and digits, 130 random bits. A task is public to
// whoever has its address, so the id is what protects it.
func NewID() string { return strings.ToLower(rand.Text()) }

// Task is what a user submits and Taskyard follows to its end, without the parts that can be large (see
// [Document]) and without its log (see [Store.Events]).
type Task struct {
	Num       int64 // the store's number; internal, never shown
	ID        string
	Status    Status
	Processor string
	Upstream  string // name of the upstream that runs it: "parallel", "simulator"
	Mode      string // what output was asked for: "text", "json", "auto"
	Preview   string // the first PreviewLength characters of the input
	Title     string // what the user calls it; "": the first line of the input
	Tags      []string
	Betas     string // value of the parallel-beta header, comma-separated; "" if none

	Owner      string // whose it is; "" is nobody's
	Visibility Visibility

	RunID         string // upstream's trun_…; "" until there is one
	InteractionID string
	Previous      string // the interaction that it goes on from; "" if it stands for itself

	CreatedAt   time.Time
	UpdatedAt   time.Time
	CompletedAt time.Time // when the task was settled; zero until then

	Epoch   int64 // rises each time a node takes the task; writes that name an older one are refused
	LastSeq int64 // seq of the newest event
	Version int64 // rises with every write to the task or its log; the basis of ETags

	Submission Submission
	Progress   Progress
	Activity   Activity
	Error      *TaskError      // why it failed; nil otherwise
	Warnings   json.RawMessage // upstream's warnings, an array as it came; nil if none
	HasResult  bool

	CancelRequested bool // someone asked to stop following; the owner settles it
}

// Settled reports whether the task has reached its end: nothing will be added to its log.
func (t *Task) Settled() bool { return !t.CompletedAt.IsZero() }

// Document is the part of a task that can be large.
type Document struct {
	// Request is the body of upstream's create call as it is sent, but for secrets (MCP header values, addresses of
	// MCP servers for which [HoldsSecret], the webhook's, and what of these two fields upstream's documents do not
	// name), which are replaced by [Redacted].
	Request json.RawMessage
	// Result is Parallel's TaskRunResult {run, output} as it came; nil until the task has completed.
	Result json.RawMessage
}

// Redacted stands in stored requests where a secret was.
const Redacted = "[sealed]"

// Submission is how far the create call of a task has come. The intent is stored before the call is made, so
// that after a crash a call that may have been billed is never repeated by itself.
type Submission string

// The states of a submission.
const (
	SubmissionNone    Submission = ""        // not sent, or certainly not received
	SubmissionSending Submission = "sending" // about to be sent, or sent; the answer is not stored
	SubmissionUnknown Submission = "unknown" // sent; the answer is lost for good
	SubmissionDone    Submission = "done"    // there is a run
)

// Progress is the newest progress_stats of a run. Nil fields were not given.
type Progress struct {
	SourcesConsidered *int64   `json:"sourcesConsidered"`
	SourcesRead       *int64   `json:"sourcesRead"`
	Meter             *float64 `json:"meter"` // 0 to 100
}

// Phase is what the server is doing for a task right now.
type Phase string

// The phases.
const (
	PhaseWaiting      Phase = "waiting"      // in the queue for a node
	PhaseSubmitting   Phase = "submitting"   // the create call is under way
	PhaseRetrying     Phase = "retrying"     // the create call certainly failed; waits for RetryAt
	PhaseStreaming    Phase = "streaming"    // reads the event stream
	PhaseReconnecting Phase = "reconnecting" // the stream broke; waits for RetryAt
	PhasePolling      Phase = "polling"      // the events cannot be read; asks for the status at intervals
	PhaseFetching     Phase = "fetching"     // the run has completed; fetches its result
	PhaseUnknown      Phase = "unknown"      // the submission's outcome is unknown; waits for the user
	PhaseCancelling   Phase = "cancelling"   // upstream is told to cancel the run, which is followed to its end
	PhaseEnded        Phase = "ended"
)

// Activity says what the server is doing for a task, since when, why, and what comes next.
type Activity struct {
	Phase   Phase      `json:"phase"`
	Since   time.Time  `json:"since"`
	Attempt int        `json:"attempt,omitempty"` // of the current phase, from 1
	Reason  string     `json:"reason,omitempty"`  // why it waits
	RetryAt *time.Time `json:"retryAt,omitempty"` // when it tries again
}

// TaskError is why a task failed, in upstream's words where they are upstream's.
type TaskError struct {
	Message string          `json:"message"`
	RefID   string          `json:"refId,omitempty"`  // upstream's reference, for its support
	Status  int             `json:"status,omitempty"` // HTTP status, if a call was refused
	Detail  json.RawMessage `json:"detail,omitempty"`
	Hint    string          `json:"hint,omitempty"` // what to do; ours
}

// Secret is what a task needs and nobody may read: it is stored sealed and erased when the task is settled.
type Secret struct {
	Unprintable
	APIKey Hidden
	// Request is the body of the create call with its secrets in place, where it has any.
	Request Hidden
}

// Event is one stored message of a task.
type Event struct {
	Seq  int64  // from 1, gapless
	Type string // upstream's kind as it came, or one of ours under [NotePrefix]
	// Data is upstream's JSON as it came.
	Data json.RawMessage
	At   time.Time // when this server heard it
}

// NotePrefix begins the types of our own notes in a log; upstream's kinds do not have it.
const NotePrefix = "taskyard."

// Our notes.
const (
	NoteCreated           = NotePrefix + "task_created"       // always seq 1
	NoteRunCreated        = NotePrefix + "run_created"        // upstream has accepted the task
	NoteSubmitRetry       = NotePrefix + "submit_retry"       // the create call certainly failed and is tried again
	NoteSubmissionUnknown = NotePrefix + "submission_unknown" // the answer of the create call was lost
	NoteSubmittedAgain    = NotePrefix + "submitted_again"    // the user chose to send it again
	NoteStreamReopened    = NotePrefix + "stream_reopened"    // another connection, and why
	NoteInvalidFrame      = NotePrefix + "invalid_frame"      // a frame that was not JSON, as text
	NoteResultRetry       = NotePrefix + "result_retry"       // the result could not be fetched yet
	NoteCancelRequested   = NotePrefix + "cancel_requested"   // the user stopped following
	NoteSettled           = NotePrefix + "settled"            // always the last event
)
