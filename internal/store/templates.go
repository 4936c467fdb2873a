package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

const selectTemplate = `SELECT id, name, upstream, request, created_at, owner, visibility FROM template WHERE `

// Templates returns what an owner keeps to begin from, newest first.
func (s *Store) Templates(ctx context.Context, owner string) ([]taskyard.Template, error) {
	return s.templates(ctx, `owner = $1`, owner, taskyard.MaxTemplates)
}

// TeamTemplates returns the newest of what others than an owner keep for everybody with a token.
func (s *Store) TeamTemplates(ctx context.Context, without string) ([]taskyard.Template, error) {
	return s.templates(ctx, `visibility = 'public' AND owner <> $1`, without, taskyard.MaxTemplates)
}

// Template returns one.
func (s *Store) Template(ctx context.Context, id string) (taskyard.Template, error) {
	if checkText("id", id) != nil {
		return taskyard.Template{}, noTemplate()
	}
	list, err := s.templates(ctx, `id = $1`, id, 1)
	if err != nil {
		return taskyard.Template{}, err
	}
	if len(list) == 0 {
		return taskyard.Template{}, noTemplate()
	}
	return list[0], nil
}

func noTemplate() error {
	return taskyard.Errorf(taskyard.CodeNotFound, "There is no such template.")
}

func (s *Store) templates(ctx context.Context, where, param string, most int) ([]taskyard.Template, error) {
	rows, err := s.read.QueryContext(ctx, selectTemplate+where+` ORDER BY created_at DESC, id DESC LIMIT $2`, param, most)
	if err != nil {
		return nil, fault("list templates", err)
	}
	defer rows.Close()
	var list []taskyard.Template
	for rows.Next() {
		var t taskyard.Template
		var request string
		var created int64
		if err := rows.Scan(&t.ID, &t.Name, &t.Upstream, &request, &created, &t.Owner, &t.Visibility); err != nil {
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
		if err := s.engine.alone(ctx, tx, templateLock); err != nil {
			return fault("wait for another template", err)
		}
		if err := boundTemplates(ctx, tx, t.Owner); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO template (id, name, upstream, request, created_at, owner, visibility) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.ID, t.Name, t.Upstream, string(t.Request), t.CreatedAt.UnixMilli(), t.Owner, string(cmp.Or(t.Visibility, taskyard.Public)))
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

// boundTemplates refuses a template where its owner has too many, or all visitors have.
func boundTemplates(ctx context.Context, tx *sql.Tx, owner string) error {
	var own, visitors int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM template WHERE owner = $1`, owner).Scan(&own); err != nil {
		return fault("count templates", err)
	}
	if own >= taskyard.MaxTemplates {
		return taskyard.Invalid("name", "You keep %d templates already; delete one first.", own)
	}
	if !strings.HasPrefix(owner, taskyard.VisitorPrefix) {
		return nil
	}
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM template WHERE substr(owner, 1, $1) = $2`, len(taskyard.VisitorPrefix), taskyard.VisitorPrefix).Scan(&visitors)
	if err != nil {
		return fault("count templates", err)
	}
	if visitors >= taskyard.MaxVisitorTemplates {
		return taskyard.Invalid("name", "All who have no token keep %d templates together already, which is as many as there can be.", visitors)
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
			return noTemplate()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delete template: %w", err)
	}
	return nil
}
