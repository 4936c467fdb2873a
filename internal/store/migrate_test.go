package store

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// What a database of an earlier schema holds of links and templates is there afterwards, also where a later migration came first.
func TestLinksAndTemplatesOfAnEarlierSchema(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		ctx := t.Context()
		old := migratedTo(t, database, 13, 16)
		for _, statement := range []string{
			`INSERT INTO task (id, status, processor, upstream, mode, preview, run_id, interaction_id, created_at, updated_at, epoch, last_seq, version,
				submission, progress, activity, has_result, cancel_requested) VALUES ('one', 'completed', 'core', 'parallel', 'auto', 'x', '', '', 1, 1, 1, 1, 1, 'done', '{}', '{}', TRUE, FALSE)`,
			`INSERT INTO share (token, task_num, owner, parts, upto, created_at, expires_at, revoked_at) SELECT 'a', num, 'ada', 'result', 7, 5, 9, NULL FROM task`,
			`INSERT INTO share (token, task_num, owner, parts, upto, created_at, expires_at, revoked_at) SELECT 'b', num, 'ada', 'result,timeline', 0, 6, NULL, 8 FROM task`,
			`INSERT INTO template (id, name, upstream, request, created_at, owner) VALUES ('of a token', 'A', 'parallel', '{}', 1, 'tok_1')`,
			`INSERT INTO template (id, name, upstream, request, created_at, owner) VALUES ('of a visitor', 'A', 'parallel', '{}', 2, 'anon_1')`,
			`INSERT INTO template (id, name, upstream, request, created_at, owner) VALUES ('of nobody', 'A', 'parallel', '{}', 3, '')`,
		} {
			if _, err := old.write.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.release(); err != nil {
			t.Fatal(err)
		}
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		page, err := s.Shares(ctx, taskyard.ShareQuery{Task: "one", Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, link := range page.Shares {
			got = append(got, fmt.Sprintf("%s of %s shows %v up to %d, made %d, for ever %v, good %v, opened %d", link.Token, link.Owner, link.Parts, link.UpTo,
				link.CreatedAt.UnixMilli(), link.ExpiresAt.IsZero(), link.RevokedAt.IsZero(), link.Opens))
		}
		want := []string{
			"b of ada shows [result timeline] up to 0, made 6, for ever true, good false, opened 0",
			"a of ada shows [result] up to 7, made 5, for ever false, good true, opened 0",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		addShare(t, s, taskyard.Share{Token: "c", Task: page.Shares[0].Task})
		if link, err := s.Share(ctx, "c"); err != nil || link.Num <= page.Shares[0].Num {
			t.Errorf("a new link: %+v, %v", link, err)
		}
		for id, want := range map[string]taskyard.Visibility{"of a token": taskyard.Public, "of a visitor": taskyard.Private, "of nobody": taskyard.Public} {
			if kept, err := s.Template(ctx, id); err != nil || kept.Visibility != want {
				t.Errorf("the template %s is %s, %v", id, kept.Visibility, err)
			}
		}
	})
}

// migratedTo opens a database whose schema is brought up to a version, and has one more migration besides.
func migratedTo(t *testing.T, database string, version, besides int64) *Store {
	t.Helper()
	cfg := Config{Database: database}
	if err := cfg.complete(); err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(t.Context(), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{cfg: cfg, engine: e}
	if s.write, s.read, err = e.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = e.migrating(t.Context(), func(dialect goose.Dialect, files fs.FS) error {
		provider, err := goose.NewProvider(dialect, s.write, files)
		if err != nil {
			return err
		}
		if _, err := provider.UpTo(t.Context(), version); err != nil {
			return err
		}
		_, err = provider.ApplyVersion(t.Context(), besides, true)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
