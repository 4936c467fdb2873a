// Package dispatch decides which node drives which task. River keeps a job for each task in the task's own
// database: it is inserted in the transaction that stores the task, handed to a node, and given back when that
// node stops or dies.
package dispatch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/taskyard/taskyard"
)

const (
	// maxWorkers is how many tasks one node drives at once; River allows no more in one queue.
	maxWorkers = 10_000
	// fetchCooldown bounds how often new jobs are fetched, and so how soon after its creation a task starts.
	fetchCooldown = 10 * time.Millisecond
	// maxRetryDelay bounds the wait after a drive that failed by our own fault (the database, mostly; upstream's
	// faults are waited out within the drive).
	maxRetryDelay = 30 * time.Second
)

// Drive drives a task until it is settled. It returns nil when there is nothing left to do, the context's error
// when it was told to stop, and any other error to be called again later.
type Drive func(ctx context.Context, taskID string) error

// errInterrupted ends a drive so that it looks at its task anew.
var errInterrupted = errors.New("interrupted: the task was changed")

// Dispatcher implements [taskyard.Dispatcher] with River on SQLite.
type Dispatcher struct {
	db, read *sql.DB
	toDrive  func(context.Context) ([]string, error)
	client   *river.Client[*sql.Tx]
	logger   *slog.Logger

	mu      sync.Mutex            // guards running and held
	running map[string][]*driving // the drives of this process by task
	held    map[int64]struct{}    // the jobs that this process works on

	tending  sync.WaitGroup
	stopTend context.CancelFunc // nil before Start
}

// driving is one drive under way. A task can have two for a moment, as when it is sent again while the drive that
// gave it up is still ending; the store's epoch decides between them.
type driving struct{ interrupt context.CancelCauseFunc }

// Config is what a dispatcher needs.
type Config struct {
	// Write is the one connection that writes, where tasks are stored; Read has others, which see what is committed.
	Write, Read *sql.DB
	Drive       Drive
	// ToDrive returns the ids of all tasks that somebody must drive.
	ToDrive func(context.Context) ([]string, error)
	Logger  *slog.Logger
}

// New prepares River's tables and a dispatcher that drives each task. It does not work before Start.
func New(ctx context.Context, cfg Config) (*Dispatcher, error) {
	logger := quietLogger(cfg.Logger)
	driver := riversqlite.New(cfg.Write)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("prepare job tables: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("migrate job tables: %w", err)
	}
	d := &Dispatcher{
		db: cfg.Write, read: cfg.Read, toDrive: cfg.ToDrive, logger: logger,
		running: make(map[string][]*driving), held: make(map[int64]struct{}),
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{dispatcher: d, drive: cfg.Drive, logger: logger})
	d.client, err = river.NewClient(driver, &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxWorkers}},
		Workers:       workers,
		FetchCooldown: fetchCooldown,
		// A task is driven for hours; what frees the jobs of dead nodes is freeJobs, not a timeout.
		JobTimeout:  -1,
		MaxAttempts: math.MaxInt16,
		RetryPolicy: retryPolicy{},
		// A job says nothing that the task does not.
		CompletedJobRetentionPeriod: time.Minute,
		Logger:                      logger,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare dispatch: %w", err)
	}
	return d, nil
}

// Start frees the jobs that an earlier process left running and begins to hand out jobs.
func (d *Dispatcher) Start(ctx context.Context) error {
	if err := d.freeJobs(ctx); err != nil {
		return err
	}
	orphans, err := d.orphans(ctx)
	if err != nil {
		return err
	}
	for _, id := range orphans {
		if err := d.adopt(ctx, id); err != nil {
			return err
		}
	}
	// River stops when its start context ends; only Stop shall do that, in the order that app chooses.
	ctx = context.WithoutCancel(ctx)
	if err := d.client.Start(ctx); err != nil {
		return fmt.Errorf("start dispatch: %w", err)
	}
	ctx, d.stopTend = context.WithCancel(ctx)
	d.tending.Go(func() { d.tend(ctx) })
	return nil
}

// Stop ends all drives and hands their jobs back, to be taken by the next process.
func (d *Dispatcher) Stop(ctx context.Context) error {
	if d.stopTend != nil {
		d.stopTend()
		d.tending.Wait()
	}
	if err := d.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop dispatch: %w", err)
	}
	return nil
}

// Enqueue inserts the task's job in the transaction that stores the task.
func (d *Dispatcher) Enqueue(ctx context.Context, tx *sql.Tx, t taskyard.Task) error {
	if _, err := d.client.InsertTx(ctx, tx, jobArgs{TaskID: t.ID}, nil); err != nil {
		return fmt.Errorf("enqueue task: %w", err)
	}
	return nil
}

// Interrupt makes whoever drives the task look at it anew.
func (d *Dispatcher) Interrupt(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.running[id] {
		one.interrupt(errInterrupted)
	}
}

func (d *Dispatcher) add(id string, one *driving) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running[id] = append(d.running[id], one)
}

func (d *Dispatcher) remove(id string, one *driving) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running[id] = slices.DeleteFunc(d.running[id], func(other *driving) bool { return other == one })
	if len(d.running[id]) == 0 {
		delete(d.running, id)
	}
}

// jobArgs is what a job says: which task to drive.
type jobArgs struct {
	TaskID string `json:"task_id"`
}

func (jobArgs) Kind() string { return "drive" }

type worker struct {
	river.WorkerDefaults[jobArgs]
	dispatcher *Dispatcher
	drive      Drive
	logger     *slog.Logger
}

// Work drives a task, again after each interruption, until the drive says that it is done.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	release := w.dispatcher.hold(job.ID)
	defer release()
	for {
		err := w.driveOnce(ctx, job.Args.TaskID)
		if ctx.Err() != nil {
			return ctx.Err() // in this form River takes it as a stop, and hands the job over at once
		}
		if errors.Is(err, errInterrupted) {
			continue
		}
		if err != nil { // River itself reports it as normal work
			w.logger.ErrorContext(ctx, "a task could not be driven and is tried again", "task", job.Args.TaskID, "err", err)
		}
		return err
	}
}

// driveOnce calls drive where Interrupt finds it. It registers first, so that a change to the task is either seen
// by the drive as it begins or interrupts it.
func (w *worker) driveOnce(ctx context.Context, id string) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	one := &driving{interrupt: cancel}
	w.dispatcher.add(id, one)
	defer w.dispatcher.remove(id, one)
	defer func() {
		if v := recover(); v != nil { // River would report it without the task
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	err = w.drive(ctx, id)
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}

// retryPolicy spaces drives that fail by a fault of ours: from about a second, doubling, with jitter.
type retryPolicy struct{}

func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	delay := min(time.Second<<min(max(job.Attempt-1, 0), 10), maxRetryDelay)
	return time.Now().Add(delay/2 + rand.N(delay/2+1))
}
