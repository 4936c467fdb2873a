package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestListsAreReadInOrderFromAnIndex(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	now := time.Now()
	cursor := taskyard.Cursor{CreatedAt: now.UnixMilli(), Num: 7}
	ada, nobody := "ada", ""
	many := make([]string, 90)
	for i := range many {
		many[i] = fmt.Sprint("processor", i)
	}
	for _, row := range []struct {
		name  string
		query taskyard.TaskQuery
		index string
	}{
		{"all", taskyard.TaskQuery{}, "task_by_time"},
		{"next page", taskyard.TaskQuery{After: cursor}, "task_by_time (created_at<?)"},
		{"time range", taskyard.TaskQuery{Since: now, Until: now}, "task_by_time (created_at>? AND created_at<?)"},
		{"one status", taskyard.TaskQuery{Statuses: []taskyard.Status{"running"}, After: cursor}, "task_by_status (status=? AND created_at<?)"},
		{"one processor", taskyard.TaskQuery{Processors: []string{"core"}, After: cursor}, "task_by_processor (processor=? AND created_at<?)"},
		{"status and processor", taskyard.TaskQuery{Statuses: []taskyard.Status{"running"}, Processors: []string{"core"}}, "task_by_status_processor (status=? AND processor=?)"},
		{"upstream", taskyard.TaskQuery{Upstream: "parallel", After: cursor}, "task_by_upstream (upstream=? AND created_at<?)"},
		{"several statuses", taskyard.TaskQuery{Statuses: []taskyard.Status{"running", "queued", "pending"}, After: cursor}, "task_by_status (status=? AND created_at<?)"},
		{"several of both", taskyard.TaskQuery{Statuses: []taskyard.Status{"running", "queued"}, Processors: []string{"core", "lite"}}, "task_by_status_processor (status=? AND processor=?)"},
		{"more than are walked side by side", taskyard.TaskQuery{Processors: many, After: cursor}, "task_by_time (created_at<?)"},
		{"what one sees", taskyard.TaskQuery{VisibleTo: &ada, After: cursor}, "task_by_audience (<expr>=? AND created_at<?)"},
		{"what is public of a status", taskyard.TaskQuery{VisibleTo: &nobody, Statuses: []taskyard.Status{"running"}}, "task_by_audience_status (<expr>=? AND status=?)"},
		{"what one sees of two processors", taskyard.TaskQuery{VisibleTo: &ada, Processors: []string{"core", "lite"}, After: cursor}, "task_by_audience_processor (<expr>=? AND processor=? AND created_at<?)"},
		{"what one sees of both", taskyard.TaskQuery{VisibleTo: &ada, Statuses: []taskyard.Status{"running"}, Processors: []string{"core"}}, "task_by_audience_status_processor (<expr>=? AND status=? AND processor=?)"},
		{"search", taskyard.TaskQuery{Search: "words"}, "task_by_time"},
		{"search in a status", taskyard.TaskQuery{Search: "words", Statuses: []taskyard.Status{"running"}}, "task_by_status (status=?)"},
		{"everything", taskyard.TaskQuery{Search: "words", Statuses: []taskyard.Status{"running"}, Processors: []string{"core"}, Upstream: "parallel", Since: now, Until: now, After: cursor}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.query.Limit = 50
			text, args, err := listQuery(row.query, nil, false)
			if err != nil {
				t.Fatal(err)
			}
			plan := explain(t, s, text, args...)
			tasks := 0
			for _, step := range plan {
				if strings.Contains(step, "TEMP B-TREE") {
					t.Errorf("it sorts: %v", plan)
				}
				if strings.Contains(step, " task ") {
					tasks++
					if !strings.Contains(step, "USING INDEX task_by_") || !strings.HasSuffix(step, row.index) {
						t.Errorf("step %q, want %s", step, row.index)
					}
				}
			}
			if tasks == 0 {
				t.Errorf("no step reads tasks: %v", plan)
			}
		})
	}
}

func TestReadsOfOneTaskAreSearches(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	for text, args := range map[string][]any{
		selectTask:     {"id"},
		selectDocument: {"id"},
		selectEvents:   {1, 2, 3, 4},
		takeTask:       {"id"},
		advance:        {1, 2, 3, 4, 5, 6},
		`DELETE FROM idempotency WHERE task_num = $1`: {1},
	} {
		for _, step := range explain(t, s, text, args...) {
			if strings.Contains(step, "SCAN") && step != "SCAN CONSTANT ROW" || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%.40s…: %s", text, step)
			}
		}
	}
}

func TestThreadsAreReadInOrderFromAnIndex(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	ada := "ada"
	want := map[string]string{selectInteraction: "task_by_interaction (interaction_id=?)", selectRun: "task_by_run (run_id=?)"}
	for _, visibleTo := range []*string{nil, &ada} {
		for _, query := range followerQueries(visibleTo) {
			want[query] = "task_by_previous_visibility (previous=? AND visibility=?)"
			if strings.Contains(query, "$4") {
				want[query] = "task_by_previous_owner (previous=? AND owner=?)"
			}
		}
	}
	for query, index := range want {
		plan := explain(t, s, query, []any{"run", "parallel", 9, ada}[:strings.Count(query, "$")]...)
		if len(plan) != 1 || !strings.HasSuffix(plan[0], index) {
			t.Errorf("%s: %q, want %s", query, plan, index)
		}
	}
}

// explain returns the steps of SQLite's plan for a query.
func explain(t *testing.T, s *Store, text string, args ...any) (steps []string) {
	t.Helper()
	rows, err := s.write.Query(`EXPLAIN QUERY PLAN `+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

// On PostgreSQL too, several statuses do not read every task that has them, and a search does not read every text.
func TestListsOnPostgresUseIndexes(t *testing.T) {
	s := open(t, Config{Database: pgtest.Database(t)})
	defer closeStore(t, s)
	for _, statement := range []string{
		`INSERT INTO task (id, status, processor, upstream, mode, preview, run_id, interaction_id, created_at, updated_at, epoch, last_seq, version,
			submission, progress, activity, has_result, cancel_requested) SELECT 'task' || n, CASE n % 3 WHEN 0 THEN 'failed' WHEN 1 THEN 'running' ELSE 'completed' END,
			'core', 'parallel', 'auto', '', '', '', n, 2 * n, 1, 1, 1, 'done', '{}', '{}', FALSE, FALSE FROM generate_series(1, 5000) AS n`,
		`INSERT INTO task_search (task_num, input, output) SELECT num, 'what is known of company ' || md5(id), repeat('words of an answer ', 20) FROM task`,
		`ANALYZE`,
	} {
		if _, err := s.write.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name  string
		query taskyard.TaskQuery
		want  string
		times int
	}{
		{"two statuses", taskyard.TaskQuery{Statuses: []taskyard.Status{"failed", "running"}}, "Limit", 3}, // one each, and one of the page
		{"a word", taskyard.TaskQuery{Search: "nowhere"}, "task_search_by_trigrams", 3},                    // input, output, title
	} {
		row.query.Limit = 50
		text, args, err := listQuery(row.query, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := s.read.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off`); err != nil { // cheaper for so few
			t.Fatal(err)
		}
		rows, err := tx.Query(`EXPLAIN `+text, args...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, line)
		}
		if err := errors.Join(rows.Err(), rows.Close(), tx.Rollback()); err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(plan, "\n")
		if found := strings.Count(whole, row.want); found != row.times {
			t.Errorf("%s: %d times %q in\n%s", row.name, found, row.want, whole)
		}
	}
}

// Where the extension cannot be made the schema is brought up to date all the same.
func TestPostgresWithoutTrigrams(t *testing.T) {
	url := pgtest.Database(t)
	admin := open(t, Config{Database: url})
	defer closeStore(t, admin)
	// A user who may make tables, in a schema of its own, but nothing in the database.
	for _, statement := range []string{
		`DROP EXTENSION pg_trgm CASCADE`, `DROP ROLE IF EXISTS plain`, `CREATE ROLE plain LOGIN`, `CREATE SCHEMA plain AUTHORIZATION plain`,
		`ALTER ROLE plain SET search_path = plain`,
	} {
		if _, err := admin.write.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, Config{Database: strings.Replace(url, "taskyard@", "plain@", 1)})
	newTask(t, s, "one")
	page, err := s.Tasks(t.Context(), taskyard.TaskQuery{Search: "nowhere", Limit: 10})
	if err != nil || len(page.Tasks) != 0 {
		t.Errorf("%v, %v", page, err)
	}
	closeStore(t, s)
	for _, statement := range []string{`DROP OWNED BY plain CASCADE`, `DROP ROLE plain`} {
		if _, err := admin.write.Exec(statement); err != nil {
			t.Error(err)
		}
	}
}
