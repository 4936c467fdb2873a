package store_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// fill makes n tasks of every status and processor, with 400 bytes of text each, one a second up to now. The last words
// of one in a thousand are its own. One in a hundred is public; half of them are of one owner, the others of a thousand
// owners. The engines pad a number each in its own way.
const fill = `WITH RECURSIVE i(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM i WHERE n < CAST($1 AS BIGINT))
	INSERT INTO task (id, status, processor, upstream, mode, preview, run_id, interaction_id, created_at, updated_at, completed_at, epoch, last_seq, version,
		submission, progress, activity, has_result, cancel_requested, tags, owner, visibility)
	SELECT %s, CASE n %% 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' WHEN 2 THEN 'running' ELSE 'completed' END,
		CASE n %% 9 WHEN 0 THEN 'lite' WHEN 1 THEN 'base' WHEN 2 THEN 'ultra8x' ELSE 'pro' END, CASE n %% 3 WHEN 0 THEN 'parallel' ELSE 'simulator' END,
		CASE n %% 4 WHEN 0 THEN 'json' ELSE 'text' END, 'What is known of company ' || n || '?', 'trun_' || n, 'trun_' || n, CAST($2 AS BIGINT) + n * 1000, CAST($2 AS BIGINT) + n * 1000,
		CASE n %% 50 WHEN 2 THEN NULL ELSE CAST($2 AS BIGINT) + n * 1000 + 60000 END, 1, 60, 60, 'done', '{}', '{}', TRUE, FALSE, '[]',
		CASE n %% 2 WHEN 0 THEN 'many' ELSE 'few' || n / 2 %% 1000 END, CASE n %% 100 WHEN 3 THEN 'public' ELSE 'private' END FROM i`

const fillSearch = `INSERT INTO task_search (task_num, input, output)
	SELECT num, 'what is known of company ' || num || '?', CASE WHEN num % 1000 = 0 THEN 'seldom ' ELSE '' END ||
		substr('the count differs between the two sources, and nobody has said why. the register of the harbour lists more of them than the office does. ' ||
		'a survey of the year before found fewer, but asked other people. what is certain is the order of events, not their number. ' ||
		'the newest figures are those of the port, which counts ships and not those who work on them.', 1, 380) FROM task`

var tasks = flag.Int("tasks", 1_000_000, "how many tasks BenchmarkMillion lists")

// BenchmarkMillion is how long pages of a list of 1,000,000 tasks take, or of -tasks, on either engine:
//
//	go test ./internal/store -run '^$' -bench Million -benchtime 20x
func BenchmarkMillion(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkMillion(b, filepath.Join(b.TempDir(), "million.db"), `printf('t%025d', n)`)
	})
	b.Run("postgres", func(b *testing.B) { benchmarkMillion(b, pgtest.Database(b), `'t' || lpad(n::text, 25, '0')`) })
}

func benchmarkMillion(b *testing.B, database, id string) {
	n := *tasks
	s, err := store.Open(b.Context(), store.Config{Database: database, Announce: func([]taskyard.Announcement) {}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	begin := time.Now().Add(-time.Duration(n) * time.Second).UnixMilli()
	if _, err := s.WriteDB().Exec(fmt.Sprintf(fill, id), n, begin); err != nil {
		b.Fatal(err)
	}
	for _, text := range []string{fillSearch, `INSERT INTO task_tag (tag, task_num) SELECT 'rare', num FROM task WHERE num % 10000 = 0`, `INSERT INTO task_tag (tag, task_num) SELECT 'common', num FROM task WHERE num % 3 = 0`,
		`INSERT INTO task_metadata (key, value, task_num) SELECT 'team', 'red', num FROM task WHERE num % 3 = 1`} {
		if _, err := s.WriteDB().Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	if store.IsPostgres(database) { // as it does by itself in time; nothing does on SQLite
		if _, err := s.WriteDB().Exec(`ANALYZE`); err != nil {
			b.Fatal(err)
		}
	}
	deep := taskyard.Cursor{CreatedAt: begin + int64(n)*500, Num: int64(n) / 2}
	stranger, few, many := "", "few7", "many"
	for _, q := range []struct {
		name  string
		query taskyard.TaskQuery
	}{
		{"the first page", taskyard.TaskQuery{}},
		{"a page in the middle", taskyard.TaskQuery{After: deep}},
		{"two statuses", taskyard.TaskQuery{Statuses: []taskyard.Status{"failed", "cancelled"}}},
		{"a processor in the middle", taskyard.TaskQuery{Processors: []string{"ultra8x"}, After: deep}},
		{"an upstream and a mode", taskyard.TaskQuery{Upstream: "parallel", Mode: "json"}},
		{"a rare tag", taskyard.TaskQuery{Tags: []string{"rare"}}},
		{"a common tag", taskyard.TaskQuery{Tags: []string{"common"}}},
		{"metadata of a third", taskyard.TaskQuery{Metadata: map[string]string{"team": "red"}}},
		{"days in the middle", taskyard.TaskQuery{Since: time.UnixMilli(begin + int64(n)*400), Until: time.UnixMilli(begin + int64(n)*500)}},
		{"a word that is common", taskyard.TaskQuery{Search: "harbour"}},
		{"a word of one in a thousand", taskyard.TaskQuery{Search: "seldom"}},
		{"a word that is nowhere", taskyard.TaskQuery{Search: "nowhere"}},
		{"what is public", taskyard.TaskQuery{VisibleTo: &stranger}},
		{"of what is public a status", taskyard.TaskQuery{VisibleTo: &stranger, Statuses: []taskyard.Status{"failed"}}},
		{"of what is public a processor", taskyard.TaskQuery{VisibleTo: &stranger, Processors: []string{"base"}}},
		{"what one sees who has few", taskyard.TaskQuery{VisibleTo: &few}},
		{"of what one sees who has few a status", taskyard.TaskQuery{VisibleTo: &few, Statuses: []taskyard.Status{"failed"}}},
		{"of what one sees who has few two statuses and a processor", taskyard.TaskQuery{VisibleTo: &few, Statuses: []taskyard.Status{"failed", "cancelled"}, Processors: []string{"lite"}}},
		{"of what one sees who has many a status", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"failed"}}},
		{"of what one sees who has many a status that is nowhere", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"running"}, Processors: []string{"nowhere"}}},
		{"of what one sees who has many a status that only others have", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"cancelled"}}},
	} {
		q.query.Limit = 50
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Tasks(b.Context(), q.query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
