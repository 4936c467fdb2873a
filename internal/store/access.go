package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

const (
	// sessionLife is how long after its last use a browser is let in.
	sessionLife = 30 * 24 * time.Hour
	// sessionMost is how long a browser is let in at most, however often it comes: a cookie that was stolen is not good for ever.
	sessionMost = 90 * 24 * time.Hour
	// useStep is how exactly it is known when a token or a session was last used: a write for each request is spared.
	useStep = time.Hour
)

const tokenColumns = `id, name, role, created_at, used_at, revoked_at` //nolint:gosec // names of columns

func scanToken(scan func(...any) error) (taskyard.Token, error) {
	var t taskyard.Token
	var role string
	var created int64
	var used, revoked sql.NullInt64
	if err := scan(&t.ID, &t.Name, &role, &created, &used, &revoked); err != nil {
		return t, err
	}
	t.CreatedAt = fromMillis(created)
	if used.Valid {
		t.UsedAt = fromMillis(used.Int64)
	}
	if revoked.Valid {
		t.RevokedAt = fromMillis(revoked.Int64)
	}
	var err error
	t.Role, err = taskyard.ParseRole(role)
	return t, err
}

// Tokens returns all tokens, also those that were revoked, newest first.
func (s *Store) Tokens(ctx context.Context) ([]taskyard.Token, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT `+tokenColumns+` FROM access_token ORDER BY created_at DESC, id LIMIT $1`, taskyard.MaxTokens)
	if err != nil {
		return nil, fault("list tokens", err)
	}
	defer rows.Close()
	var list []taskyard.Token
	for rows.Next() {
		t, err := scanToken(rows.Scan)
		if err != nil {
			return nil, fault("list tokens", err)
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("list tokens", err)
	}
	return list, nil
}

// AddToken stores a token by its hash. CodeConflict where there is a good one of that name, CodeInvalid where there are
// too many.
func (s *Store) AddToken(ctx context.Context, t taskyard.Token, hash []byte) error {
	t.Name = strings.Join(strings.Fields(t.Name), " ")
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > taskyard.MaxTokenName {
		return taskyard.Invalid("name", "a token needs a name of at most %d characters", taskyard.MaxTokenName)
	}
	if err := checkText("name", t.Name); err != nil {
		return err
	}
	err := s.change(ctx, func(tx *sql.Tx) error {
		var all, same int
		err := tx.QueryRowContext(ctx, `SELECT count(CASE WHEN revoked_at IS NULL THEN 1 END), count(CASE WHEN name = $1 AND revoked_at IS NULL THEN 1 END) FROM access_token`, t.Name).Scan(&all, &same)
		switch {
		case err != nil:
			return fault("count tokens", err)
		case same > 0:
			return taskyard.Errorf(taskyard.CodeConflict, "there is a token of that name; revoke it first, or take another name")
		case all >= taskyard.MaxTokens:
			return taskyard.Invalid("name", "there are %d tokens already", all)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO access_token (id, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5)`,
			t.ID, t.Name, t.Role.String(), hash, t.CreatedAt.UnixMilli())
		if err != nil {
			return fault("insert token", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	return nil
}

// RevokeToken ends a token, and with it the sessions that it began and the links that its owner made. CodeNotFound where there is none.
func (s *Store) RevokeToken(ctx context.Context, id string) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE access_token SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1`, id, nowMillis())
		if isNoText(err) {
			return noToken()
		}
		if err != nil {
			return fault("revoke token", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return noToken()
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE token_id = $1`, id); err != nil {
			return fault("end sessions", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE share SET revoked_at = $2 WHERE owner = $1 AND revoked_at IS NULL`, id, nowMillis()); err != nil {
			return fault("end links", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

func noToken() error { return taskyard.Errorf(taskyard.CodeNotFound, "there is no such token") }

// FindToken returns the good token with a hash, or CodeNotFound.
func (s *Store) FindToken(ctx context.Context, hash []byte) (taskyard.Token, error) {
	t, err := scanToken(s.read.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM access_token WHERE hash = $1 AND revoked_at IS NULL`, hash).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return t, noToken()
	}
	if err != nil {
		return t, fault("find token", err)
	}
	if time.Since(t.UsedAt) > useStep {
		if _, err := s.write.ExecContext(ctx, `UPDATE access_token SET used_at = $2 WHERE hash = $1`, hash, nowMillis()); err != nil {
			return t, fault("note a token's use", err)
		}
	}
	return t, nil
}

// AddSession lets a browser in by a token, until it was not used for 30 days, and for 90 days at most.
func (s *Store) AddSession(ctx context.Context, hash []byte, tokenID string) error {
	now := nowMillis()
	err := s.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE used_at < $1 OR created_at < $2`, now-sessionLife.Milliseconds(), now-sessionMost.Milliseconds()); err != nil {
			return fault("end old sessions", err)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO session (hash, token_id, created_at, used_at) VALUES ($1, $2, $3, $3)`, hash, tokenID, now)
		if err != nil {
			return fault("insert session", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	return nil
}

// FindSession returns the token by which a browser was let in: one that is stored, or only the id of one that is not. It
// is CodeNotFound where there is no such session, it is too old, or its token was revoked.
func (s *Store) FindSession(ctx context.Context, hash []byte) (taskyard.Token, error) {
	now := nowMillis()
	var id string
	var used int64
	err := s.read.QueryRowContext(ctx, `SELECT token_id, used_at FROM session WHERE hash = $1 AND used_at >= $2 AND created_at >= $3`, hash, now-sessionLife.Milliseconds(), now-sessionMost.Milliseconds()).Scan(&id, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return taskyard.Token{}, taskyard.Errorf(taskyard.CodeNotFound, "there is no such session")
	}
	if err != nil {
		return taskyard.Token{}, fault("find session", err)
	}
	if now-used > useStep.Milliseconds() {
		if _, err := s.write.ExecContext(ctx, `UPDATE session SET used_at = $2 WHERE hash = $1`, hash, now); err != nil {
			return taskyard.Token{}, fault("note a session's use", err)
		}
	}
	t, err := scanToken(s.read.QueryRowContext(ctx, `SELECT `+tokenColumns+` FROM access_token WHERE id = $1`, id).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return taskyard.Token{ID: id}, nil
	case err != nil:
		return t, fault("find session", err)
	case !t.RevokedAt.IsZero():
		return taskyard.Token{}, taskyard.Errorf(taskyard.CodeNotFound, "there is no such session")
	}
	return t, nil
}

// EndSession lets a browser out. One that is not in is left.
func (s *Store) EndSession(ctx context.Context, hash []byte) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM session WHERE hash = $1`, hash); err != nil {
		return fault("end session", err)
	}
	return nil
}

// AddLogin keeps the sealed key of a browser that signed in with Parallel, until it was not used for 30 days, and for 90 days at
// most.
func (s *Store) AddLogin(ctx context.Context, hash, sealed []byte) error {
	now := nowMillis()
	err := s.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM login WHERE used_at < $1 OR created_at < $2`, now-sessionLife.Milliseconds(), now-sessionMost.Milliseconds()); err != nil {
			return fault("forget old keys", err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO login (hash, sealed, created_at, used_at) VALUES ($1, $2, $3, $3)`, hash, sealed, now); err != nil {
			return fault("insert key", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep key: %w", err)
	}
	return nil
}

// FindLogin returns the sealed key of a browser, or CodeNotFound.
func (s *Store) FindLogin(ctx context.Context, hash []byte) ([]byte, error) {
	now := nowMillis()
	var sealed []byte
	var used int64
	err := s.read.QueryRowContext(ctx, `SELECT sealed, used_at FROM login WHERE hash = $1 AND used_at >= $2 AND created_at >= $3`, hash, now-sessionLife.Milliseconds(), now-sessionMost.Milliseconds()).Scan(&sealed, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, taskyard.Errorf(taskyard.CodeNotFound, "nobody is signed in")
	}
	if err != nil {
		return nil, fault("find key", err)
	}
	if now-used > useStep.Milliseconds() {
		if _, err := s.write.ExecContext(ctx, `UPDATE login SET used_at = $2 WHERE hash = $1`, hash, now); err != nil {
			return nil, fault("note a key's use", err)
		}
	}
	return sealed, nil
}

// EndLogin forgets the key of a browser. One that is not in is left.
func (s *Store) EndLogin(ctx context.Context, hash []byte) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM login WHERE hash = $1`, hash); err != nil {
		return fault("forget key", err)
	}
	return nil
}

const showTask = `UPDATE task SET visibility = $2, version = version + 1, updated_at = $3 WHERE id = $1 RETURNING ` + taskColumns

// Show changes who may read a task.
func (s *Store) Show(ctx context.Context, id string, v taskyard.Visibility) (taskyard.Task, error) {
	if _, err := taskyard.ParseVisibility(string(v)); err != nil {
		return taskyard.Task{}, err
	}
	var task taskyard.Task
	err := s.change(ctx, func(tx *sql.Tx) error {
		var r row
		err := tx.QueryRowContext(ctx, showTask, id, string(v), nowMillis()).Scan(r.columns()...)
		if err != nil {
			return notFoundOr("show task", err)
		}
		task, err = r.task()
		return err
	})
	if err != nil {
		return taskyard.Task{}, fmt.Errorf("change visibility: %w", err)
	}
	s.announce(taskyard.Announcement{ID: task.ID, Seq: task.LastSeq})
	return task, nil
}
