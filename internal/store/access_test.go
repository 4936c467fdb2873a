package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestTokensAndSessions(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		ctx := t.Context()
		add := func(id, name string, role taskyard.Role) error {
			return s.AddToken(ctx, taskyard.Token{ID: id, Name: name, Role: role, CreatedAt: time.Now()}, []byte("hash of "+id))
		}
		if err := errors.Join(add("a", "  Ada   L. ", taskyard.RoleRun), add("b", "Bob", taskyard.RoleView)); err != nil {
			t.Fatal(err)
		}
		wantError(t, add("c", "Ada L.", taskyard.RoleView), taskyard.CodeConflict, "of that name")
		wantError(t, add("c", " ", taskyard.RoleView), taskyard.CodeInvalid, "needs a name")
		token, err := s.FindToken(ctx, []byte("hash of a"))
		if err != nil || token.ID != "a" || token.Name != "Ada L." || token.Role != taskyard.RoleRun || !token.RevokedAt.IsZero() {
			t.Errorf("%+v, %v", token, err)
		}
		if list, err := s.Tokens(ctx); err != nil || len(list) != 2 || list[1].UsedAt.IsZero() && list[0].UsedAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = s.FindToken(ctx, []byte("hash of nobody"))
		wantError(t, err, taskyard.CodeNotFound, "no such token")

		if err := errors.Join(s.AddSession(ctx, []byte("one"), "a"), s.AddSession(ctx, []byte("two"), "b"), s.AddSession(ctx, []byte("three"), "elsewhere")); err != nil {
			t.Fatal(err)
		}
		if token, err := s.FindSession(ctx, []byte("one")); err != nil || token.Name != "Ada L." {
			t.Errorf("%+v, %v", token, err)
		}
		if token, err := s.FindSession(ctx, []byte("three")); err != nil || token.ID != "elsewhere" || token.Role != taskyard.RoleNone {
			t.Errorf("a token without a record: %+v, %v", token, err)
		}
		shared := newTask(t, s, "shared")
		if err := s.AddShare(ctx, taskyard.Share{Token: "link", Task: shared, Owner: "a", CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.RevokeToken(ctx, "a"), s.RevokeToken(ctx, "a"), s.EndSession(ctx, []byte("two")), s.EndSession(ctx, []byte("two"))); err != nil {
			t.Error(err)
		}
		if link, err := s.Share(ctx, "link"); err != nil || link.Good(time.Now()) {
			t.Errorf("a link of somebody who was let go: %+v, %v", link, err)
		}
		wantError(t, s.RevokeToken(ctx, "nobody"), taskyard.CodeNotFound, "no such token")
		for _, hash := range []string{"one", "two", "four"} {
			_, err = s.FindSession(ctx, []byte(hash))
			wantError(t, err, taskyard.CodeNotFound, "no such session")
		}
		_, err = s.FindToken(ctx, []byte("hash of a"))
		wantError(t, err, taskyard.CodeNotFound, "no such token")
		if err := add("d", "Ada L.", taskyard.RoleAdmin); err != nil {
			t.Errorf("a name that is free again: %v", err)
		}
		// A session that was not used for long is over, and so is one that began too long ago.
		for change, at := range map[string]time.Duration{
			`UPDATE session SET used_at = $1`: sessionLife, `UPDATE session SET created_at = $1`: sessionMost,
		} {
			if err := s.AddSession(ctx, []byte(change), "elsewhere"); err != nil {
				t.Fatal(err)
			}
			for _, age := range []time.Duration{at - time.Minute, at + time.Minute} {
				if _, err := s.write.ExecContext(ctx, change, time.Now().Add(-age).UnixMilli()); err != nil {
					t.Fatal(err)
				}
				if _, err = s.FindSession(ctx, []byte(change)); age < at && err != nil {
					t.Errorf("%s to %s ago: %v", change, age, err)
				}
			}
			wantError(t, err, taskyard.CodeNotFound, "no such session")
			if _, err := s.write.ExecContext(ctx, `DELETE FROM session`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The key of a browser that signed in with Parallel is forgotten as a session is.
func TestLogins(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		ctx := t.Context()
		for change, at := range map[string]time.Duration{
			`UPDATE login SET used_at = $1`: sessionLife, `UPDATE login SET created_at = $1`: sessionMost,
		} {
			if err := s.AddLogin(ctx, []byte(change), []byte("sealed")); err != nil {
				t.Fatal(err)
			}
			if sealed, err := s.FindLogin(ctx, []byte(change)); err != nil || string(sealed) != "sealed" {
				t.Errorf("%q, %v", sealed, err)
			}
			if _, err := s.write.ExecContext(ctx, change, time.Now().Add(-at-time.Minute).UnixMilli()); err != nil {
				t.Fatal(err)
			}
			_, err := s.FindLogin(ctx, []byte(change))
			wantError(t, err, taskyard.CodeNotFound, "nobody is signed in")
			if err := s.AddLogin(ctx, []byte("another"), []byte("sealed")); err != nil {
				t.Fatal(err)
			}
			var left int
			if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM login WHERE hash = $1`, []byte(change)).Scan(&left); err != nil || left != 0 {
				t.Errorf("%d old keys are kept (%v)", left, err)
			}
			if err := s.EndLogin(ctx, []byte("another")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTokensAreBounded(t *testing.T) {
	s := open(t, Config{Database: t.TempDir() + "/x.db"})
	defer closeStore(t, s)
	for i := range taskyard.MaxTokens {
		if err := s.AddToken(t.Context(), taskyard.Token{ID: fmt.Sprint(i), Name: fmt.Sprint(i), Role: taskyard.RoleView}, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	err := s.AddToken(t.Context(), taskyard.Token{ID: "more", Name: "more", Role: taskyard.RoleView}, []byte("more"))
	wantError(t, err, taskyard.CodeInvalid, "tokens already")
}
