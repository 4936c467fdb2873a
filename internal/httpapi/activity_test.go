package httpapi

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// Whatever is asked, a task that goes on says what comes next; asked for alone, what was heard last too.
func TestActivitySaysWhatWasHeardAndWhatComesNext(t *testing.T) {
	s := newServer()
	task := s.add(1)
	s.say(task.ID, taskyard.NoteSubmitRetry, `{"attempt":2,"reason":"429\n  Too Many Requests"}`)
	soon := time.Now().Add(time.Hour + 50*time.Second) // which is "in 1 h" until a busy machine has taken 50 s
	s.change(task.ID, func(e *entry) {
		e.task.Upstream = "parallel"
		e.task.Activity = taskyard.Activity{Phase: taskyard.PhaseRetrying, Since: epoch, Attempt: 2, Reason: "429", RetryAt: &soon}
	})
	for name, body := range map[string]string{
		"alone": s.get(t, "/api/tasks/"+task.ID).Body.String(), "in the list": s.get(t, "/api/tasks").Body.String(),
		"in detail": compact(t, s.get(t, "/task/"+task.ID).Body.Bytes()), "when it is cancelled": s.post(t, "/api/tasks/"+task.ID+"/cancel", "").Body.String(),
	} {
		next := `"next":"Parallel did not take the task (429). It is sent again in 1 h (attempt 3); nothing was billed."`
		if strings.Contains(body, `"cancelRequested":true`) {
			next = `"next":"The task is about to be cancelled. It is not sent."`
		}
		if name == "in the list" {
			if !strings.Contains(body, next+`,"heard":null`) {
				t.Errorf("the list: %s\nlacks %s", body, next)
			}
			continue
		}
		for _, want := range []string{next, `"heard":{"type":"taskyard.submit_retry","text":"Attempt 2 to submit did not get through: 429 Too Many Requests","at":"` + epoch.Format("2006-01-02T15:04:05")} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s\nlacks %s", name, body, want)
			}
		}
	}
}

func TestActivityHasWhatIsOfNoKnownShapeInShort(t *testing.T) {
	s := newServer()
	task := s.add(1)
	s.change(task.ID, func(e *entry) { e.task.Activity = taskyard.Activity{Phase: "a phase that is new"} })
	s.say(task.ID, "new.kind", `{"a": "`+strings.Repeat("ü", 1000)+`"}`)
	var got struct {
		Activity struct {
			Next  *string
			Heard struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(s.get(t, "/api/tasks/"+task.ID).Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Activity; a.Next != nil || a.Heard.Type != "new.kind" || !strings.HasPrefix(a.Heard.Text, `{"a":"üü`) || len([]rune(a.Heard.Text)) != 301 {
		t.Errorf("%+v", a)
	}
}

func compact(t *testing.T, body []byte) string {
	t.Helper()
	var v json.RawMessage
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
