package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/taskyard/taskyard"
)

const nameTask = `UPDATE task SET title = COALESCE($2, title), tags = COALESCE($3, tags), version = version + 1, updated_at = $4
	WHERE id = $1 RETURNING ` + taskColumns

// Name changes what a task is called. It may be settled: its log is not touched.
func (s *Store) Name(ctx context.Context, id string, n taskyard.Naming) (taskyard.Task, error) {
	n, err := n.Tidy()
	if err != nil {
		return taskyard.Task{}, err
	}
	var title, tags any // NULL keeps what the row has
	if n.Title != nil {
		title = *n.Title
	}
	if n.Tags != nil {
		if tags, err = encode("tags", n.Tags); err != nil {
			return taskyard.Task{}, err
		}
	}
	var task taskyard.Task
	err = s.change(ctx, func(tx *sql.Tx) error {
		var r row
		err := tx.QueryRowContext(ctx, nameTask, id, title, tags, nowMillis()).Scan(r.columns()...)
		if err != nil {
			return notFoundOr("name task", err)
		}
		if task, err = r.task(); err != nil {
			return err
		}
		return writeNames(ctx, tx, task.Num, n)
	})
	if err != nil {
		return taskyard.Task{}, fmt.Errorf("name task: %w", err)
	}
	s.announce(taskyard.Announcement{ID: task.ID, Seq: task.LastSeq})
	return task, nil
}

// writeNames keeps what lists are filtered and searched by.
func writeNames(ctx context.Context, tx *sql.Tx, num int64, n taskyard.Naming) error {
	if n.Title != nil {
		if _, err := tx.ExecContext(ctx, `UPDATE task_search SET title = $2 WHERE task_num = $1`, num, fold(*n.Title)); err != nil {
			return fault("store title to be found by", err)
		}
	}
	if n.Tags == nil {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM task_tag WHERE task_num = $1`, num); err != nil {
		return fault("remove tags", err)
	}
	for _, tag := range n.Tags {
		if _, err := tx.ExecContext(ctx, `INSERT INTO task_tag (tag, task_num) VALUES ($1, $2)`, tag, num); err != nil {
			return fault("store tag", err)
		}
	}
	return nil
}
