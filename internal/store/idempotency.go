package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/taskyard/taskyard"
)

const (
	// keyLife is how long an idempotency key is remembered, counted by the creation times of tasks.
	keyLife = 48 * time.Hour
	// keyLength bounds a key, in bytes.
	keyLength = 512
	// keySweep is how many expired keys one create clears away: more than it adds, so that they never pile up.
	keySweep = 16
)

// errKeyUsed ends a transaction whose key another one has taken.
var errKeyUsed = errors.New("idempotency key is in use")

func checkKey(key string) error {
	if len(key) > keyLength {
		return taskyard.Invalid("idempotencyKey", "the idempotency key is longer than %d bytes", keyLength)
	}
	return checkText("idempotencyKey", key)
}

// usedKey returns the task that t's key has made, if there is one: CodeConflict when that was asked for with
// another fingerprint.
func (s *Store) usedKey(ctx context.Context, t taskyard.NewTask) (_ taskyard.Task, used bool, _ error) {
	if t.IdempotencyKey == "" {
		return taskyard.Task{}, false, nil
	}
	var r row
	var fingerprint []byte
	err := s.read.QueryRowContext(ctx, `SELECT i.fingerprint, `+taskColumns+` FROM (
			SELECT fingerprint, task_num FROM idempotency WHERE idempotency_key = $1 AND created_at > $2
		) AS i JOIN task ON num = i.task_num`,
		t.IdempotencyKey, expiry(t)).Scan(append([]any{&fingerprint}, r.columns()...)...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return taskyard.Task{}, false, nil
	case err != nil:
		return taskyard.Task{}, false, fault("read idempotency key", err)
	case !bytes.Equal(fingerprint, t.Fingerprint):
		return taskyard.Task{}, false, taskyard.Errorf(taskyard.CodeConflict,
			"this idempotency key was used for another request; use a new key")
	}
	task, err := r.task()
	return task, err == nil, err
}

// useKey takes t's key for the task num, or returns errKeyUsed.
func (s *Store) useKey(ctx context.Context, tx *sql.Tx, t taskyard.NewTask, num int64) error {
	if t.IdempotencyKey == "" {
		return nil
	}
	sweep := keySweep
	if IsPostgres(s.cfg.Database) {
		sweep = 0 // two creates at once would wait for each other's keys: Tidy does it there
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM idempotency WHERE idempotency_key = $1 AND created_at <= $2
		OR idempotency_key IN (SELECT idempotency_key FROM idempotency WHERE created_at <= $2 ORDER BY created_at LIMIT $3)`,
		t.IdempotencyKey, expiry(t), sweep)
	if err != nil {
		return fault("delete expired idempotency keys", err)
	}
	fingerprint := t.Fingerprint
	if fingerprint == nil {
		fingerprint = []byte{}
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO idempotency (idempotency_key, task_num, fingerprint, created_at)
		VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, t.IdempotencyKey, num, fingerprint, t.CreatedAt.UnixMilli())
	if err != nil {
		return fault("insert idempotency key", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errKeyUsed)
	}
	return nil
}

// createdMeanwhile returns the task of a concurrent create that took the same key first.
func (s *Store) createdMeanwhile(ctx context.Context, t taskyard.NewTask) (taskyard.Task, bool, error) {
	task, used, err := s.usedKey(ctx, t)
	if err == nil && !used {
		err = taskyard.Errorf(taskyard.CodeConflict, "the task of this idempotency key was deleted at this moment; try again")
	}
	return task, false, err
}

// expiry is the creation time up to which keys are forgotten when t is created.
func expiry(t taskyard.NewTask) int64 { return t.CreatedAt.Add(-keyLife).UnixMilli() }
