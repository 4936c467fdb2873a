package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

const takeTask = `UPDATE task SET epoch = epoch + 1, version = version + 1 WHERE id = $1
	RETURNING ` + taskColumns + `,
		(SELECT request FROM task_document WHERE task_num = task.num),
		(SELECT sealed FROM task_secret WHERE task_num = task.num)`

// ToDrive returns the ids of the tasks that somebody must drive.
func (s *Store) ToDrive(ctx context.Context) ([]string, error) {
	return s.ids(ctx, "list open tasks", `SELECT id FROM task
		WHERE completed_at IS NULL AND (submission <> $1 OR cancel_requested) ORDER BY num`, string(taskyard.SubmissionUnknown))
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

// Cancelled returns the ids of the tasks that their owners are to end.
func (s *Store) Cancelled(ctx context.Context) ([]string, error) {
	return s.ids(ctx, "list tasks to be cancelled", `SELECT id FROM task WHERE completed_at IS NULL AND cancel_requested ORDER BY num`)
}

// lookBack bounds how many of the newest tasks Moved looks at.
const lookBack = 10_000

// Moved returns the ids of those of the newest tasks that are open or have moved since a time, by the clock of whoever
// wrote them.
func (s *Store) Moved(ctx context.Context, since time.Time) ([]string, error) {
	return s.ids(ctx, "list tasks that moved", `SELECT id FROM (SELECT id, num, completed_at, updated_at FROM task ORDER BY created_at DESC, num DESC LIMIT $1) AS newest
		WHERE completed_at IS NULL OR updated_at >= $2 ORDER BY num`, lookBack, since.UnixMilli())
}

// ids runs a query for ids.
func (s *Store) ids(ctx context.Context, attempt, query string, args ...any) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fault(attempt, err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fault(attempt, err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fault(attempt, err)
	}
	return ids, nil
}
