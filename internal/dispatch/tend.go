package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/riverqueue/river"
)

const (
	// tendInterval is how often a node looks after its jobs. What it finds twice is mended, so a job that was lost is
	// worked on within two of them.
	tendInterval = 5 * time.Second
	// tidyEvery is how many looks lie between two times of tidying up: ten minutes.
	tidyEvery = 120
)

// dialect is how River's job table is asked on an engine.
type dialect struct {
	now    string // the database's time
	taskID string // of a job
	// farAhead is a minute from now, which is later than any wait of ours ends: twice maxRetryDelay. A job that is due
	// after it was scheduled by a clock that has been set back since.
	farAhead string
}

var (
	sqliteJobs = dialect{
		now: `datetime('now', 'subsec')`, taskID: `json_extract(args, '$.task_id')`, farAhead: `datetime('now', 'subsec', '+60 seconds')`,
	}
	postgresJobs = dialect{now: `now()`, taskID: `args ->> 'task_id'`, farAhead: `now() + interval '60 seconds'`}
)

// freeJobs makes every job that is not done available now and unseats the old leader. On SQLite there is one process,
// so whatever runs when it starts is left from one that died. Jobs that wait need not: what they wait for may have
// been mended by the restart, or the clock been set back.
func (d *Dispatcher) freeJobs(ctx context.Context) error {
	_, err := d.db.ExecContext(ctx, `UPDATE river_job
		SET attempt = CASE state WHEN 'available' THEN attempt ELSE max(attempt - 1, 0) END,
			state = 'available', scheduled_at = `+d.jobs.now+`
		WHERE state IN ('available', 'running', 'retryable', 'scheduled')`)
	if err != nil {
		return fmt.Errorf("free jobs: %w", err)
	}
	if _, err := d.db.ExecContext(ctx, `DELETE FROM river_leader`); err != nil {
		return fmt.Errorf("unseat leader: %w", err)
	}
	return nil
}

// tend keeps every task on its way until ctx ends. River believes that a job which it marked as running is being worked
// on, that one which it marked as done was, and that time only goes forward. None of that holds where the database's
// answer was lost, or the clock was set back.
func (d *Dispatcher) tend(ctx context.Context) {
	ticker := time.NewTicker(tendInterval) // by the monotonic clock
	defer ticker.Stop()
	var last sight
	for n := 1; ; n++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		var err error
		if last, err = d.look(ctx, last); err != nil && ctx.Err() == nil {
			d.logger.WarnContext(ctx, "tasks could not be looked after", "err", err)
		}
		if n%tidyEvery == 0 && d.tidy != nil && d.leads() {
			if err := d.tidy(ctx); err != nil && ctx.Err() == nil {
				d.logger.WarnContext(ctx, "the database could not be tidied up", "err", err)
			}
		}
	}
}

// sight is what looked lost at one look. For a moment everything does, as it begins and ends; so only what looks lost
// twice in a row is.
type sight struct {
	jobs  map[int64]struct{}  // that run, and nobody works on them
	tasks map[string]struct{} // that somebody must drive, and there is no job for them
	ended map[string]struct{} // whose drives were told that they shall end
}

// look hastens what the clock has made late, and mends what looked lost at the last look and does now.
func (d *Dispatcher) look(ctx context.Context, last sight) (sight, error) {
	if err := d.hasten(ctx); err != nil {
		return sight{}, err
	}
	now := sight{tasks: make(map[string]struct{})}
	var err error
	if now.ended, err = d.interruptCancelled(ctx, last.ended); err != nil {
		return sight{}, err
	}
	if now.jobs, err = d.lostJobs(ctx); err != nil {
		return sight{}, err
	}
	var orphans []string
	if d.leads() { // two nodes would give one task two jobs
		if orphans, err = d.orphans(ctx); err != nil {
			return sight{}, err
		}
	}
	for id := range now.jobs {
		if _, twice := last.jobs[id]; !twice {
			continue
		}
		if err := d.free(ctx, id); err != nil {
			return sight{}, err
		}
	}
	for _, id := range orphans {
		now.tasks[id] = struct{}{}
		if _, twice := last.tasks[id]; !twice {
			continue
		}
		if err := d.adopt(ctx, id); err != nil {
			return sight{}, err
		}
	}
	return now, nil
}

// leads reports whether this node does what one node must do for all.
func (d *Dispatcher) leads() bool { return d.member == nil || d.member.isEldest() }

// orphans are the tasks that somebody must drive, that this process does not drive, and for which there is no job. A
// job can be marked as done by a drive that was superseded, while the drive that superseded it goes on with the same
// job, and dies.
func (d *Dispatcher) orphans(ctx context.Context) ([]string, error) {
	open, err := d.toDrive(ctx) // before the jobs: each is stored with its task
	if err != nil {
		return nil, err
	}
	if len(open) == 0 {
		return nil, nil
	}
	rows, err := d.read.QueryContext(ctx, `SELECT `+d.jobs.taskID+` FROM river_job
		WHERE state IN ('available', 'running', 'retryable', 'scheduled')`)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	defer rows.Close()
	known := make(map[string]struct{}, len(open))
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list jobs: %w", err)
		}
		known[id] = struct{}{}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.DeleteFunc(open, func(id string) bool {
		_, hasJob := known[id]
		return hasJob || len(d.running[id]) > 0
	}), nil
}

// adopt gives a task a new job.
func (d *Dispatcher) adopt(ctx context.Context, id string) error {
	if _, err := d.inserts.Insert(ctx, jobArgs{TaskID: id}, &river.InsertOpts{Queue: queueOf(id)}); err != nil {
		return fmt.Errorf("give task %s a job: %w", id, err)
	}
	d.logger.WarnContext(ctx, "a task that nobody drove is taken up again", "task", id)
	return nil
}

// hasten makes jobs available that are due at a time which no wait of ours explains.
func (d *Dispatcher) hasten(ctx context.Context) error {
	result, err := d.db.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = `+d.jobs.now+`
		WHERE state IN ('available', 'retryable', 'scheduled') AND scheduled_at > `+d.jobs.farAhead)
	if err != nil {
		return fmt.Errorf("hasten jobs: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		d.logger.WarnContext(ctx, "the clock was set back: tasks that would have waited are taken up now", "tasks", n)
	}
	return nil
}

// interruptCancelled makes the drives of cancelled tasks look at them anew, each once. Whoever cancels tells the node
// that drives the task, and the word may get lost between nodes.
func (d *Dispatcher) interruptCancelled(ctx context.Context, told map[string]struct{}) (map[string]struct{}, error) {
	if d.member == nil {
		return nil, nil
	}
	ids, err := d.cancelled(ctx)
	if err != nil {
		return nil, err
	}
	now := make(map[string]struct{})
	for _, id := range ids {
		if !d.drives(id) {
			continue
		}
		now[id] = struct{}{}
		if _, before := told[id]; !before {
			d.Interrupt(id)
		}
	}
	return now, nil
}

func (d *Dispatcher) drives(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.running[id]) > 0
}

// lostJobs are those that count as running and that nobody works on: for a moment every job, as it begins and ends. Of
// many nodes each looks after its own, and after those of nodes that nobody knows.
func (d *Dispatcher) lostJobs(ctx context.Context) (map[int64]struct{}, error) {
	query, args := `SELECT id FROM river_job WHERE state = 'running'`, []any(nil)
	if d.member != nil {
		query += ` AND ` + lastNode + ` NOT IN (SELECT id FROM node WHERE id <> $1)`
		args = append(args, d.member.present())
	}
	rows, err := d.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list running jobs: %w", err)
	}
	defer rows.Close()
	lost := make(map[int64]struct{})
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list running jobs: %w", err)
		}
		lost[id] = struct{}{}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.held {
		delete(lost, id)
	}
	return lost, rows.Err()
}

// free makes a lost job available. Should somebody work on it after all, the newer owner fences the older.
func (d *Dispatcher) free(ctx context.Context, id int64) (err error) {
	if d.member != nil {
		err = d.releaseOne(ctx, id)
	} else {
		_, err = d.db.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0),
			scheduled_at = `+d.jobs.now+` WHERE id = $1 AND state = 'running'`, id)
	}
	if err != nil {
		return fmt.Errorf("free job %d: %w", id, err)
	}
	d.logger.WarnContext(ctx, "a task that was lost between the queue and this process is taken up again", "job", id)
	return nil
}

// hold says that this process works on a job, until the returned function is called.
func (d *Dispatcher) hold(id int64) (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[id] = struct{}{}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.held, id)
	}
}
