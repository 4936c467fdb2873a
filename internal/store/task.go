package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// taskColumns is a task as row reads it.
const taskColumns = `num, id, status, processor, upstream, mode, preview, title, tags, betas, owner, visibility, run_id, interaction_id, previous,
	created_at, updated_at, completed_at, epoch, last_seq, version, submission,
	progress, activity, error, warnings, has_result, cancel_requested`

const selectTask = `SELECT ` + taskColumns + ` FROM task WHERE id = $1`

// Task returns a task, or CodeNotFound.
func (s *Store) Task(ctx context.Context, id string) (taskyard.Task, error) {
	var r row
	err := s.stmt.task.QueryRowContext(ctx, id).Scan(r.columns()...)
	if err != nil {
		return taskyard.Task{}, notFoundOr("read task", err)
	}
	return r.task()
}

const selectDocument = `SELECT d.request, d.result FROM task AS t
	JOIN task_document AS d ON d.task_num = t.num WHERE t.id = $1`

// Document returns the large parts of a task, or CodeNotFound.
func (s *Store) Document(ctx context.Context, id string) (taskyard.Document, error) {
	var request, result sql.RawBytes
	rows, err := s.stmt.document.QueryContext(ctx, id)
	if err != nil {
		return taskyard.Document{}, notFoundOr("read document", err)
	}
	defer rows.Close()
	if !rows.Next() {
		return taskyard.Document{}, notFoundOr("read document", errors.Join(rows.Err(), sql.ErrNoRows))
	}
	if err := rows.Scan(&request, &result); err != nil {
		return taskyard.Document{}, fault("read document", err)
	}
	return taskyard.Document{Request: raw(request), Result: raw(result)}, nil
}

// row takes one task from the database.
type row struct {
	taskyard.Task
	createdAt, updatedAt int64
	completedAt          sql.NullInt64
	progress, activity   []byte
	failure, warnings    []byte
	tags                 []byte
}

// columns are the targets of taskColumns.
func (r *row) columns() []any {
	return []any{
		&r.Num, &r.ID, &r.Status, &r.Processor, &r.Upstream, &r.Mode, &r.Preview, &r.Title, &r.tags, &r.Betas, &r.Owner, &r.Visibility, &r.RunID, &r.InteractionID, &r.Previous,
		&r.createdAt, &r.updatedAt, &r.completedAt, &r.Epoch, &r.LastSeq, &r.Version, &r.Submission,
		&r.progress, &r.activity, &r.failure, &r.warnings, &r.HasResult, &r.CancelRequested,
	}
}

// task returns what was scanned.
func (r *row) task() (taskyard.Task, error) {
	r.CreatedAt, r.UpdatedAt = fromMillis(r.createdAt), fromMillis(r.updatedAt)
	if r.completedAt.Valid {
		r.CompletedAt = fromMillis(r.completedAt.Int64)
	}
	r.Warnings = raw(r.warnings)
	err := errors.Join(json.Unmarshal(r.progress, &r.Progress), json.Unmarshal(r.activity, &r.Activity), json.Unmarshal(r.tags, &r.Tags))
	if len(r.Tags) == 0 {
		r.Tags = nil
	}
	if r.failure != nil {
		err = errors.Join(err, json.Unmarshal(r.failure, &r.Error))
	}
	if err != nil {
		return taskyard.Task{}, fmt.Errorf("read columns of task %s: %w", r.ID, err)
	}
	return r.Task, nil
}

// fromMillis reads a time column: milliseconds since 1970.
func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// raw copies JSON out of the driver's memory; an absent or empty column is nil.
func raw(column []byte) json.RawMessage {
	if len(column) == 0 {
		return nil
	}
	return append(json.RawMessage(nil), column...)
}

// notFoundOr is CodeNotFound when a query for one task had no row, and the fault it was otherwise.
func notFoundOr(attempt string, err error) error {
	if errors.Is(err, sql.ErrNoRows) || isNoText(err) {
		return taskyard.Errorf(taskyard.CodeNotFound, "there is no such task")
	}
	return fault(attempt, err)
}
