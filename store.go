package taskyard

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"
	"time"
)

// Store keeps tasks and their logs. One conformance suite (internal/store/storetest) is its law.
//
// Methods return *Error with CodeNotFound, CodeFenced, CodeConflict or CodeInvalid where they say so; every
// other error is a fault of the database.
type Store interface {
	// Create stores a task with its first event and calls enqueue, all in one transaction. If t.IdempotencyKey
	// was used before it stores nothing: it returns the task of that time and false when the fingerprints are
	// equal, and CodeConflict when they are not. CodeRateLimited where the client of t.Allotment has too many under way.
	Create(ctx context.Context, t NewTask, enqueue func(*sql.Tx, Task) error) (Task, bool, error)

	// Task returns a task, or CodeNotFound.
	Task(ctx context.Context, id string) (Task, error)
	// Document returns the large parts of a task, or CodeNotFound.
	Document(ctx context.Context, id string) (Document, error)
	// Tasks returns one page of a list, newest first. It never reads documents.
	Tasks(ctx context.Context, q TaskQuery) (TaskPage, error)
	// Thread returns the tasks that go on from each other and that a task is one of, oldest first, 50 at most: those that
	// an owner may see in lists (nil: all), and of these their own before others'.
	Thread(ctx context.Context, id string, visibleTo *string) ([]Task, error)
	// OfRun returns the task of a run, by upstream's name of it or of its interaction, or CodeNotFound.
	OfRun(ctx context.Context, upstream, name string) (Task, error)
	// Templates returns what an owner keeps to begin from, newest first; TeamTemplates the newest of what all others keep
	// for those with a token; Template returns one. SaveTemplate keeps one more, CodeInvalid where there are too many;
	// DeleteTemplate forgets one. CodeNotFound where there is none.
	Templates(ctx context.Context, owner string) ([]Template, error)
	TeamTemplates(ctx context.Context, without string) ([]Template, error)
	Template(ctx context.Context, id string) (Template, error)
	SaveTemplate(ctx context.Context, t Template) error
	DeleteTemplate(ctx context.Context, id string) error
	// Uses counts the tasks that were created since a day began, in UTC, and have a run, by upstream and processor: what
	// they cost. Those that were deleted are counted too, if the day is today or yesterday.
	Uses(ctx context.Context, day time.Time) ([]Use, error)
	// Events returns events with after < seq <= upTo in order (upTo 0: no bound): at most maxEvents, and after
	// the first no more than maxBytes of data. An empty answer means that there are none now. An unknown task
	// has none.
	Events(ctx context.Context, num, after, upTo int64, maxEvents, maxBytes int) ([]Event, error)

	// ToDrive returns the ids of the tasks that somebody must drive, oldest first: those that have not ended, but for
	// those that wait for their users.
	ToDrive(ctx context.Context) ([]string, error)
	// Take raises a task's epoch and returns the task with what its owner needs to drive it.
	Take(ctx context.Context, id string) (Owned, error)
	// Append queues w for the next group commit and returns at once. Writes of one task are committed in the
	// order in which they were queued. The receipt reports CodeFenced when w.Epoch is no longer the task's, or
	// w.After not its last seq (an earlier write was lost): the writer must give up and take the task anew.
	Append(w Write) *Receipt

	// Reopen moves a task whose submission is unknown back to pending, so that it is sent again, records a
	// note, and calls enqueue, all in one transaction. CodeConflict in any other state.
	Reopen(ctx context.Context, id string, note NewEvent, enqueue func(*sql.Tx, Task) error) (Task, error)
	// RequestCancel marks a task for its owner to settle as cancelled. CodeConflict when it is settled. A task
	// whose submission is unknown has no owner: only for such a one enqueue is called, in the same transaction.
	RequestCancel(ctx context.Context, id string, enqueue func(*sql.Tx, Task) error) (Task, error)
	// Name changes what a task is called, at any time. CodeInvalid where a bound of [Naming] is passed.
	Name(ctx context.Context, id string, n Naming) (Task, error)
	// Show changes who may read a task, at any time.
	Show(ctx context.Context, id string, v Visibility) (Task, error)
	// AddShare keeps a link to a task, CodeInvalid where the task or the owner has too many; Share returns one, good or not;
	// Shares a page of them, newest first; RevokeShare ends one. CodeNotFound where there is none.
	AddShare(ctx context.Context, s Share) error
	Share(ctx context.Context, token string) (Share, error)
	Shares(ctx context.Context, q ShareQuery) (SharePage, error)
	RevokeShare(ctx context.Context, token string) error
	// ShareOpened counts that a link was opened. It does not wait for the database: what is counted is stored a little
	// later, and lost with a process that dies before.
	ShareOpened(token string)
	// Delete removes a task, its log, its links and its secrets.
	Delete(ctx context.Context, id string) error
}

// NewTask is a task to be stored.
type NewTask struct {
	ID        string
	Processor string
	Upstream  string
	Mode      string
	Preview   string
	Betas     string
	CreatedAt time.Time
	Request   json.RawMessage // without secrets
	Secret    []byte          // sealed; nil if there is none
	Search    string          // text of the input to be found by; folding is the store's
	Note      NewEvent        // becomes seq 1

	Owner      string
	Visibility Visibility // "" is public
	Allotment  Allotment

	Metadata map[string]string // of the request, to filter lists by; long keys and values are left out
	Previous string            // the interaction that it goes on from

	RunID, InteractionID string // of a run that there is already; "" makes one

	IdempotencyKey string // "" if none
	Fingerprint    []byte // hash of what was asked for; compared when the key comes again
}

// Allotment bounds how many tasks of one client are under way. What is stored of it goes when the task ends.
type Allotment struct {
	Client string // "" counts nothing
	Most   int
}

// Owned is a task as its owner takes it.
type Owned struct {
	Task
	Request json.RawMessage
	Secret  []byte // sealed
}

// NewEvent is an event that has no seq yet.
type NewEvent struct {
	Type string
	Data json.RawMessage
	At   time.Time
}

// Write is one atomic change to a task by its owner: events to append, and what they change.
type Write struct {
	Task   int64 // Task.Num
	ID     string
	Epoch  int64
	After  int64 // the last seq that the writer knows; its events become After+1, After+2, …
	Events []NewEvent
	Change Change
}

// Change names the columns that a write sets; nil fields stay as they are.
type Change struct {
	Status        *Status
	RunID         *string
	InteractionID *string
	Submission    *Submission
	Progress      *Progress
	Activity      *Activity
	Warnings      json.RawMessage
	Error         *TaskError
	Result        json.RawMessage
	// Settle ends the task: CompletedAt is set to this time and the secret is erased.
	Settle *time.Time
	// Search is text of the output to be found by, added to that of the input.
	Search string
}

// Receipt is the outcome of a queued write.
type Receipt struct {
	once sync.Once
	done chan struct{} // closed when err is set
	err  error
}

// NewReceipt returns a receipt that is not ready.
func NewReceipt() *Receipt { return &Receipt{done: make(chan struct{})} }

// Resolve makes the receipt ready. Later calls do nothing.
func (r *Receipt) Resolve(err error) {
	r.once.Do(func() { r.err = err; close(r.done) })
}

// Wait returns the outcome when it is ready, or the context's cause.
func (r *Receipt) Wait(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	default:
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Ready is closed when the outcome is known.
func (r *Receipt) Ready() <-chan struct{} { return r.done }

// TaskQuery asks for one page of tasks. Zero fields do not filter.
type TaskQuery struct {
	Statuses   []Status
	Processors []string
	Upstream   string
	Mode       string            // what output was asked for
	Tags       []string          // all of them
	Metadata   map[string]string // a value for each key
	Since      time.Time         // created at or after
	Until      time.Time         // created before
	Search     string            // found as it stands, letter case aside, anywhere in inputs, outputs and titles
	VisibleTo  *string           // public tasks and those of this owner; nil: all
	Owner      string            // whose
	After      Cursor            // start behind this task
	Limit      int               // 1 to MaxPage
}

// Template is a request that a user keeps to begin from. It holds no secrets.
type Template struct {
	ID        string
	Name      string // 1 to MaxTitle characters
	Upstream  string
	Request   json.RawMessage
	CreatedAt time.Time
	Owner     string // "" is nobody's
	// Visibility is public for everybody with a token, and private for the owner alone; "" is public.
	Visibility Visibility
}

// Bounds of templates.
const (
	MaxTemplates        = 200    // of one owner, and of others' that are listed
	MaxVisitorTemplates = 10_000 // of all together who have no token
)

// Use is how many runs there were on a processor of an upstream.
type Use struct {
	Upstream  string
	Processor string
	Runs      int64
}

// MaxPage is the largest page of a list.
const MaxPage = 500

// Cursor is a place in a list: behind the task with this creation time (Unix milliseconds) and number.
type Cursor struct {
	CreatedAt int64
	Num       int64
}

// IsZero reports whether c is the beginning of a list.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// TaskPage is one page of a list.
type TaskPage struct {
	Tasks []Task
	Next  Cursor // zero when there is no more
}

// Announcement says that a task moved: its log is committed up to Seq, or it is gone (Seq 0). It carries no
// data and is only a hint; readers read the store.
type Announcement struct {
	ID  string
	Seq int64
}
