package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/taskyard/taskyard"
)

const advance = `UPDATE task SET last_seq = $4, version = version + $6, updated_at = $5
	WHERE num = $1 AND epoch = $2 AND last_seq = $3 AND completed_at IS NULL`

// A parameter that is NULL keeps what the row has.
const advanceAndSet = `UPDATE task SET last_seq = $4, version = version + $6, updated_at = $5,
		status = COALESCE($7, status), run_id = COALESCE($8, run_id), interaction_id = COALESCE($9, interaction_id),
		submission = COALESCE($10, submission), progress = COALESCE($11, progress), activity = COALESCE($12, activity),
		warnings = COALESCE($13, warnings), error = COALESCE($14, error), has_result = COALESCE($15, has_result),
		completed_at = COALESCE($16, completed_at)
	WHERE num = $1 AND epoch = $2 AND last_seq = $3 AND completed_at IS NULL`

const (
	setResult   = `UPDATE task_document SET result = $2 WHERE task_num = $1`
	setSearch   = `UPDATE task_search SET output = $2 WHERE task_num = $1`
	eraseSecret = `DELETE FROM task_secret WHERE task_num = $1`
	giveBack    = `DELETE FROM allotment WHERE task_num = $1`
)

// Places of columns that are no text among those of a change.
const (
	columnHasResult   = 8
	columnCompletedAt = 9
)

// change is a taskyard.Change as it is bound: nil keeps what the row has.
type change struct {
	columns [10]any // $7 to $16 of advanceAndSet
	any     bool    // a column is set
	output  string  // folded
}

func encodeChange(c taskyard.Change) (change, error) {
	var e changeEncoder
	if c.Settle != nil {
		ended := taskyard.Activity{}
		if c.Activity != nil {
			ended = *c.Activity
		}
		ended.Phase, ended.Since = taskyard.PhaseEnded, *c.Settle
		c.Activity = &ended
	}
	setText(&e, "status", 0, c.Status)
	setText(&e, "runId", 1, c.RunID)
	setText(&e, "interactionId", 2, c.InteractionID)
	setText(&e, "submission", 3, c.Submission)
	setJSON(&e, "progress", 4, c.Progress)
	setJSON(&e, "activity", 5, c.Activity)
	if c.Warnings != nil {
		setText(&e, "warnings", 6, &c.Warnings)
	}
	setJSON(&e, "error", 7, c.Error)
	if c.Result != nil {
		e.check("result", string(c.Result))
		e.set(columnHasResult, true)
	}
	if c.Settle != nil {
		e.set(columnCompletedAt, c.Settle.UnixMilli())
	}
	e.check("search", c.Search)
	e.output = fold(clip(c.Search))
	return e.change, e.err
}

// changeEncoder keeps the first error, so that encodeChange reads as a list.
type changeEncoder struct {
	change
	err error
}

func (e *changeEncoder) set(column int, v any) { e.columns[column], e.any = v, true }

func (e *changeEncoder) check(field, text string) {
	if e.err == nil {
		e.err = checkText(field, text)
	}
}

func setText[T ~string | ~[]byte](e *changeEncoder, field string, column int, v *T) {
	if v != nil {
		e.check(field, string(*v))
		e.set(column, string(*v))
	}
}

func setJSON[T any](e *changeEncoder, field string, column int, v *T) {
	if v == nil || e.err != nil {
		return
	}
	var text string
	text, e.err = encode(field, v)
	e.set(column, text)
}

// nowMillis is the time as columns have it.
func nowMillis() int64 { return time.Now().UnixMilli() }

// moveTask moves the task's row past the write's events. Most writes set no column and take the short statement.
func (a *appender) moveTask(ctx context.Context, p *pending) (sql.Result, error) {
	last, now := p.After+int64(len(p.Events)), nowMillis()
	if !p.change.any {
		return a.advance.ExecContext(ctx, p.Task, p.Epoch, p.After, last, now, p.writes)
	}
	args := append([]any{p.Task, p.Epoch, p.After, last, now, p.writes}, p.change.columns[:]...)
	return a.advanceAndSet.ExecContext(ctx, args...)
}

// writeDocuments stores what a change has beside the columns of the task, and erases what a settled task no
// longer needs.
func (a *appender) writeDocuments(ctx context.Context, p *pending) error {
	if p.Change.Result != nil {
		if _, err := a.setResult.ExecContext(ctx, p.Task, string(p.Change.Result)); err != nil {
			return err
		}
	}
	if p.change.output != "" {
		if _, err := a.setSearch.ExecContext(ctx, p.Task, p.change.output); err != nil {
			return err
		}
	}
	if p.Change.Settle != nil {
		for _, stmt := range []*sql.Stmt{a.eraseSecret, a.giveBack} {
			if _, err := stmt.ExecContext(ctx, p.Task); err != nil {
				return err
			}
		}
	}
	return nil
}
