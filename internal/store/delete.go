package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/taskyard/taskyard"
)

// deleteEvents is how many events of a deleted task go in one transaction. The writer is held for a few
// milliseconds; a log of 100,000 events at once would hold up every live task for a second.
const deleteEvents = 500

// Delete removes a task, its log and its secrets. The task is gone for everyone with the first transaction; its
// events follow. What a crash or the end of ctx leaves of them is removed at the next start.
func (s *Store) Delete(ctx context.Context, id string) error {
	var d deleted
	err := s.change(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `DELETE FROM task WHERE id = $1 RETURNING num, last_seq, created_at, upstream, processor, submission`, id).
			Scan(&d.num, &d.last, &d.createdAt, &d.upstream, &d.processor, &d.submission)
		if err != nil {
			return notFoundOr("delete row", err)
		}
		for _, text := range []string{
			`DELETE FROM task_document WHERE task_num = $1`,
			`DELETE FROM task_secret WHERE task_num = $1`,
			`DELETE FROM allotment WHERE task_num = $1`,
			`DELETE FROM task_search WHERE task_num = $1`,
			`DELETE FROM task_metadata WHERE task_num = $1`,
			`DELETE FROM task_tag WHERE task_num = $1`,
			`DELETE FROM idempotency WHERE task_num = $1`,
			`DELETE FROM share WHERE task_num = $1`,
		} {
			if _, err := tx.ExecContext(ctx, text, d.num); err != nil {
				return fault("delete rows", err)
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO deleted_task (task_num, last_seq) VALUES ($1, $2)`, d.num, d.last)
		if err != nil {
			return fault("remember the log to be deleted", err)
		}
		return countDeleted(ctx, tx, d)
	})
	if err != nil {
		return fmt.Errorf("delete task: %w", err)
	}
	s.announce(taskyard.Announcement{ID: id})
	return s.sweep(ctx, d.num, d.last)
}

// sweep removes the events of a deleted task, oldest first.
func (s *Store) sweep(ctx context.Context, num, last int64) error {
	for upTo := int64(deleteEvents); ; upTo += deleteEvents {
		err := s.change(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM event WHERE task_num = $1 AND seq <= $2`, num, upTo)
			if err == nil && upTo >= last {
				_, err = tx.ExecContext(ctx, `DELETE FROM deleted_task WHERE task_num = $1`, num)
			}
			if err != nil {
				return fault("delete events", err)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("delete task's log: %w", err)
		}
		if upTo >= last {
			return nil
		}
	}
}

// sweepAll finishes the deletions that a crash cut short.
func (s *Store) sweepAll(ctx context.Context) error {
	for {
		var num, last int64
		err := s.read.QueryRowContext(ctx, `SELECT task_num, last_seq FROM deleted_task LIMIT 1`).Scan(&num, &last)
		if err == sql.ErrNoRows {
			return nil
		}
		if err != nil {
			return fault("read deleted tasks", err)
		}
		if err := s.sweep(ctx, num, last); err != nil {
			return err
		}
	}
}
