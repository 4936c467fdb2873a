package webui

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

var tag = regexp.MustCompile(`<[^>]*>`)

// textOf is what a page says, without its markup.
func textOf(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(page, ""))), " ")
}

// Each state says what comes next, what was heard last, and what a cancel would do; whole page and live part alike.
func TestEachStateSaysWhatComesNext(t *testing.T) {
	s := everything(t)
	for id, want := range map[string][]string{
		"pending":    {"This server sends the task to Parallel as soon as its turn comes.", "Last heard just now: Task stored", "Cancel this task? It has not been sent to Parallel. It will not be, and nothing is billed."},
		"submitting": {"The task is being sent to Parallel.", "If that makes a run, this server does not follow it. Parallel has no cancel call: the run may go on and be billed."},
		"retrying":   {"Parallel did not take the task (429 Too Many Requests). It is sent again in 12 s (attempt 3); nothing was billed.", "Last heard 18 s ago: Attempt 1 to submit"},
		"kinds":      {"The link from this server to Parallel broke (502 from the event stream). It is opened again in 8 s (attempt 3); the run does not depend on that", "Last heard", "Stop following this task? Parallel has no cancel call: the run may go on and be billed."},
		"polling":    {"The run’s events cannot be read from Parallel (events: 403 Forbidden: this key may not read events). Its status is asked for in 7 s", "Last heard"},
		"fetching":   {"Parallel has not given its result yet (get result: 503 Service Unavailable). It is asked for again in 7 s (attempt 5).", "Last heard"},
		"unknown": {
			"It may have been billed: look at Parallel, then send it again or cancel it here.", "Submit again It may be billed twice.", "Last heard",
			"It is not sent again. If there is a run at Parallel, it may go on and be billed.",
		},
		"running":    {"The run goes on at the simulator.", "Last heard", "Cancel this task? The simulator cancels the run. This server keeps what it has heard; there will be no result."},
		"cancelling": {"The simulator is told to cancel the run. It is followed until it is cancelled", "State: Cancelling"},
	} {
		for _, query := range []string{"", "?part=live"} {
			said := textOf(s.page(t, "/tasks/"+id+query))
			for _, w := range want {
				if !strings.Contains(said, w) {
					t.Errorf("%s%s lacks %q:\n%s", id, query, w, said)
				}
			}
		}
	}
	if strings.Contains(s.page(t, "/tasks/cancelling"), "/tasks/cancelling/cancel") {
		t.Error("what is being cancelled can be cancelled")
	}
}

// As long as there is no run, nothing moves as if there were one.
func TestWithoutARunNothingSeemsToProgress(t *testing.T) {
	s := everything(t)
	for id, moves := range map[string]bool{"pending": false, "retrying": false, "unknown": false, "kinds": true} {
		page := s.page(t, "/tasks/"+id)
		if strings.Contains(page, "data-waiting") != moves || !moves && strings.Contains(page, "longer than usual") {
			t.Errorf("%s: a progress that moves %v, a time that is longer than usual %v", id, strings.Contains(page, "data-waiting"), strings.Contains(page, "longer than usual"))
		}
	}
}

func TestCancelledTasksSayHowTheyEnded(t *testing.T) {
	s := everything(t)
	unsent := gallery.Fixture{Task: taskyard.Task{
		ID: "unsent", Status: taskyard.StatusCancelled, Upstream: "parallel", CreatedAt: noon, CompletedAt: noon,
		Error: &taskyard.TaskError{Message: "cancelled before it was sent", Hint: "There was no run: nothing was billed."},
	}}
	unsent.Document.Request = []byte(`{}`)
	s.store.Add(unsent)
	for id, want := range map[string]string{
		"stopped":   "The run was cancelled It has ended at the simulator, and there is no result.",
		"cancelled": "Nobody follows this task any more Following was stopped here. Parallel has no cancel call: the run may go on and be billed.",
		"unsent":    "The task was cancelled Cancelled before it was sent. There was no run: nothing was billed.",
	} {
		if said := textOf(s.page(t, "/tasks/"+id)); !strings.Contains(said, want) || strings.Contains(said, "The task failed") || strings.Contains(said, "Last heard") {
			t.Errorf("%s lacks %q:\n%s", id, want, said)
		}
	}
}

// An earlier page of the log does not know what was heard last, and does not claim to.
func TestEarlierPageOfALogSaysNothingOfTheLast(t *testing.T) {
	s := everything(t)
	if said := textOf(s.page(t, "/tasks/running?before=3")); strings.Contains(said, "Last heard") || !strings.Contains(said, "The run goes on") {
		t.Errorf("%s", said)
	}
}

// The second of two clicks is answered with the task's page, in script with what it is: a conflict.
func TestSecondClickLeadsToTheTask(t *testing.T) {
	s := everything(t)
	s.service.Err = taskyard.Errorf(taskyard.CodeConflict, "the task is pending, which does not allow this")
	for _, path := range []string{"/tasks/running/cancel", "/tasks/unknown/submit-again"} {
		to := path[:strings.LastIndex(path, "/")]
		if a := s.post(path, nil, ""); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != to {
			t.Errorf("%s: %d %v", path, a.StatusCode, a.Header)
		}
		if a := s.post(path, nil, "application/json"); a.StatusCode != http.StatusConflict {
			t.Errorf("%s in script: %d", path, a.StatusCode)
		}
	}
	s.service.Err = taskyard.ErrNotFound
	if a := s.post("/tasks/none/cancel", nil, ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("of a task that is not there: %d", a.StatusCode)
	}
}
