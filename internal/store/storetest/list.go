package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// walk reads a list page by page and returns its ids.
func walk(t *testing.T, s taskyard.Store, q taskyard.TaskQuery) []string {
	t.Helper()
	var ids []string
	for {
		page, err := s.Tasks(t.Context(), q)
		if err != nil {
			t.Fatalf("Tasks(%+v): %v", q, err)
		}
		if len(page.Tasks) > q.Limit {
			t.Fatalf("a page of %d tasks, limit %d", len(page.Tasks), q.Limit)
		}
		for _, task := range page.Tasks {
			ids = append(ids, task.ID)
		}
		if page.Next.IsZero() {
			return ids
		}
		q.After = page.Next
	}
}

func testList(t *testing.T, open Open) {
	t.Run("newest first, ties by number", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i, offset := range []int{0, 5, 5, 5, 3} { // the last comes late with an earlier time
			d := draft(fmt.Sprint(i))
			d.CreatedAt = start.Add(time.Duration(offset) * time.Millisecond)
			mustCreate(t, s, d)
		}
		for limit := 1; limit <= 6; limit++ {
			wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: limit}), []string{"3", "2", "1", "4", "0"})
		}
	})
	t.Run("tasks of a list read as tasks do", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		take(t, s, "one").settle(start.Add(time.Second))
		page, err := s.Tasks(t.Context(), taskyard.TaskQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, page, taskyard.TaskPage{Tasks: []taskyard.Task{get(t, s, "one")}})
	})
	t.Run("by metadata", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i, metadata := range []map[string]string{{"team": "a", "n": "1"}, {"team": "b"}, {"team": "a", strings.Repeat("k", 17): "left out"}, nil} {
			d := draft(fmt.Sprint(i))
			d.Metadata, d.CreatedAt = metadata, start.Add(time.Duration(i)*time.Second)
			mustCreate(t, s, d)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Metadata: map[string]string{"team": "a"}}), []string{"2", "0"})
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Metadata: map[string]string{"team": "a", "n": "1"}}), []string{"0"})
		if err := s.Delete(t.Context(), "0"); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Metadata: map[string]string{"n": "1"}}), []string(nil))
	})
	t.Run("by the output that was asked for", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i, mode := range []string{"text", "json", "text"} {
			d := draft(fmt.Sprint(i))
			d.Mode, d.CreatedAt = mode, start.Add(time.Duration(i)*time.Second)
			mustCreate(t, s, d)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Mode: "text"}), []string{"2", "0"})
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Mode: "json"}), []string{"1"})
	})
	t.Run("new tasks do not shift the pages of a reader", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i := range 10 {
			d := draft(fmt.Sprint("old", i))
			d.CreatedAt = start.Add(time.Duration(i) * time.Second)
			mustCreate(t, s, d)
		}
		q := taskyard.TaskQuery{Limit: 3}
		var seen []string
		for i := 0; ; i++ {
			page, err := s.Tasks(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range page.Tasks {
				seen = append(seen, task.ID)
			}
			if q.After = page.Next; q.After.IsZero() {
				break
			}
			d := draft(fmt.Sprint("new", i))
			d.CreatedAt = start.Add(time.Hour)
			mustCreate(t, s, d)
		}
		wantEqual(t, seen, []string{"old9", "old8", "old7", "old6", "old5", "old4", "old3", "old2", "old1", "old0"})
	})
	t.Run("limits outside of 1 to the maximum are refused", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for _, limit := range []int{-1, 0, taskyard.MaxPage + 1} {
			_, err := s.Tasks(t.Context(), taskyard.TaskQuery{Limit: limit})
			wantCode(t, err, taskyard.CodeInvalid)
		}
	})
	t.Run("filters", func(t *testing.T) { testFilters(t, open) })
}

// testFilters compares every combination of filters with what a loop over all tasks would find.
func testFilters(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	var all []taskyard.Task
	statuses := []taskyard.Status{"pending", "running", "completed", "a status of the future"}
	processors := []string{"lite", "core", "pro-fast"}
	for i := range 60 {
		d := draft(fmt.Sprint("task", i))
		d.Processor = processors[i%3]
		d.Upstream = []string{"parallel", "simulator"}[i%5%2]
		d.CreatedAt = start.Add(time.Duration(i/2) * time.Second)
		mustCreate(t, s, d)
		if status := statuses[i%4]; status != taskyard.StatusPending {
			take(t, s, d.ID).must(taskyard.Change{Status: &status})
		}
		all = append(all, get(t, s, d.ID))
	}
	slices.Reverse(all)

	many := make([]taskyard.Status, 40) // more than there are; pairs beyond what is walked side by side
	for i := range many {
		many[i] = taskyard.Status(fmt.Sprint("unheard of ", i))
	}
	many[7] = "running"
	for _, status := range [][]taskyard.Status{nil, {"running"}, {"running", "pending", "running"}, {"a status of the future", "failed"}, many} {
		for _, processor := range [][]string{nil, {"core"}, {"core", "pro-fast"}, {"ultra"}} {
			for _, upstream := range []string{"", "simulator"} {
				for _, span := range [][2]time.Time{{}, {start.Add(5 * time.Second), start.Add(20 * time.Second)}} {
					q := taskyard.TaskQuery{Statuses: status, Processors: processor, Upstream: upstream, Since: span[0], Until: span[1], Limit: 7}
					var want []string
					for _, task := range all {
						if matches(task, q) {
							want = append(want, task.ID)
						}
					}
					if got := walk(t, s, q); !slices.Equal(got, want) {
						t.Fatalf("%+v\ngot  %v\nwant %v", q, got, want)
					}
				}
			}
		}
	}
	_, err := s.Tasks(t.Context(), taskyard.TaskQuery{Limit: 1, Processors: make([]string, 1000)})
	if err != nil {
		t.Fatalf("a thousand times the same processor: %v", err)
	}
	_, err = s.Tasks(t.Context(), taskyard.TaskQuery{Limit: 1, Statuses: append(many, many2()...)})
	wantCode(t, err, taskyard.CodeInvalid)
}

func many2() []taskyard.Status {
	list := make([]taskyard.Status, 1000)
	for i := range list {
		list[i] = taskyard.Status(fmt.Sprint("more ", i))
	}
	return list
}

func matches(task taskyard.Task, q taskyard.TaskQuery) bool {
	return (len(q.Statuses) == 0 || slices.Contains(q.Statuses, task.Status)) &&
		(len(q.Processors) == 0 || slices.Contains(q.Processors, task.Processor)) &&
		(q.Upstream == "" || q.Upstream == task.Upstream) &&
		(q.Since.IsZero() || !task.CreatedAt.Before(q.Since)) &&
		(q.Until.IsZero() || task.CreatedAt.Before(q.Until))
}
