package taskyard

import (
	"context"
	"database/sql"
	"encoding/json"
)

// Service is what the API and the pages do to tasks; reading goes to the [Store] and to [Live].
type Service interface {
	// Submit stores a task and sees to it that it is driven to its end. The second value is false when the
	// idempotency key had been used for the same request before: the task is then the one of that time.
	Submit(ctx context.Context, s Submit) (Task, bool, error)
	// Import stores a task for a run that was made elsewhere, and sees to it that it is followed. Upstream is asked for
	// the run and its input first: CodeUnauthorized, CodeForbidden and CodeNotFound are its answers, CodeUnavailable that
	// it has none. The second value is false where this server has imported the run before.
	Import(ctx context.Context, i Import) (Task, bool, error)
	// SubmitAgain sends a task again whose submission is unknown. It may be billed twice; that is the user's
	// choice. CodeConflict in any other state.
	SubmitAgain(ctx context.Context, id string) (Task, error)
	// Cancel ends a task. A run on an upstream that [Upstream.Cancels] is cancelled there and followed to its end; any
	// other is no longer followed: Parallel has no cancel call, so it may go on and be billed. What was not sent never
	// is. CodeConflict when the task has ended.
	Cancel(ctx context.Context, id string) (Task, error)
	// Delete removes a task and its log from this server, and stops following it if it has not ended.
	Delete(ctx context.Context, id string) error
	// Upstreams are the upstreams that this server knows, the default one first.
	Upstreams() []Upstream
}

// Upstream is a Task API that tasks can run on.
type Upstream struct {
	Name      string
	Simulated bool // its answers are made up and must be labelled so
	HasKey    bool // the server has a key of its own, so a task needs none
	Cancels   bool // it has a call that cancels a run
}

// FindUpstream returns the upstream of that name; one that the list lacks is nothing but its name.
func FindUpstream(list []Upstream, name string) Upstream {
	for _, up := range list {
		if up.Name == name {
			return up
		}
	}
	return Upstream{Name: name}
}

// Submit is what a caller asks for. Its request may hold secrets.
type Submit struct {
	Unprintable
	APIKey         Hidden // zero uses the server's own
	Upstream       string // "" is the default
	Betas          []string
	Request        json.RawMessage // body of upstream's create call, checked for shape only
	IdempotencyKey string

	Owner      string     // whose the task is
	Visibility Visibility // "" is the server's default
}

// Import names a run that was made elsewhere.
type Import struct {
	RunID    string // upstream's trun_…
	APIKey   Hidden // of the account that the run is of; zero uses the server's own
	Upstream string // "" is the default

	Owner      string     // whose the task is
	Visibility Visibility // "" is the server's default
}

// Dispatcher decides which node drives which task.
type Dispatcher interface {
	// Enqueue inserts the task's job in the transaction that stores the task.
	Enqueue(ctx context.Context, tx *sql.Tx, t Task) error
	// Interrupt makes whoever drives the task look at it anew, because it was cancelled or deleted.
	Interrupt(id string)
}
