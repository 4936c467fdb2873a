package runner_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// answer is one answer of a scripted upstream.
type answer struct {
	status     int // 0: the connection is cut
	body       string
	retryAfter string
	kind       string // content type; "" is what belongs there
}

// scripted is an upstream for what the sandbox never says. Each list is answered in order, its last element again
// and again.
type scripted struct {
	events, run, result []answer
	// how often each was asked for
	opened, asked, fetched int
	created                []*http.Request
	body                   string // of the last create
}

const runID = "trun_1"

// runJSON is a TaskRun.
func runJSON(status string) string {
	return fmt.Sprintf(`{"run_id":%q,"interaction_id":%q,"status":%q,"processor":"core"}`, runID, runID, status)
}

func stateJSON(status string) string {
	return fmt.Sprintf(`{"type":"task_run.state","run":%s}`, runJSON(status))
}

const outputJSON = `{"type":"text","content":"Because of the moon.","basis":[]}`

// doneJSON is the closing state with its output.
func doneJSON() string {
	return fmt.Sprintf(`{"type":"task_run.state","run":%s,"output":%s}`, runJSON("completed"), outputJSON)
}

func resultJSON() string {
	return fmt.Sprintf(`{"run":%s,"output":%s}`, runJSON("completed"), outputJSON)
}

func planJSON(text string) string {
	return fmt.Sprintf(`{"type":"task_run.progress_msg.plan","message":%q,"timestamp":null}`, text)
}

func statsJSON(considered, read int) string {
	return fmt.Sprintf(`{"type":"task_run.progress_stats","source_stats":{"num_sources_considered":%d,"num_sources_read":%d},"progress_meter":%d}`, considered, read, read)
}

// stream is an answer that brings events and then ends.
func stream(events ...string) answer {
	var b strings.Builder
	for _, e := range events {
		b.WriteString("data: " + e + "\n\n")
	}
	return answer{status: 200, body: b.String(), kind: "text/event-stream"}
}

func ok(body string) answer { return answer{status: 200, body: body} }

// refusal is an answer with upstream's error body.
func refusal(status int) answer {
	return answer{status: status, body: fmt.Sprintf(`{"type":"error","error":{"ref_id":"ref-%d","message":"no: %d"}}`, status, status)}
}

func next(list []answer, n *int) answer {
	a := list[min(*n, len(list)-1)]
	*n++
	return a
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	a := answer{status: 202, body: runJSON("queued")}
	switch {
	case r.Method == http.MethodPost:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.created, s.body = append(s.created, r), string(body)
	case strings.HasSuffix(r.URL.Path, "/events"):
		a = next(s.events, &s.opened)
	case strings.HasSuffix(r.URL.Path, "/result"):
		a = next(s.result, &s.fetched)
	default:
		a = next(s.run, &s.asked)
	}
	if a.status == 0 {
		return nil, errors.New("connection reset")
	}
	return handled(func(w http.ResponseWriter, _ *http.Request) {
		kind := a.kind
		if kind == "" {
			kind = "application/json"
		}
		w.Header().Set("Content-Type", kind)
		if a.retryAfter != "" {
			w.Header().Set("Retry-After", a.retryAfter)
		}
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.body)) // a recorder takes everything
	})(r)
}

// play has the runner's tasks run on a scripted upstream.
func (w *world) play(s *scripted) {
	w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: s})
}

// texts are the data of the events that are upstream's.
func (w *world) texts(task taskyard.Task) []string {
	var list []string
	for _, e := range w.events(task) {
		if !strings.HasPrefix(e.Type, taskyard.NotePrefix) {
			list = append(list, string(e.Data))
		}
	}
	return list
}

func wantTexts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
