package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// Templates returns what users keep to begin from, newest first.
func (s *Store) Templates(ctx context.Context) ([]taskyard.Template, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, name, upstream, request, created_at, owner FROM template
		ORDER BY created_at DESC, id LIMIT $1`, taskyard.MaxTemplates)
	if err != nil {
		return nil, fault("list templates", err)
	}
	defer rows.Close()
	var list []taskyard.Template
	for rows.Next() {
		var t taskyard.Template
		var request string
		var created int64
		if err := rows.Scan(&t.ID, &t.Name, &t.Upstream, &request, &created, &t.Owner); err != nil {
			return nil, fault("list templates", err)
		}
		t.Request, t.CreatedAt = json.RawMessage(request), fromMillis(created)
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("list templates", err)
	}
	return list, nil
}

// SaveTemplate keeps one more.
func (s *Store) SaveTemplate(ctx context.Context, t taskyard.Template) error {
	t.Name = strings.Join(strings.Fields(t.Name), " ")
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > taskyard.MaxTitle {
		return taskyard.Invalid("name", "a template needs a name of at most %d characters", taskyard.MaxTitle)
	}
	for _, f := range []struct{ name, text string }{{"id", t.ID}, {"name", t.Name}, {"upstream", t.Upstream}, {"owner", t.Owner}, {"request", string(t.Request)}} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	err := s.change(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM template`).Scan(&n); err != nil {
			return fault("count templates", err)
		}
		if n >= taskyard.MaxTemplates {
			return taskyard.Invalid("name", "%d templates are kept already; delete one first", n)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO template (id, name, upstream, request, created_at, owner) VALUES ($1, $2, $3, $4, $5, $6)`,
			t.ID, t.Name, t.Upstream, string(t.Request), t.CreatedAt.UnixMilli(), t.Owner)
		if err != nil {
			return fault("insert template", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save template: %w", err)
	}
	return nil
}

// DeleteTemplate forgets one.
func (s *Store) DeleteTemplate(ctx context.Context, id string) error {
	err := s.change(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM template WHERE id = $1`, id)
		if err != nil {
			return notFoundOr("delete template", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return notFoundOr("delete template", sql.ErrNoRows)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete template: %w", err)
	}
	return nil
}
