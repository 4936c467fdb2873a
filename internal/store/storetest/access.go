package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testAccess(t *testing.T, open Open) {
	t.Run("a task has its owner, and may be read by all unless it says otherwise", func(t *testing.T) {
		s := fresh(t, open, Options{})
		d := draft("one")
		d.Owner = "ada"
		if task := mustCreate(t, s, d); task.Owner != "ada" || task.Visibility != taskyard.Public {
			t.Errorf("%q, %q", task.Owner, task.Visibility)
		}
		before := get(t, s, "one")
		shown, err := s.Show(t.Context(), "one", taskyard.Private)
		if err != nil || shown.Visibility != taskyard.Private || shown.Version != before.Version+1 {
			t.Errorf("%+v, %v", shown, err)
		}
		wantEqual(t, get(t, s, "one"), shown)
		_, err = s.Show(t.Context(), "one", "sometimes")
		wantCode(t, err, taskyard.CodeInvalid)
		_, err = s.Show(t.Context(), "nobody", taskyard.Public)
		wantCode(t, err, taskyard.CodeNotFound)
	})
	t.Run("a list shows what is public and one's own", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i := range 40 {
			d := draft(fmt.Sprint("t", i))
			d.CreatedAt = start.Add(time.Duration(i) * time.Second)
			d.Owner = []string{"ada", "bob", ""}[i%3]
			d.Visibility = []taskyard.Visibility{taskyard.Public, taskyard.Private}[i/3%2]
			d.Processor = []string{"core", "lite"}[i%2]
			mustCreate(t, s, d)
		}
		for _, owner := range []string{"ada", "bob", "", "stranger"} {
			for _, q := range []taskyard.TaskQuery{{}, {Processors: []string{"core"}}, {Processors: []string{"core", "lite"}, Statuses: []taskyard.Status{"pending", "failed"}}, {Owner: "ada"}, {Search: "lighthouses"}} {
				q.VisibleTo, q.Limit = &owner, 7
				var got []string
				for more := true; more; more = !q.After.IsZero() {
					page, err := s.Tasks(t.Context(), q)
					if err != nil {
						t.Fatal(err)
					}
					for _, task := range page.Tasks {
						got = append(got, task.ID)
					}
					q.After = page.Next
				}
				var want []string
				for i := 39; i >= 0; i-- {
					task := get(t, s, fmt.Sprint("t", i))
					seen := task.Visibility == taskyard.Public || owner != "" && task.Owner == owner
					if seen && (len(q.Processors) == 0 || slices.Contains(q.Processors, task.Processor)) && (q.Owner == "" || q.Owner == task.Owner) {
						want = append(want, task.ID)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%q, %+v:\ngot  %v\nwant %v", owner, q, got, want)
				}
			}
		}
	})
}
