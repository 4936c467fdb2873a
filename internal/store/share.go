package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

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
		if err := s.engine.alone(ctx, tx, shareLock); err != nil {
			return fault("wait for another link", err)
		}
		if err := boundShares(ctx, tx, share); err != nil {
			return err
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

// boundShares refuses a link where its task or its owner has too many.
func boundShares(ctx context.Context, tx *sql.Tx, share taskyard.Share) error {
	var ofTask, ofOwner int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM share WHERE task_num = $1`, share.Task.Num).Scan(&ofTask); err != nil {
		return fault("count links", err)
	}
	if ofTask >= taskyard.MaxShares {
		return taskyard.Errorf(taskyard.CodeInvalid, "This task has had %d links, which is as many as there can be.", ofTask)
	}
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM share WHERE owner = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
		share.Owner, share.CreatedAt.UnixMilli()).Scan(&ofOwner)
	if err != nil {
		return fault("count links", err)
	}
	if ofOwner >= taskyard.MaxSharesOfOne {
		return taskyard.Errorf(taskyard.CodeInvalid, "You have %d links that are good, which is as many as there can be. Revoke one first.", ofOwner)
	}
	return nil
}

// selectShares has all that a link shows the name of, in one query. Of the columns of its task none has the name of one of its own.
const selectShares = `SELECT s.num, s.token, s.owner, s.parts, s.upto, s.created_at, s.expires_at, s.revoked_at, s.opens, s.opened_at, t.*
	FROM share AS s JOIN (SELECT ` + taskColumns + ` FROM task) AS t ON t.num = s.task_num WHERE `

// Share returns a link, good or not, with its task; CodeNotFound where there is none.
func (s *Store) Share(ctx context.Context, token string) (taskyard.Share, error) {
	if checkText("link", token) != nil {
		return taskyard.Share{}, noShare()
	}
	share, err := scanShare(s.read.QueryRowContext(ctx, selectShares+`s.token = $1`, token).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return share, noShare()
	}
	if err != nil {
		return share, fault("find link", err)
	}
	return share, nil
}

func noShare() error { return taskyard.Errorf(taskyard.CodeNotFound, "there is no such link") }

// Shares returns one page of links, newest first.
func (s *Store) Shares(ctx context.Context, q taskyard.ShareQuery) (taskyard.SharePage, error) {
	if q.Limit < 1 || q.Limit > taskyard.MaxPage {
		return taskyard.SharePage{}, taskyard.Invalid("limit", "limit is %d; it can be 1 to %d", q.Limit, taskyard.MaxPage)
	}
	text, args := sharesQuery(q)
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return taskyard.SharePage{}, fault("list links", err)
	}
	defer rows.Close()
	var page taskyard.SharePage
	for rows.Next() {
		if len(page.Shares) == q.Limit { // the row that was asked for to learn whether there is more
			last := page.Shares[q.Limit-1]
			page.Next = taskyard.Cursor{CreatedAt: last.CreatedAt.UnixMilli(), Num: last.Num}
			break
		}
		share, err := scanShare(rows.Scan)
		if err != nil {
			return taskyard.SharePage{}, fault("list links", err)
		}
		page.Shares = append(page.Shares, share)
	}
	if err := rows.Err(); err != nil {
		return taskyard.SharePage{}, fault("list links", err)
	}
	return page, nil
}

// sharesQuery builds the SQL of a page: links of one owner, of one task, and all have an index each in the order of the list.
func sharesQuery(q taskyard.ShareQuery) (string, []any) {
	var b listBuilder
	where := []string{`TRUE`}
	if q.Owner != nil {
		where = append(where, `s.owner = `+b.param(*q.Owner))
	}
	if q.Task != "" {
		where = append(where, `s.task_num = (SELECT num FROM task WHERE id = `+b.param(q.Task)+`)`)
	}
	if !q.After.IsZero() {
		where = append(where, `(s.created_at, s.num) < (`+b.param(q.After.CreatedAt)+`, `+b.param(q.After.Num)+`)`)
	}
	return selectShares + strings.Join(where, ` AND `) + ` ORDER BY s.created_at DESC, s.num DESC LIMIT ` + b.param(q.Limit+1), b.args
}

// scanShare reads one link and its task.
func scanShare(scan func(...any) error) (taskyard.Share, error) {
	var share taskyard.Share
	var parts string
	var created int64
	var expires, revoked, opened sql.NullInt64
	var r row
	columns := []any{&share.Num, &share.Token, &share.Owner, &parts, &share.UpTo, &created, &expires, &revoked, &share.Opens, &opened}
	if err := scan(append(columns, r.columns()...)...); err != nil {
		return taskyard.Share{}, err
	}
	for part := range strings.SplitSeq(parts, ",") {
		if part != "" {
			share.Parts = append(share.Parts, taskyard.Part(part))
		}
	}
	share.CreatedAt = fromMillis(created)
	for _, at := range []struct {
		column sql.NullInt64
		into   *time.Time
	}{{expires, &share.ExpiresAt}, {revoked, &share.RevokedAt}, {opened, &share.OpenedAt}} {
		if at.column.Valid {
			*at.into = fromMillis(at.column.Int64)
		}
	}
	var err error
	share.Task, err = r.task()
	return share, err
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
