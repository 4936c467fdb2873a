package runner_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// simple is an upstream whose run completes.
func simple() *scripted { return &scripted{events: []answer{stream(stateJSON("running"), doneJSON())}} }

func TestTaskWithoutAKeyUsesTheServersOwn(t *testing.T) {
	for name, c := range map[string]struct{ task, want string }{"none of its own": {"", "server-key"}, "its own": {"task-key", "task-key"}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				up := simple()
				w.key = c.task
				w.runner.Upstreams["parallel"] = runner.Upstream{BaseURL: sandbox.BaseURL, APIKey: taskyard.Hide("server-key"), HTTP: &http.Client{Transport: up}}
				w.follow(body("core", ""))
				if got := up.created[0].Header.Get("X-Api-Key"); got != c.want {
					t.Errorf("the key was %q", got)
				}
			})
		})
	}
}

// A request with secrets is sent as the user wrote it, not as it is stored.
func TestSealedRequestIsSent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		up := simple()
		w.play(up)
		w.runner.Open = func(string, []byte) (taskyard.Secret, error) {
			return taskyard.Secret{APIKey: taskyard.Hide("k"), Request: taskyard.Hide(`{"processor":"core","input":"x","webhook":{"url":"https://example.com/hook"}}`)}, nil
		}
		w.follow(`{"processor":"core","input":"x","webhook":"[sealed]"}`)
		if !strings.Contains(up.body, "https://example.com/hook") {
			t.Errorf("sent: %s", up.body)
		}
	})
}

// What can never be driven ends at once, and nothing is sent.
func TestTaskThatCannotBeDriven(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*world)
		says     string
		withHint bool
	}{
		"sealed with another key": {func(w *world) {
			w.runner.Open = func(string, []byte) (taskyard.Secret, error) {
				return taskyard.Secret{}, errors.New("open seal: another key")
			}
		}, "another key", true},
		"an upstream that is no more": {func(w *world) { delete(w.runner.Upstreams, "parallel") }, `no upstream named "parallel"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				c.spoil(w)
				task := w.follow(body("core", ""))
				if task.Status != taskyard.StatusFailed || !task.Settled() || !strings.Contains(task.Error.Message, c.says) || (task.Error.Hint != "") != c.withHint {
					t.Errorf("status %s, error %+v", task.Status, task.Error)
				}
				if w.box.Creates() != 0 {
					t.Error("a run was created")
				}
			})
		})
	}
}

// A stop or a cancel does not wait until upstream's wait is over.
func TestWaitEndsWithTheDrive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		calls := 0
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: handled(func(rw http.ResponseWriter, _ *http.Request) {
			calls++
			rw.Header().Set("Retry-After", "600")
			rw.WriteHeader(429)
		})})
		id := w.submit(body("core", ""))
		cause := errors.New("stopping")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		begun := time.Now()
		if err := w.runner.Drive(ctx, id); !errors.Is(err, cause) || time.Since(begun) != time.Second {
			t.Errorf("drive: %v after %s", err, time.Since(begun))
		}
		if task := w.task(id); calls != 1 || task.Activity.Phase != taskyard.PhaseRetrying || task.Submission != taskyard.SubmissionNone {
			t.Errorf("%d calls, submission %q, activity %+v", calls, task.Submission, task.Activity)
		}
	})
}
