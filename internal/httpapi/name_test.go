package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func (s *server) patch(t *testing.T, target, body string) (status int, answer string) {
	t.Helper()
	r := newRequest("PATCH", target, body)
	r.Header.Set("Content-Type", "application/json")
	w := s.do(t, r)
	return w.Code, w.Body.String()
}

func TestATaskIsNamed(t *testing.T) {
	s := newServer()
	task := s.add(1)
	status, answer := s.patch(t, "/api/tasks/"+task.ID, `{"title":" A\nname ","tags":["b","a","b"]}`)
	if status != http.StatusOK || !strings.Contains(answer, `"title":"A name","tags":["a","b"]`) {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer = s.patch(t, "/api/tasks/"+task.ID, `{"title":null}`); status != http.StatusOK || !strings.Contains(answer, `"title":null,"tags":["a","b"]`) {
		t.Errorf("%d %s", status, answer)
	}
	if w := s.get(t, "/api/tasks?tag=a&tag=b"); w.Code != http.StatusOK || !slices.Equal(s.queries[len(s.queries)-1].Tags, []string{"a", "b"}) {
		t.Errorf("%d, asked for %+v", w.Code, s.queries)
	}
}

func TestNamesThatAreNoneAreRefused(t *testing.T) {
	s := newServer()
	target := "/api/tasks/" + s.add(1).ID
	for body, field := range map[string]string{
		`{"title":1}`: "title", `{"tags":"a"}`: "tags", `{"tags":[1]}`: "tags", `{"tags":null}`: "tags", `{"name":"x"}`: "name",
		`{"tags":["a,b"]}`: "tags", `{"title":"` + strings.Repeat("x", taskyard.MaxTitle+1) + `"}`: "title",
	} {
		r := newRequest("PATCH", target, body)
		r.Header.Set("Content-Type", "application/json")
		w := s.do(t, r)
		if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Field != field {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if status, answer := s.patch(t, "/api/tasks/"+taskyard.NewID(), `{}`); status != http.StatusNotFound {
		t.Errorf("%d %s", status, answer)
	}
}
