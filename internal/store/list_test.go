package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestListsAreReadInOrderFromAnIndex(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	now := time.Now()
	cursor := taskyard.Cursor{CreatedAt: now.UnixMilli(), Num: 7}
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
		{"search", taskyard.TaskQuery{Search: "words"}, "task_by_time"},
		{"search in a status", taskyard.TaskQuery{Search: "words", Statuses: []taskyard.Status{"running"}}, "task_by_status (status=?)"},
		{"everything", taskyard.TaskQuery{Search: "words", Statuses: []taskyard.Status{"running"}, Processors: []string{"core"}, Upstream: "parallel", Since: now, Until: now, After: cursor}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.query.Limit = 50
			text, args, err := listQuery(row.query, nil)
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
