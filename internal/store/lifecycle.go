package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/taskyard/taskyard"
)

// Reopen moves a task whose submission is unknown back to pending. The epoch rises, so that the owner that gave
// it up cannot write to it any more.
func (s *Store) Reopen(ctx context.Context, id string, note taskyard.NewEvent, enqueue func(*sql.Tx, taskyard.Task) error) (taskyard.Task, error) {
	if err := checkEvent(note); err != nil {
		return taskyard.Task{}, err
	}
	activity, err := encode("activity", taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: note.At})
	if err != nil {
		return taskyard.Task{}, err
	}
	var task taskyard.Task
	err = s.change(ctx, func(tx *sql.Tx) (err error) {
		task, err = updateTask(ctx, tx, `UPDATE task SET status = $2, submission = $3, activity = $4, epoch = epoch + 1,
				last_seq = last_seq + 1, version = version + 1, updated_at = $5
			WHERE id = $1 AND submission = $6 AND completed_at IS NULL RETURNING `+taskColumns,
			id, string(taskyard.StatusPending), string(taskyard.SubmissionNone), activity, nowMillis(),
			string(taskyard.SubmissionUnknown))
		if err != nil {
			return err
		}
		if err := execute(ctx, tx, s.stmt.insertEvent, task.Num, task.LastSeq, note.Type, string(note.Data), note.At.UnixMilli()); err != nil {
			return fault("insert note", err)
		}
		return enqueue(tx, task)
	})
	if err != nil {
		return taskyard.Task{}, fmt.Errorf("reopen task: %w", err)
	}
	s.announce(taskyard.Announcement{ID: task.ID, Seq: task.LastSeq})
	return task, nil
}

// RequestCancel marks a task for its owner to settle as cancelled. Asking twice is as good as once; where there
// is no owner, each time calls one.
func (s *Store) RequestCancel(ctx context.Context, id string, enqueue func(*sql.Tx, taskyard.Task) error) (taskyard.Task, error) {
	var task taskyard.Task
	err := s.change(ctx, func(tx *sql.Tx) (err error) {
		task, err = updateTask(ctx, tx, `UPDATE task SET cancel_requested = TRUE, version = version + 1, updated_at = $2
			WHERE id = $1 AND completed_at IS NULL RETURNING `+taskColumns, id, nowMillis())
		if err == nil && task.Submission == taskyard.SubmissionUnknown {
			err = enqueue(tx, task)
		}
		return err
	})
	if err != nil {
		return taskyard.Task{}, fmt.Errorf("request cancel: %w", err)
	}
	s.announce(taskyard.Announcement{ID: task.ID, Seq: task.LastSeq})
	return task, nil
}

// updateTask runs an UPDATE of the task $1 that returns it. When it meets no row the task is in a state that the
// update excludes, or there is none.
func updateTask(ctx context.Context, tx *sql.Tx, update string, args ...any) (taskyard.Task, error) {
	var r row
	err := tx.QueryRowContext(ctx, update, args...).Scan(r.columns()...)
	if err == nil {
		return r.task()
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return taskyard.Task{}, notFoundOr("update task", err)
	}
	var status string
	if err := tx.QueryRowContext(ctx, `SELECT status FROM task WHERE id = $1`, args[0]).Scan(&status); err != nil {
		return taskyard.Task{}, notFoundOr("read status", err)
	}
	return taskyard.Task{}, taskyard.Errorf(taskyard.CodeConflict, "the task is %s, which does not allow this", status)
}
