package runner_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// answers is an upstream that gives one answer to all.
type answers struct {
	status int
	body   string
}

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// A validator repeats what it does not take. What was sealed is neither stored nor shown for that.
func TestAnErrorThatRepeatsASecretIsStoredWithout(t *testing.T) {
	const (
		sent   = `{"processor":"core","input":"x","webhook":"https://hush.example/?a=1&b=\"2\"","mcp_servers":{"docs":{"token":"hush-token"}}}`
		stored = `{"processor":"core","input":"x","webhook":"[sealed]","mcp_servers":"[sealed]"}`
		input  = `"https://hush.example/?a=1&b=\"2\""`
	)
	for name, body := range map[string]string{
		"a validator's list": `{"detail":[{"loc":["body","webhook"],"msg":"not an object","input":` + input + `},{"loc":["body","mcp_servers"],"msg":"hush-token?","input":{"docs":{"token":"hush-token"}}}]}`,
		"an error object":    `{"type":"error","error":{"ref_id":"r","message":"no hush-token here","detail":{"errors":[{"input":` + strings.ReplaceAll(input, "&", `\u0026`) + `}]}}}`,
		"plain words":        `{"detail":"hush-token is no list"}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: answers{422, body}})
				w.runner.Open = func(string, []byte) (taskyard.Secret, error) {
					return taskyard.Secret{APIKey: taskyard.Hide("good-key"), Request: taskyard.Hide(sent)}, nil
				}
				task := w.follow(stored)
				if task.Status != taskyard.StatusFailed || task.Error == nil || task.Error.Status != 422 {
					t.Fatalf("%+v", task)
				}
				told := task.Error.Message + string(task.Error.Detail) + fmt.Sprint(w.events(task))
				for _, e := range w.events(task) {
					told += string(e.Data)
				}
				if strings.Contains(told, "hush") || !strings.Contains(told, taskyard.Redacted) {
					t.Errorf("it says %s", told)
				}
			})
		})
	}
}
