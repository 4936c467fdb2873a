// Package dispatch decides which node drives which task. River keeps a job for each task in the task's own
// database: it is inserted in the transaction that stores the task, handed to a node, and given back when that
// node stops or dies.
package dispatch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/taskyard/taskyard"
)

const (
	// queueWorkers is how many tasks of one queue a node drives at once; River allows no more in one.
	queueWorkers = 10_000
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

// queues are several, because River bounds each: so one node can drive 40,000 tasks. A task's id decides.
var queues = []string{river.QueueDefault, "drive2", "drive3", "drive4"}

func queueOf(id string) string {
	h := fnv.New32a()
	io.WriteString(h, id) //nolint:errcheck // a hash takes everything
	return queues[h.Sum32()%uint32(len(queues))]
}

// Dispatcher implements [taskyard.Dispatcher] with River.
type Dispatcher struct {
	db, read           *sql.DB
	toDrive, cancelled func(context.Context) ([]string, error)
	tidy               func(context.Context) error
	drive              Drive
	driver             riverdriver.Driver[*sql.Tx]
	inserts            *river.Client[*sql.Tx] // only inserts jobs
	jobs               dialect
	member             *member                     // nil on SQLite, where there is one node
	end                func(context.Context) error // ends that one's drives; nil before Start
	logger             *slog.Logger

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
	// Write are the connections that write, where tasks are stored; Read has others, which see what is committed.
	Write, Read *sql.DB
	// Cluster makes this node one of many over PostgreSQL; nil is the one node of an SQLite file.
	Cluster *Cluster
	Drive   Drive
	// ToDrive returns the ids of all tasks that somebody must drive, Cancelled of those that shall end.
	ToDrive, Cancelled func(context.Context) ([]string, error)
	// Tidy is called now and then, on one of many nodes.
	Tidy   func(context.Context) error
	Logger *slog.Logger
}

// Cluster is what a node needs to be one of many.
type Cluster struct {
	Name string // of this node, for people: its host and process
	// Beats has a connection of its own for this node's beats, so that no load makes them late.
	Beats *sql.DB
	// Listen is where River takes the connection on which it hears of new jobs. It needs one.
	Listen *pgxpool.Pool
	// Admit is asked before this node drives tasks again after it was cut off, as the others may have changed meanwhile
	// what a node must have; nil lets it.
	Admit func(context.Context) error
}

// Migrate brings River's tables up to date.
func Migrate(ctx context.Context, db *sql.DB, postgres bool, logger *slog.Logger) error {
	var err error
	if postgres {
		err = migrate(ctx, riverdatabasesql.New(db), logger)
	} else {
		err = migrate(ctx, riversqlite.New(db), logger)
	}
	if err != nil {
		return fmt.Errorf("migrate job tables: %w", err)
	}
	return nil
}

func migrate(ctx context.Context, driver riverdriver.Driver[*sql.Tx], logger *slog.Logger) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quietLogger(logger)})
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	return err
}

// New makes a dispatcher that drives each task. It does not work before Start. River's tables must be there: [Migrate].
func New(cfg Config) (*Dispatcher, error) {
	d := &Dispatcher{
		db: cfg.Write, read: cfg.Read, toDrive: cfg.ToDrive, cancelled: cfg.Cancelled, tidy: cfg.Tidy, drive: cfg.Drive, logger: quietLogger(cfg.Logger),
		running: make(map[string][]*driving), held: make(map[int64]struct{}),
	}
	if cfg.Cluster == nil {
		d.driver, d.jobs = riversqlite.New(cfg.Write), sqliteJobs
	} else {
		d.driver, d.jobs = riverdatabasesql.NewWithPgxListener(cfg.Write, cfg.Cluster.Listen), postgresJobs
		d.member = &member{db: cfg.Cluster.Beats, name: cfg.Cluster.Name, work: d.work, release: d.release, admit: cfg.Cluster.Admit, logger: d.logger}
	}
	var err error
	if d.inserts, err = river.NewClient(d.driver, &river.Config{Logger: d.logger}); err != nil {
		return nil, fmt.Errorf("prepare dispatch: %w", err)
	}
	return d, nil
}

// work starts a River client, which drives tasks until it is ended.
func (d *Dispatcher) work(ctx context.Context, node string) (end func(context.Context) error, err error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{dispatcher: d})
	of := make(map[string]river.QueueConfig, len(queues))
	for _, queue := range queues {
		of[queue] = river.QueueConfig{MaxWorkers: queueWorkers}
	}
	client, err := river.NewClient(d.driver, &river.Config{
		ID:            node,
		Queues:        of,
		Workers:       workers,
		FetchCooldown: fetchCooldown,
		// A task is driven for hours; what frees the jobs of dead nodes is release, not a timeout.
		JobTimeout:  -1,
		MaxAttempts: math.MaxInt16,
		RetryPolicy: retryPolicy{},
		// A job says nothing that the task does not.
		CompletedJobRetentionPeriod: time.Minute,
		Logger:                      d.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("prepare dispatch: %w", err)
	}
	// River stops when its start context ends; only end shall do that.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("start dispatch: %w", err)
	}
	return client.StopAndCancel, nil
}

// Start takes up what earlier processes left and begins to hand out jobs.
func (d *Dispatcher) Start(ctx context.Context) (err error) {
	if d.member != nil {
		err = d.member.start(ctx)
	} else {
		err = d.startAlone(ctx)
	}
	if err != nil {
		return err
	}
	ctx, d.stopTend = context.WithCancel(context.WithoutCancel(ctx))
	d.tending.Go(func() { d.tend(ctx) })
	return nil
}

// startAlone frees all jobs first: whatever runs is left from a process that died.
func (d *Dispatcher) startAlone(ctx context.Context) error {
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
	d.end, err = d.work(ctx, "")
	return err
}

// Stop ends all drives and hands their jobs back, to be taken by another node or the next process.
func (d *Dispatcher) Stop(ctx context.Context) error {
	if d.stopTend != nil {
		d.stopTend()
		d.tending.Wait()
	}
	if d.member != nil {
		return d.member.leave(ctx)
	}
	if d.end == nil {
		return nil
	}
	if err := d.end(ctx); err != nil {
		return fmt.Errorf("stop dispatch: %w", err)
	}
	return nil
}

// Ready says why this node drives no tasks, if it does not.
func (d *Dispatcher) Ready() error {
	if d.member == nil {
		return nil
	}
	return d.member.ready()
}

// Enqueue inserts the task's job in the transaction that stores the task.
func (d *Dispatcher) Enqueue(ctx context.Context, tx *sql.Tx, t taskyard.Task) error {
	if _, err := d.inserts.InsertTx(ctx, tx, jobArgs{TaskID: t.ID}, &river.InsertOpts{Queue: queueOf(t.ID)}); err != nil {
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
			w.dispatcher.logger.ErrorContext(ctx, "a task could not be driven and is tried again", "task", job.Args.TaskID, "err", err)
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
	err = w.dispatcher.drive(ctx, id)
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
