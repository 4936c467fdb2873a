package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

const insertTask = `INSERT INTO task (id, status, processor, upstream, mode, preview, betas, previous, run_id, interaction_id, owner, visibility,
		created_at, updated_at, epoch, last_seq, version, submission, progress, activity, has_result, cancel_requested)
	VALUES ($1, $2, $3, $4, $5, $6, $12, $13, $10, $11, $14, $15, $7, $7, 0, 1, 1, $8, '{}', $9, FALSE, FALSE)
	RETURNING ` + taskColumns

const (
	insertDocument = `INSERT INTO task_document (task_num, request) VALUES ($1, $2)`
	insertSecret   = `INSERT INTO task_secret (task_num, sealed) VALUES ($1, $2)`
	insertSearch   = `INSERT INTO task_search (task_num, input, output) VALUES ($1, $2, '')`
	insertEvent    = `INSERT INTO event (task_num, seq, type, data, at) VALUES ($1, $2, $3, $4, $5)`
)

// Create stores a task with its first event and calls enqueue, all in one transaction.
func (s *Store) Create(ctx context.Context, t taskyard.NewTask, enqueue func(*sql.Tx, taskyard.Task) error) (taskyard.Task, bool, error) {
	if err := checkNew(t); err != nil {
		return taskyard.Task{}, false, err
	}
	activity, err := encode("activity", taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: t.CreatedAt})
	if err != nil {
		return taskyard.Task{}, false, err
	}
	if task, used, err := s.usedKey(ctx, t); used || err != nil {
		return task, false, err
	}
	input := fold(clip(t.Search)) // before the transaction: it can take a millisecond
	var task taskyard.Task
	err = s.change(ctx, func(tx *sql.Tx) (err error) {
		task, err = s.insert(ctx, tx, t, activity, input)
		if err == nil {
			err = enqueue(tx, task)
		}
		return err
	})
	if errors.Is(err, errKeyUsed) {
		return s.createdMeanwhile(ctx, t)
	}
	if err != nil {
		return taskyard.Task{}, false, fmt.Errorf("create task: %w", err)
	}
	s.announce(taskyard.Announcement{ID: task.ID, Seq: task.LastSeq})
	return task, true, nil
}

func checkNew(t taskyard.NewTask) error {
	if t.ID == "" {
		return taskyard.Invalid("id", "a task needs an id")
	}
	for _, f := range []struct{ name, text string }{
		{"id", t.ID}, {"processor", t.Processor}, {"upstream", t.Upstream}, {"mode", t.Mode},
		{"preview", t.Preview}, {"betas", t.Betas}, {"previous", t.Previous}, {"owner", t.Owner}, {"client", t.Allotment.Client}, {"runId", t.RunID}, {"interactionId", t.InteractionID}, {"request", string(t.Request)}, {"search", t.Search},
	} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	if err := checkKey(t.IdempotencyKey); err != nil {
		return err
	}
	return checkEvent(t.Note)
}

// insert writes the rows of a new task. The key goes right after the task: if it was used, the rest is spared.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, t taskyard.NewTask, activity, input string) (taskyard.Task, error) {
	var r row
	status, submission := taskyard.StatusPending, taskyard.SubmissionNone
	if t.RunID != "" {
		status, submission = taskyard.StatusQueued, taskyard.SubmissionDone
	}
	err := tx.StmtContext(ctx, s.stmt.insertTask).QueryRowContext(ctx, t.ID, string(status), t.Processor, t.Upstream,
		t.Mode, t.Preview, t.CreatedAt.UnixMilli(), string(submission), activity, t.RunID, t.InteractionID, t.Betas, t.Previous, t.Owner, string(cmp.Or(t.Visibility, taskyard.Public))).Scan(r.columns()...)
	if err != nil {
		return taskyard.Task{}, fault("insert task", err)
	}
	if err := s.useKey(ctx, tx, t, r.Num); err != nil {
		return taskyard.Task{}, err
	}
	if err := s.allot(ctx, tx, t.Allotment, r.Num); err != nil {
		return taskyard.Task{}, err
	}
	if err := execute(ctx, tx, s.stmt.insertDocument, r.Num, string(t.Request)); err != nil {
		return taskyard.Task{}, fault("insert document", err)
	}
	for key, value := range t.Metadata {
		if !keepsMetadata(key, value) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO task_metadata (key, value, task_num) VALUES ($1, $2, $3)`, key, value, r.Num); err != nil {
			return taskyard.Task{}, fault("insert metadata", err)
		}
	}
	if t.Secret != nil {
		if err := execute(ctx, tx, s.stmt.insertSecret, r.Num, t.Secret); err != nil {
			return taskyard.Task{}, fault("insert secret", err)
		}
	}
	if err := execute(ctx, tx, s.stmt.insertSearch, r.Num, input); err != nil {
		return taskyard.Task{}, fault("insert search text", err)
	}
	if err := execute(ctx, tx, s.stmt.insertEvent, r.Num, 1, t.Note.Type, string(t.Note.Data), t.Note.At.UnixMilli()); err != nil {
		return taskyard.Task{}, fault("insert first event", err)
	}
	return r.task()
}

// Bounds of the metadata that lists are filtered by: Parallel's own.
const (
	metadataKey   = 16  // characters
	metadataValue = 512 // characters
)

func keepsMetadata(key, value string) bool {
	return utf8.RuneCountInString(key) <= metadataKey && utf8.RuneCountInString(value) <= metadataValue &&
		checkText("metadata", key) == nil && checkText("metadata", value) == nil
}

// execute runs a prepared statement inside a transaction.
func execute(ctx context.Context, tx *sql.Tx, stmt *sql.Stmt, args ...any) error {
	_, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	return err
}
