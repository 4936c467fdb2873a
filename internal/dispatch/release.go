package dispatch

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river"
)

// lastNode is the node that a job was last handed to.
const lastNode = `attempted_by[array_upper(attempted_by, 1)]`

// release gives the jobs of a node to others. Each gets a new row: a node that was given up too early would otherwise
// say of the old one that it is done, while somebody else works on it.
func (d *Dispatcher) release(ctx context.Context, tx *sql.Tx, node string) (int, error) {
	return d.replace(ctx, tx, lastNode+` = $1`, node)
}

// releaseOne does so for one job.
func (d *Dispatcher) releaseOne(ctx context.Context, id int64) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // without effect after a commit, and otherwise not the error to report
	if _, err := d.replace(ctx, tx, `id = $1`, id); err != nil {
		return err
	}
	return tx.Commit()
}

// replace ends the running jobs that a condition finds and inserts as many that are the same.
func (d *Dispatcher) replace(ctx context.Context, tx *sql.Tx, where string, arg any) (int, error) {
	rows, err := tx.QueryContext(ctx, `UPDATE river_job SET state = 'completed', finalized_at = now()
		WHERE state = 'running' AND `+where+` RETURNING args ->> 'task_id'`, arg)
	if err != nil {
		return 0, fmt.Errorf("end the jobs of a dead node: %w", err)
	}
	defer rows.Close()
	var jobs []river.InsertManyParams
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return 0, fmt.Errorf("end the jobs of a dead node: %w", err)
		}
		jobs = append(jobs, river.InsertManyParams{Args: jobArgs{TaskID: id}, InsertOpts: &river.InsertOpts{Queue: queueOf(id)}})
	}
	if err := rows.Err(); err != nil || len(jobs) == 0 {
		return 0, err
	}
	if _, err := d.inserts.InsertManyTx(ctx, tx, jobs); err != nil {
		return 0, fmt.Errorf("hand over the jobs of a dead node: %w", err)
	}
	return len(jobs), nil
}
