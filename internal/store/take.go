package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/taskyard/taskyard"
)

const takeTask = `UPDATE task SET epoch = epoch + 1, version = version + 1 WHERE id = $1
	RETURNING ` + taskColumns + `,
		(SELECT request FROM task_document WHERE task_num = task.num),
		(SELECT sealed FROM task_secret WHERE task_num = task.num)`

// ToDrive returns the ids of the tasks that somebody must drive.
func (s *Store) ToDrive(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM task
		WHERE completed_at IS NULL AND (submission <> $1 OR cancel_requested) ORDER BY num`, string(taskyard.SubmissionUnknown))
	if err != nil {
		return nil, fault("list open tasks", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fault("list open tasks", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("list open tasks", err)
	}
	return ids, nil
}

// Take raises a task's epoch, which shuts out every earlier owner, and returns what the new one needs.
func (s *Store) Take(ctx context.Context, id string) (taskyard.Owned, error) {
	var r row
	var request []byte
	var owned taskyard.Owned
	err := s.change(ctx, func(tx *sql.Tx) error {
		targets := append(r.columns(), &request, &owned.Secret)
		err := tx.StmtContext(ctx, s.stmt.take).QueryRowContext(ctx, id).Scan(targets...)
		if err != nil {
			return notFoundOr("raise epoch", err)
		}
		return nil
	})
	if err != nil {
		return taskyard.Owned{}, fmt.Errorf("take task: %w", err)
	}
	owned.Request = request
	owned.Task, err = r.task()
	return owned, err
}
