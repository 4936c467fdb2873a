package taskyard

// Status is upstream's word for the state of a run, kept verbatim whatever it is, plus [StatusPending] and
// [StatusSubmissionUnknown] for the time in which there is no run to have a state.
type Status string

// Ours, before there is a run.
const (
	// StatusPending is a task that has no run yet.
	StatusPending Status = "pending"
	// StatusSubmissionUnknown is a task whose create call was sent and whose answer was lost. A run may
	// exist and be billed; nothing more is sent until the user decides.
	StatusSubmissionUnknown Status = "submission_unknown"
)

// Upstream's. The set is open: others are stored, shown and passed on as they came.
const (
	StatusQueued         Status = "queued"
	StatusActionRequired Status = "action_required"
	StatusRunning        Status = "running"
	StatusCompleted      Status = "completed"
	StatusFailed         Status = "failed"
	StatusCancelling     Status = "cancelling"
	StatusCancelled      Status = "cancelled"
)

// Terminal reports whether a run in this status has ended. A status that we do not know has not: upstream's
// is_active is no guide, as it is false for action_required too.
func (s Status) Terminal() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusCancelled
}
