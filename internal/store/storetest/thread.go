package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testThread(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	add := func(id, upstream, interaction, previous string) {
		d := draft(id)
		d.Upstream, d.RunID, d.InteractionID, d.Previous = upstream, "run-"+id, interaction, previous
		d.CreatedAt = start.Add(time.Duration(len(id)) * time.Second)
		mustCreate(t, s, d)
	}
	add("a", "parallel", "ia", "")
	add("bb", "parallel", "ib", "ia")
	add("ccc", "parallel", "ic", "run-bb") // by the name of the run, as older clients do
	add("dddd", "parallel", "id", "ia")
	add("other", "simulator", "ia", "")
	add("orphan", "parallel", "io", "ia-that-is-gone")
	ids := func(id string) string {
		tasks, err := s.Thread(t.Context(), id, nil)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, task := range tasks {
			list = append(list, task.ID)
		}
		return strings.Join(list, " ")
	}
	for _, id := range []string{"a", "bb", "ccc", "dddd"} {
		wantEqual(t, ids(id), "a bb ccc dddd")
	}
	wantEqual(t, ids("other"), "other")
	wantEqual(t, ids("orphan"), "orphan")
	wantEqual(t, get(t, s, "bb").Previous, "ia")
	_, err := s.Thread(t.Context(), "nobody", nil)
	wantCode(t, err, taskyard.CodeNotFound)
	add("selfish", "parallel", "is", "is") // upstream makes none, and a walk must end all the same
	wantEqual(t, ids("selfish"), "selfish")
}

// What strangers hang on to a task, seen or not, takes no place from what its reader may see and has.
func testThreadOfOthers(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	n := 0
	add := func(id, owner, previous string, v taskyard.Visibility) {
		d := draft(id)
		d.Upstream, d.RunID, d.InteractionID, d.Previous, d.Owner, d.Visibility = "parallel", "run-"+id, "i-"+id, previous, owner, v
		d.CreatedAt = start.Add(time.Duration(n) * time.Second)
		n++
		mustCreate(t, s, d)
	}
	add("root", "ada", "", taskyard.Public)
	for i := range 60 {
		add(fmt.Sprint("hidden", i), "bob", "i-root", taskyard.Private)
	}
	add("seen", "bob", "i-root", taskyard.Public)
	add("of-hidden", "bob", "i-hidden0", taskyard.Public)
	ada, bob, nobody := "ada", "bob", ""
	thread := func(id string, visibleTo *string) (list []string) {
		tasks, err := s.Thread(t.Context(), id, visibleTo)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			list = append(list, task.ID)
		}
		return list
	}
	wantEqual(t, thread("root", &ada), []string{"root", "seen"})
	wantEqual(t, thread("root", &nobody), []string{"root", "seen"})
	wantEqual(t, thread("of-hidden", &ada), []string{"of-hidden"})
	wantEqual(t, len(thread("root", &bob)), 50)
	wantEqual(t, len(thread("root", nil)), 50)
	for i := range 60 {
		add(fmt.Sprint("loud", i), "bob", "i-root", taskyard.Public)
	}
	add("own", "ada", "i-root", taskyard.Private)
	add("own-public", "ada", "i-root", taskyard.Public)
	list := thread("root", &ada)
	if len(list) != 50 || list[0] != "root" || !slices.Contains(list, "own") || !slices.Contains(list, "own-public") {
		t.Errorf("%d tasks: %q", len(list), list)
	}
}

func testTemplates(t *testing.T, open Open) {
	template := func(i int, owner string, v taskyard.Visibility) taskyard.Template {
		return taskyard.Template{
			ID: fmt.Sprint(owner, i), Name: fmt.Sprint(" My  name ", i), Upstream: "parallel", Request: json.RawMessage(`{ "input" : "x" }`),
			CreatedAt: start.Add(time.Duration(i) * time.Second), Owner: owner, Visibility: v,
		}
	}
	save := func(t *testing.T, s taskyard.Store, template taskyard.Template) {
		t.Helper()
		if err := s.SaveTemplate(t.Context(), template); err != nil {
			t.Fatal(err)
		}
	}
	ids := func(list []taskyard.Template, err error) (ids []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, template := range list {
			ids = append(ids, template.ID)
		}
		return ids
	}
	t.Run("one's own, and what others keep for all", func(t *testing.T) {
		s := fresh(t, open, Options{})
		save(t, s, template(1, "ada", ""))
		save(t, s, template(2, "ada", taskyard.Private))
		save(t, s, template(3, "bob", taskyard.Public))
		save(t, s, template(4, "bob", taskyard.Private))
		save(t, s, template(5, "", ""))
		wantEqual(t, ids(s.Templates(t.Context(), "ada")), []string{"ada2", "ada1"})
		wantEqual(t, ids(s.TeamTemplates(t.Context(), "ada")), []string{"5", "bob3"})
		wantEqual(t, ids(s.Templates(t.Context(), "")), []string{"5"})
		want := template(1, "ada", taskyard.Public)
		want.Name = "My name 1"
		got, err := s.Template(t.Context(), "ada1")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, want)
		if err := s.DeleteTemplate(t.Context(), "ada1"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.DeleteTemplate(t.Context(), "ada1"), taskyard.CodeNotFound)
		_, err = s.Template(t.Context(), "ada1")
		wantCode(t, err, taskyard.CodeNotFound)
		nameless := template(9, "ada", "")
		nameless.Name = " "
		wantCode(t, s.SaveTemplate(t.Context(), nameless), taskyard.CodeInvalid)
	})
	t.Run("nobody fills what others have", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for i := range taskyard.MaxTemplates {
			save(t, s, template(i, "ada", ""))
		}
		wantCode(t, s.SaveTemplate(t.Context(), template(taskyard.MaxTemplates, "ada", "")), taskyard.CodeInvalid)
		save(t, s, template(0, "bob", ""))
		save(t, s, template(0, taskyard.VisitorPrefix+"one", taskyard.Private))
	})
}
