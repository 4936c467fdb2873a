package runner

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// The notes that a drive leaves in the log, as JSON.
type (
	runCreatedNote struct {
		RunID         string `json:"run_id"`
		InteractionID string `json:"interaction_id,omitempty"`
		Status        string `json:"status"`
	}
	retryNote struct {
		Attempt int       `json:"attempt"`
		Reason  string    `json:"reason"`
		RefID   string    `json:"ref_id,omitempty"`
		RetryAt time.Time `json:"retry_at"`
	}
	reasonNote struct {
		Reason string `json:"reason"`
	}
	reopenedNote struct {
		Connection int    `json:"connection"` // of this drive, from 1
		Reason     string `json:"reason"`
		WaitedMS   int64  `json:"waited_ms"`
	}
	frameNote struct {
		Text string `json:"text"`
	}
	settledNote struct {
		Status taskyard.Status     `json:"status"`
		Error  *taskyard.TaskError `json:"error,omitempty"`
	}
)

// newNote makes an event of ours. The notes above always marshal.
func newNote(kind string, note any) taskyard.NewEvent {
	data, err := json.Marshal(note)
	if err != nil {
		panic(fmt.Sprintf("marshal %s: %v", kind, err))
	}
	return taskyard.NewEvent{Type: kind, Data: data, At: time.Now()}
}

// retryActivity says that a phase waits for its next attempt.
func retryActivity(phase taskyard.Phase, attempt int, reason string, retryAt time.Time) *taskyard.Activity {
	return &taskyard.Activity{Phase: phase, Since: time.Now(), Attempt: attempt, Reason: reason, RetryAt: &retryAt}
}

func activity(phase taskyard.Phase) *taskyard.Activity {
	return &taskyard.Activity{Phase: phase, Since: time.Now()}
}
