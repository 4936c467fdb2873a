// Package runner drives tasks to their end. It submits a task upstream, follows its events over as many
// connections as that takes, and appends each one before anyone hears of it. One goroutine owns one task and is
// its only writer; if two ever try, the older epoch is refused with [taskyard.ErrFenced].
//
// Whatever goes wrong with our own database ends the drive with an error; the next one takes the task anew, reads
// what the log holds and goes on from there. So the way back from a fault is the way back from a crash.
package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// Upstream is a Task API that tasks run on.
type Upstream struct {
	BaseURL string
	APIKey  taskyard.Hidden // the server's own; used for tasks that brought none
	HTTP    *http.Client
	// Cancel cancels a run; nil where upstream has no call for that. A refusal is a [*parallel.APIError].
	Cancel func(ctx context.Context, runID string, key taskyard.Hidden) error
	// CreatesPerMinute is how many creates one API key may make; 0 is without a limit.
	CreatesPerMinute int
}

// Config is what a runner needs.
type Config struct {
	Store     taskyard.Store
	Upstreams map[string]Upstream // by name
	// Open opens a task's sealed secret.
	Open func(taskID string, sealed []byte) (taskyard.Secret, error)
	// Turns are taken where the pace of a key is one for many nodes; nil where there is one.
	Turns Turns
	// Nodes is how many nodes there are; nil where there is one. Each takes its share of the reads of a key, as turns of
	// their own from the database would cost more than the reads do.
	Nodes     func() int
	UserAgent string
	Timing    Timing
	Logger    *slog.Logger
}

// Runner drives tasks. It holds nothing about them: all state is the store's and the drive's.
type Runner struct {
	Config
	paces paces
}

// New returns a runner.
func New(cfg Config) *Runner {
	return &Runner{Config: cfg, paces: paces{byKey: make(map[paceKey]*pace), turns: cfg.Turns, nodes: cfg.Nodes}}
}

// drive is one ownership of one task, from Take until it is settled, handed over or lost.
type drive struct {
	*Runner
	task        taskyard.Owned
	client      *parallel.Client
	pace        *pace // of the key that its calls are made with
	log         *taskLog
	resumed     bool          // an earlier drive made the run
	connections int           // that were opened
	quiet       time.Duration // how long a stream may be silent; see [Timing.Quiet]
}

// errParked ends a drive that has nothing to do until the user decides.
var errParked = errors.New("waits for the user")

// Drive drives the task until it is settled; see dispatch.Drive for what it returns.
func (r *Runner) Drive(ctx context.Context, id string) error {
	task, err := r.Store.Take(ctx, id)
	if errors.Is(err, taskyard.ErrNotFound) {
		return nil // deleted
	}
	if err != nil {
		return fmt.Errorf("take task: %w", err)
	}
	if task.Settled() {
		return nil
	}
	d := &drive{Runner: r, task: task, log: newTaskLog(r.Store, task), quiet: r.Timing.Quiet}
	err = d.run(ctx)
	err = errors.Join(err, d.log.flush())
	if errors.Is(err, errParked) || errors.Is(err, taskyard.ErrNotFound) || errors.Is(err, taskyard.ErrFenced) && d.superseded(ctx) {
		return nil
	}
	return err
}

// superseded reports whether somebody else has taken the task. Then there is nothing left to do: an error would have
// the job tried again, and take the task from them. A write can also be refused because an earlier one was lost.
func (d *drive) superseded(ctx context.Context) bool {
	task, err := d.Store.Task(context.WithoutCancel(ctx), d.task.ID)
	return err == nil && task.Epoch > d.task.Epoch
}

// run goes through the stages of a task; each is skipped when an earlier drive has passed it.
func (d *drive) run(ctx context.Context) error {
	if d.task.CancelRequested {
		return d.cancel(ctx)
	}
	secret, err := d.openSecret()
	if err != nil {
		return d.settleFailed(taskyard.TaskError{Message: err.Error(), Hint: hintSealKey})
	}
	leave, err := d.connectTo(secret)
	if err != nil {
		return d.settleFailed(taskyard.TaskError{Message: err.Error()})
	}
	defer leave()
	d.resumed = d.task.RunID != ""
	if !d.resumed {
		if err := d.submit(ctx, secret); err != nil || d.log.settled {
			return err
		}
	}
	return d.follow(ctx)
}

func (d *drive) openSecret() (taskyard.Secret, error) {
	if len(d.task.Secret) == 0 {
		return taskyard.Secret{}, nil
	}
	return d.Open(d.task.ID, d.task.Secret)
}

// connectTo prepares calls of the task's upstream with the task's key, or the server's own. The caller calls leave
// when there will be no more.
func (d *drive) connectTo(secret taskyard.Secret) (leave func(), err error) {
	up, ok := d.Upstreams[d.task.Upstream]
	if !ok {
		return nil, fmt.Errorf("this server has no upstream named %q any more", d.task.Upstream)
	}
	key := secret.APIKey
	if key.IsZero() {
		key = up.APIKey
	}
	opts := []parallel.Option{parallel.WithBaseURL(up.BaseURL), parallel.WithHTTPClient(up.HTTP), parallel.WithUserAgent(d.UserAgent)}
	if d.task.Betas != "" {
		opts = append(opts, parallel.WithBetas(strings.Split(d.task.Betas, ",")...))
	}
	if d.client, err = parallel.New(key.Reveal(), opts...); err != nil {
		return nil, err
	}
	d.log.hide = newHider(key, secret, d.task.Request)
	d.pace, leave = d.paces.join(d.task.Upstream, key.Reveal(), up.CreatesPerMinute)
	return leave, nil
}

// wait sleeps, or returns the context's cause.
func wait(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
