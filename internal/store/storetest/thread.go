package storetest

import (
	"encoding/json"
	"fmt"
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
		tasks, err := s.Thread(t.Context(), id)
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
	_, err := s.Thread(t.Context(), "nobody")
	wantCode(t, err, taskyard.CodeNotFound)
	add("selfish", "parallel", "is", "is") // upstream makes none, and a walk must end all the same
	wantEqual(t, ids("selfish"), "selfish")
}

func testTemplates(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	template := func(i int) taskyard.Template {
		return taskyard.Template{ID: fmt.Sprint("t", i), Name: fmt.Sprint(" My  name ", i), Upstream: "parallel", Request: json.RawMessage(`{ "input" : "x" }`), CreatedAt: start.Add(time.Duration(i) * time.Second)}
	}
	for i := range 3 {
		if err := s.SaveTemplate(t.Context(), template(i)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Templates(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	want := template(2)
	want.Name = "My name 2"
	wantEqual(t, list[0], want)
	if err := s.DeleteTemplate(t.Context(), "t1"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.DeleteTemplate(t.Context(), "t1"), taskyard.CodeNotFound)
	nameless := template(9)
	nameless.Name = " "
	wantCode(t, s.SaveTemplate(t.Context(), nameless), taskyard.CodeInvalid)
	for i := 10; ; i++ {
		if err := s.SaveTemplate(t.Context(), template(i)); err != nil {
			wantCode(t, err, taskyard.CodeInvalid)
			break
		}
		if i > 10+taskyard.MaxTemplates {
			t.Fatal("templates without bound")
		}
	}
}
