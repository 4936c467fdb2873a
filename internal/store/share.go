package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
)

// AddShare keeps a link to a task. CodeNotFound where there is no such task, CodeInvalid where it has too many.
func (s *Store) AddShare(ctx context.Context, share taskyard.Share) error {
	var expires any // NULL is never
	if !share.ExpiresAt.IsZero() {
		expires = share.ExpiresAt.UnixMilli()
	}
	parts := make([]string, len(share.Parts))
	for i, p := range share.Parts {
		parts[i] = string(p)
	}
	if err := checkText("owner", share.Owner); err != nil {
		return err
	}
	err := s.change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM share WHERE task_num = $1`, share.Task.Num).Scan(&n); err != nil {
			return fault("count links", err)
		}
		if n >= taskyard.MaxShares {
			return taskyard.Invalid("parts", "this task has had %d links, which is as many as there can be", n)
		}
		result, err := tx.ExecContext(ctx, `INSERT INTO share (token, task_num, owner, parts, upto, created_at, expires_at)
			SELECT $1, num, $3, $4, $5, $6, $7 FROM task WHERE num = $2`,
			share.Token, share.Task.Num, share.Owner, strings.Join(parts, ","), share.UpTo, share.CreatedAt.UnixMilli(), expires)
		if err != nil {
			return fault("insert link", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return notFoundOr("insert link", sql.ErrNoRows)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("share task: %w", err)
	}
	return nil
}

const shareColumns = `s.token, s.owner, s.parts, s.upto, s.created_at, s.expires_at, s.revoked_at, t.id`

// Share returns a link, good or not, with its task; CodeNotFound where there is none.
func (s *Store) Share(ctx context.Context, token string) (taskyard.Share, error) {
	if checkText("link", token) != nil {
		return taskyard.Share{}, noShare()
	}
	share, err := s.scanShare(s.read.QueryRowContext(ctx, `SELECT `+shareColumns+` FROM share AS s JOIN task AS t ON t.num = s.task_num WHERE s.token = $1`, token).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return taskyard.Share{}, noShare()
	}
	if err != nil {
		return taskyard.Share{}, fault("find link", err)
	}
	share.Task, err = s.Task(ctx, share.Task.ID)
	return share, err
}

func noShare() error { return taskyard.Errorf(taskyard.CodeNotFound, "there is no such link") }

// Shares returns the links that an owner made, or everybody's, newest first.
func (s *Store) Shares(ctx context.Context, owner *string) ([]taskyard.Share, error) {
	query, args := `SELECT `+shareColumns+` FROM share AS s JOIN task AS t ON t.num = s.task_num`, []any{taskyard.MaxShareLinks}
	if owner != nil {
		query, args = query+` WHERE s.owner = $2`, append(args, *owner)
	}
	shares, err := s.scanShares(ctx, query+` ORDER BY s.created_at DESC, s.token LIMIT $1`, args...)
	for i := 0; err == nil && i < len(shares); i++ {
		shares[i].Task, err = s.Task(ctx, shares[i].Task.ID)
	}
	if err != nil {
		return nil, fault("list links", err)
	}
	return shares, nil
}

func (s *Store) scanShares(ctx context.Context, query string, args ...any) ([]taskyard.Share, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var shares []taskyard.Share
	for rows.Next() {
		share, err := s.scanShare(rows.Scan)
		if err != nil {
			return nil, err
		}
		shares = append(shares, share)
	}
	return shares, rows.Err()
}

// scanShare reads one link; of its task only the id.
func (s *Store) scanShare(scan func(...any) error) (taskyard.Share, error) {
	var share taskyard.Share
	var parts string
	var created int64
	var expires, revoked sql.NullInt64
	if err := scan(&share.Token, &share.Owner, &parts, &share.UpTo, &created, &expires, &revoked, &share.Task.ID); err != nil {
		return share, err
	}
	for part := range strings.SplitSeq(parts, ",") {
		if part != "" {
			share.Parts = append(share.Parts, taskyard.Part(part))
		}
	}
	share.CreatedAt = fromMillis(created)
	if expires.Valid {
		share.ExpiresAt = fromMillis(expires.Int64)
	}
	if revoked.Valid {
		share.RevokedAt = fromMillis(revoked.Int64)
	}
	return share, nil
}

// RevokeShare ends a link; CodeNotFound where there is none.
func (s *Store) RevokeShare(ctx context.Context, token string) error {
	result, err := s.write.ExecContext(ctx, `UPDATE share SET revoked_at = coalesce(revoked_at, $2) WHERE token = $1`, token, nowMillis())
	if isNoText(err) {
		return noShare()
	}
	if err != nil {
		return fault("revoke link", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return noShare()
	}
	return nil
}
