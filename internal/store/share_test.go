package store

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestLinksToTasks(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		task := newTask(t, s, "one")
		made := taskyard.Share{
			Token: "t1", Task: task, Owner: "ada", Parts: []taskyard.Part{taskyard.PartResult, taskyard.PartTimeline}, UpTo: 7,
			CreatedAt: time.UnixMilli(1_000_000).UTC(), ExpiresAt: time.UnixMilli(2_000_000).UTC(),
		}
		if err := s.AddShare(t.Context(), made); err != nil {
			t.Fatal(err)
		}
		if err := s.AddShare(t.Context(), taskyard.Share{Token: "t2", Task: task, Owner: "bob", CreatedAt: time.UnixMilli(1_000_001).UTC()}); err != nil {
			t.Fatal(err)
		}
		made.Task, _ = s.Task(t.Context(), "one")
		got, err := s.Share(t.Context(), "t1")
		made.Num = got.Num
		if err != nil || !reflect.DeepEqual(got, made) {
			t.Errorf("got  %+v (%v)\nwant %+v", got, err, made)
		}
		if got.Good(time.UnixMilli(2_000_000)) || !got.Good(time.UnixMilli(1_999_999)) || !got.Shows(taskyard.PartResult) || got.Shows(taskyard.PartRequest) {
			t.Errorf("%+v", got)
		}
		ada := "ada"
		for owner, want := range map[*string]int{&ada: 1, nil: 2} {
			page, err := s.Shares(t.Context(), taskyard.ShareQuery{Owner: owner, Limit: 9})
			if list := page.Shares; err != nil || len(list) != want || !reflect.DeepEqual(list[want-1], made) || !page.Next.IsZero() {
				t.Errorf("%+v, %v", page, err)
			}
		}
		if err := s.RevokeShare(t.Context(), "t1"); err != nil {
			t.Error(err)
		}
		if got, err := s.Share(t.Context(), "t1"); err != nil || got.Good(time.UnixMilli(1_500_000)) {
			t.Errorf("a link that was revoked: %+v, %v", got, err)
		}
		wantError(t, s.RevokeShare(t.Context(), "nobody"), taskyard.CodeNotFound, "no such link")
		_, err = s.Share(t.Context(), "nobody")
		wantError(t, err, taskyard.CodeNotFound, "no such link")
		// With the task its links go.
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		_, err = s.Share(t.Context(), "t2")
		wantError(t, err, taskyard.CodeNotFound, "no such link")
		wantError(t, s.AddShare(t.Context(), made), taskyard.CodeNotFound, "no such task")
	})
}

// Pages of links are whole and in order, whatever is made meanwhile, and each is one query by an index.
func TestPagesOfLinks(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		tasks := []taskyard.Task{newTask(t, s, "one"), newTask(t, s, "two")}
		for i := range 10 { // several in a millisecond
			addShare(t, s, taskyard.Share{Token: fmt.Sprint("t", i), Task: tasks[i%2], Owner: []string{"ada", "bob"}[i%3%2], CreatedAt: time.UnixMilli(int64(1000 + i/4))})
		}
		ada := "ada"
		for _, row := range []struct {
			query taskyard.ShareQuery
			want  string
		}{
			{taskyard.ShareQuery{}, "t9 t8 t7 t6 t5 t4 t3 t2 t1 t0"},
			{taskyard.ShareQuery{Owner: &ada}, "t9 t8 t6 t5 t3 t2 t0"},
			{taskyard.ShareQuery{Task: "two"}, "t9 t7 t5 t3 t1"},
			{taskyard.ShareQuery{Task: "two", Owner: &ada}, "t9 t5 t3"},
			{taskyard.ShareQuery{Task: "nowhere"}, ""},
		} {
			for limit := 1; limit <= 11; limit += 2 {
				var got []string
				for q := row.query; ; {
					q.Limit = limit
					page, err := s.Shares(t.Context(), q)
					if err != nil || len(page.Shares) > limit {
						t.Fatalf("%+v: %d, %v", q, len(page.Shares), err)
					}
					for _, link := range page.Shares {
						if want := tasks[int(link.Token[1]-'0')%2]; link.Task.ID != want.ID || link.Task.Preview != want.Preview {
							t.Errorf("%s leads to %+v", link.Token, link.Task)
						}
						got = append(got, link.Token)
					}
					if q.After = page.Next; q.After.IsZero() {
						break
					}
				}
				if strings.Join(got, " ") != row.want {
					t.Errorf("%+v by %d: %q, want %q", row.query, limit, got, row.want)
				}
			}
		}
		for _, limit := range []int{0, taskyard.MaxPage + 1} {
			_, err := s.Shares(t.Context(), taskyard.ShareQuery{Limit: limit})
			wantError(t, err, taskyard.CodeInvalid, "limit")
		}
	})
}

func TestPagesOfLinksAreReadInOrderFromAnIndex(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	ada, after := "ada", taskyard.Cursor{CreatedAt: 7, Num: 7}
	for index, q := range map[string]taskyard.ShareQuery{
		"share_by_time (created_at<?)":                {After: after},
		"share_by_owner (owner=? AND created_at<?)":   {Owner: &ada, After: after},
		"share_by_task (task_num=? AND created_at<?)": {Task: "one", After: after},
	} {
		q.Limit = 50
		text, args := sharesQuery(q)
		plan := explain(t, s, text, args...)
		if !slices.ContainsFunc(plan, func(step string) bool { return strings.HasSuffix(step, index) }) || strings.Contains(strings.Join(plan, " "), "TEMP B-TREE") {
			t.Errorf("not by %s: %q", index, plan)
		}
	}
}

func addShare(t *testing.T, s *Store, share taskyard.Share) {
	t.Helper()
	if err := s.AddShare(t.Context(), share); err != nil {
		t.Fatal(err)
	}
}

// However many ask at once, nobody has more links than there can be; what has ended does not count.
func TestLinksAreBounded(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		task := newTask(t, s, "one")
		const full = taskyard.MaxSharesOfOne - 1
		if _, err := s.write.Exec(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < CAST($1 AS BIGINT))
			INSERT INTO share (token, task_num, owner, parts, upto, created_at) SELECT 'of others ' || n, -n, 'ada', '', 0, n FROM i`, full); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		errs := make([]error, 8)
		var asked sync.WaitGroup
		for i := range errs {
			asked.Go(func() {
				errs[i] = s.AddShare(context.Background(), taskyard.Share{Token: fmt.Sprint("t", i), Task: task, Owner: "ada", CreatedAt: now})
			})
		}
		asked.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
				continue
			}
			wantError(t, err, taskyard.CodeInvalid, "Revoke one first")
		}
		if made != 1 {
			t.Errorf("%d links were made where there was room for one", made)
		}
		addShare(t, s, taskyard.Share{Token: "of bob", Task: task, Owner: "bob", CreatedAt: now})
		for ends, statement := range map[string]string{
			"a link that was revoked": `UPDATE share SET revoked_at = 1 WHERE token = 'of others 1'`,
			"a link that has expired": `UPDATE share SET expires_at = 1 WHERE token = 'of others 2'`,
		} {
			if _, err := s.write.Exec(statement); err != nil {
				t.Fatal(err)
			}
			if err := s.AddShare(t.Context(), taskyard.Share{Token: ends, Task: task, Owner: "ada", CreatedAt: now}); err != nil {
				t.Errorf("%s takes a place: %v", ends, err)
			}
		}
		wantError(t, s.AddShare(t.Context(), taskyard.Share{Token: "more", Task: task, Owner: "ada", CreatedAt: now}), taskyard.CodeInvalid, "Revoke one first")
	})
}

func TestTemplatesOfVisitorsAreBounded(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		defer closeStore(t, s)
		if _, err := s.write.Exec(`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < CAST($1 AS BIGINT))
			INSERT INTO template (id, name, upstream, request, created_at, owner) SELECT 't' || n, 'x', 'parallel', '{}', n, CAST($2 AS TEXT) || n FROM i`,
			taskyard.MaxVisitorTemplates, taskyard.VisitorPrefix); err != nil {
			t.Fatal(err)
		}
		err := s.SaveTemplate(t.Context(), taskyard.Template{ID: "a", Name: "A", Request: []byte(`{}`), Owner: taskyard.VisitorPrefix + "x"})
		wantError(t, err, taskyard.CodeInvalid, "All who have no token")
		for _, owner := range []string{"tok_1", ""} {
			if err := s.SaveTemplate(t.Context(), taskyard.Template{ID: "of " + owner, Name: "A", Request: []byte(`{}`), Owner: owner}); err != nil {
				t.Error(err)
			}
		}
	})
}

// A flood of opens is one write; none is lost, also at the end.
func TestOpensOfLinksAreCounted(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := open(t, Config{Database: database})
		task := newTask(t, s, "one")
		for _, token := range []string{"a", "b", "c"} {
			addShare(t, s, taskyard.Share{Token: token, Task: task, CreatedAt: time.UnixMilli(1)})
		}
		begun := time.Now().Truncate(time.Millisecond)
		var asked sync.WaitGroup
		for range 20 {
			asked.Go(func() {
				for range 50 {
					s.ShareOpened("a")
				}
			})
		}
		s.ShareOpened("b")
		s.ShareOpened("of a task that is deleted meanwhile")
		asked.Wait()
		s.opens.flush()
		s.ShareOpened("a")
		closeStore(t, s)
		s.ShareOpened("a") // too late, and no harm
		s = open(t, Config{Database: database})
		defer closeStore(t, s)
		for token, want := range map[string]int64{"a": 1001, "b": 1, "c": 0} {
			link, err := s.Share(t.Context(), token)
			if err != nil || link.Opens != want || link.OpenedAt.IsZero() != (want == 0) || want > 0 && (link.OpenedAt.Before(begun) || link.OpenedAt.After(time.Now())) {
				t.Errorf("%s: %d times, last %s, %v; want %d", token, link.Opens, link.OpenedAt, err, want)
			}
		}
	})
}

// Opens are stored a while after the first of them, in one go.
func TestOpensOfLinksAreStoredTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := make(chan map[string]opened, 3) // one more than should come
		o := opens{store: func(counts map[string]opened) { stored <- counts }}
		for range 3 {
			o.count("a")
			time.Sleep(opensWindow / 4)
		}
		if len(stored) != 0 {
			t.Errorf("stored before its time: %v", <-stored)
		}
		time.Sleep(opensWindow)
		o.count("b")
		o.stop()
		if len(stored) != 2 {
			t.Fatalf("stored %d times", len(stored))
		}
		if first, second := <-stored, <-stored; first["a"].times != 3 || second["b"].times != 1 || len(second) != 1 {
			t.Errorf("%v, then %v", first, second)
		}
	})
}
