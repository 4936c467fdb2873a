package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// tendInterval is how often a node looks after its jobs. What it finds twice is mended, so a job that was lost is
	// worked on within two of them.
	tendInterval = 5 * time.Second
	// farAhead is later than any wait of ours ends. A job that is due after it was scheduled by a clock that has been
	// set back since.
	farAhead = 2 * maxRetryDelay
)

// freeJobs makes every job that is not done available now and unseats the old leader. On SQLite there is one process,
// so whatever runs when it starts is left from one that died. Jobs that wait need not: what they wait for may have
// been mended by the restart, or the clock been set back.
func (d *Dispatcher) freeJobs(ctx context.Context) error {
	_, err := d.db.ExecContext(ctx, `UPDATE river_job
		SET attempt = CASE state WHEN 'available' THEN attempt ELSE max(attempt - 1, 0) END,
			state = 'available', scheduled_at = datetime('now', 'subsec')
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
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		var err error
		if last, err = d.look(ctx, last); err != nil && ctx.Err() == nil {
			d.logger.WarnContext(ctx, "tasks could not be looked after", "err", err)
		}
	}
}

// sight is what looked lost at one look. For a moment everything does, as it begins and ends; so only what looks lost
// twice in a row is.
type sight struct {
	jobs  map[int64]struct{}  // that run, and nobody works on them
	tasks map[string]struct{} // that somebody must drive, and there is no job for them
}

// look hastens what the clock has made late, and mends what looked lost at the last look and does now.
func (d *Dispatcher) look(ctx context.Context, last sight) (sight, error) {
	if err := d.hasten(ctx); err != nil {
		return sight{}, err
	}
	now := sight{tasks: make(map[string]struct{})}
	var err error
	if now.jobs, err = d.lostJobs(ctx); err != nil {
		return sight{}, err
	}
	orphans, err := d.orphans(ctx)
	if err != nil {
		return sight{}, err
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
	rows, err := d.read.QueryContext(ctx, `SELECT json_extract(args, '$.task_id') FROM river_job
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
	if _, err := d.client.Insert(ctx, jobArgs{TaskID: id}, nil); err != nil {
		return fmt.Errorf("give task %s a job: %w", id, err)
	}
	d.logger.WarnContext(ctx, "a task that nobody drove is taken up again", "task", id)
	return nil
}

// hasten makes jobs available that are due at a time which no wait of ours explains.
func (d *Dispatcher) hasten(ctx context.Context) error {
	result, err := d.db.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = datetime('now', 'subsec')
		WHERE state IN ('available', 'retryable', 'scheduled') AND scheduled_at > datetime('now', 'subsec', $1)`,
		fmt.Sprintf("+%d seconds", int(farAhead.Seconds())))
	if err != nil {
		return fmt.Errorf("hasten jobs: %w", err)
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		d.logger.WarnContext(ctx, "the clock was set back: tasks that would have waited are taken up now", "tasks", n)
	}
	return nil
}

// lostJobs are those that count as running and that nobody works on: for a moment every job, as it begins and ends.
func (d *Dispatcher) lostJobs(ctx context.Context) (map[int64]struct{}, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT id FROM river_job WHERE state = 'running'`)
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
func (d *Dispatcher) free(ctx context.Context, id int64) error {
	_, err := d.db.ExecContext(ctx, `UPDATE river_job SET state = 'available', attempt = max(attempt - 1, 0),
		scheduled_at = datetime('now', 'subsec') WHERE id = $1 AND state = 'running'`, id)
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
