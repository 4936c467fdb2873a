package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testName(t *testing.T, open Open) {
	call := func(title string) *string { return &title }
	t.Run("a name and tags are kept, found and filtered by", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i, id := range []string{"one", "two", "three"} {
			d := draft(id)
			d.CreatedAt = start.Add(time.Duration(i) * time.Second)
			mustCreate(t, s, d)
		}
		before := get(t, s, "one")
		named, err := s.Name(t.Context(), "one", taskyard.Naming{Title: call(" Straßen \n von Rom"), Tags: []string{"b", " a  c ", "", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, named.Title, "Straßen von Rom")
		wantEqual(t, named.Tags, []string{"a c", "b"})
		wantEqual(t, named.Version, before.Version+1)
		wantEqual(t, get(t, s, "one"), named)
		if _, err := s.Name(t.Context(), "two", taskyard.Naming{Tags: []string{"b"}}); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Search: "STRASSEN VON"}), []string{"one"})
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Tags: []string{"b"}}), []string{"two", "one"})
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Tags: []string{"b", "a c"}}), []string{"one"})
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Tags: []string{"c"}}), []string(nil))
	})
	t.Run("what is not named stays, and what is emptied goes", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		for _, n := range []taskyard.Naming{{Title: call("x"), Tags: []string{"a"}}, {}, {Title: call("y")}} {
			if _, err := s.Name(t.Context(), "one", n); err != nil {
				t.Fatal(err)
			}
		}
		wantEqual(t, get(t, s, "one").Title, "y")
		wantEqual(t, get(t, s, "one").Tags, []string{"a"})
		cleared, err := s.Name(t.Context(), "one", taskyard.Naming{Title: call(""), Tags: []string{}})
		if err != nil || cleared.Title != "" || len(cleared.Tags) != 0 {
			t.Errorf("%+v, %v", cleared, err)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Tags: []string{"a"}}), []string(nil))
	})
	t.Run("an owner's writes go on, and a deleted task leaves no tag", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		owner := take(t, s, "one")
		if _, err := s.Name(t.Context(), "one", taskyard.Naming{Title: call("x"), Tags: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
		owner.settle(start)
		wantEqual(t, get(t, s, "one").Title, "x")
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Limit: 1, Tags: []string{"a"}}), []string(nil))
	})
	t.Run("bounds are told, and an unknown task is not found", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		for field, n := range map[string]taskyard.Naming{
			"title": {Title: call(strings.Repeat("ü", taskyard.MaxTitle+1))},
			"tags":  {Tags: []string{strings.Repeat("ü", taskyard.MaxTagLength+1)}},
		} {
			_, err := s.Name(t.Context(), "one", n)
			wantCode(t, err, taskyard.CodeInvalid)
			wantEqual(t, err.(*taskyard.Error).Field, field)
		}
		_, err := s.Name(t.Context(), "one", taskyard.Naming{Tags: []string{"a,b"}})
		wantCode(t, err, taskyard.CodeInvalid)
		_, err = s.Name(t.Context(), "one", taskyard.Naming{Tags: strings.Split(strings.Repeat("a b c d e ", 5)+"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", " ")})
		wantCode(t, err, taskyard.CodeInvalid)
		_, err = s.Name(t.Context(), "nobody", taskyard.Naming{Title: call("x")})
		wantCode(t, err, taskyard.CodeNotFound)
	})
}
