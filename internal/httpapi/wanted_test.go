package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/taskyard/taskyard"
)

// its is an event of one of several tasks.
func its(id string, g got) got {
	return got{name: "event", data: fmt.Sprintf(`{"id":%q,"event":%s}`, id, g.data)}
}

func TestOneStreamCarriesTheLogsOfSeveralTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		one, two := b.add(3), b.add(0)
		s := b.open(t, "/api/events?list=false&follow="+one.ID+".2&follow="+two.ID+".0")
		s.expect(connected, its(one.ID, plan(3)))
		synctest.Wait()
		b.say(two.ID, "task_run.progress_msg.plan", `{"message":"step 1"}`)
		s.expect(its(two.ID, plan(1)))
		b.settle(one.ID)
		s.expect(its(one.ID, settled(4)), got{name: "ended", data: `{"id":"` + one.ID + `","status":"completed","lastSeq":4}`})
		must(b.Delete(t.Context(), two.ID))
		s.expect(got{name: "gone", data: `{"id":"` + two.ID + `"}`}, beat, beat)
	})
}

func TestAListAndALogShareAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(1)
		nobody := taskyard.NewID()
		s := b.open(t, "/api/events?follow="+task.ID+".1,"+nobody+".0")
		s.expect(connected, got{name: "gone", data: `{"id":"` + nobody + `"}`})
		synctest.Wait()
		b.say(task.ID, "task_run.progress_msg.plan", `{"message":"step 2"}`)
		list := b.get(t, "/api/tasks").Body.String()
		want := map[got]bool{its(task.ID, plan(2)): true, {name: "task", data: strings.Trim(strings.TrimSpace(list), "[]")}: true}
		for range 2 {
			if g, err := s.next(); err != nil || !want[g] {
				t.Errorf("got %+v, %v", g, err)
			}
		}
	})
}

func TestWhatCannotBeFollowedIsRefused(t *testing.T) {
	s := newServer()
	id := s.add(1).ID
	for _, query := range []string{
		"follow=" + id, "follow=" + id + ".x", "follow=" + id + ".-1", "follow=x.1", "list=no", "list=true&list=false",
		"follow=" + strings.Repeat(id+".0,", maxFollows+1),
	} {
		if w := s.get(t, "/api/events?"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
		}
	}
}
