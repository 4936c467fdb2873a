//go:build snippets

package snippet_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// patience bounds one program, with its compilation on a machine that is busy.
const patience = 3 * time.Minute

const (
	apiKey = "key-of-the-test"
	bearer = `Bearer it's $HOME` // a header's value
	hook   = "https://example.com/hook?a=1&b=2"
	answer = "The harbour's `answer`: \\ 100 % é 漢 😀"
)

// nastyRequest has text that means something to each language in every place that can hold text.
func nastyRequest(t *testing.T) json.RawMessage {
	t.Helper()
	request, err := json.Marshal(map[string]any{
		"processor": "pro",
		"input":     map[string]any{nasty: nasty, "__proto__": "kept", "list": []any{true, false, nil, 1.5, map[string]any{}, []any{}}},
		"task_spec": map[string]any{"output_schema": map[string]any{"type": "text", "description": nasty}},
		"metadata":  map[string]string{"it's": nasty},
		"mcp_servers": []any{map[string]any{
			"type": "url", "name": "docs", "url": "https://example.com/mcp", "headers": map[string]string{"Authorization": "[sealed]"},
		}},
		"webhook": map[string]any{"url": "[sealed]", "event_types": []string{"task_run.status"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// messages are what each run says in its 20 minutes; some twice in a row, byte for byte.
func messages() []string {
	var list []string
	for i := range 40 {
		list = append(list, fmt.Sprintf("message %d: it's \\n “%d %%”", i/2, i/2))
	}
	return list
}

// script is a run of 20 minutes, which take three streams: upstream closes each after 570 s.
func script(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
	trace := sandbox.Events{{At: time.Second, Type: parallel.EventState, Status: parallel.StatusRunning}}
	for i, text := range messages() {
		at := time.Duration(i) * 29 * time.Second
		trace = append(trace,
			sandbox.Event{At: at + 2*time.Second, Type: parallel.EventMessagePrefix + "search", Message: text, Untimed: i%2 == 0},
			sandbox.Event{At: at + 3*time.Second, Type: parallel.EventStats, Stats: sandbox.Stats{Considered: int64(i), Meter: float64(i)}})
	}
	content, _ := json.Marshal(answer)
	// The first stream is closed by upstream's own limit, the second is cut within an event.
	faults := []sandbox.Stream{{}, {Fault: sandbox.CutInside, After: 40}}
	return sandbox.Script{
		Trace: trace, Live: faults,
		End: sandbox.End{At: 20 * time.Minute, Status: parallel.StatusCompleted, Output: json.RawMessage(`{"type":"text","content":` + string(content) + `,"basis":[]}`)},
	}, true
}

// api is the simulator, and what it was asked.
type api struct {
	*httptest.Server
	mu      sync.Mutex // guards what follows
	bodies  []json.RawMessage
	betas   []string
	streams int
}

// scale makes 20 minutes three seconds, and leaves a busy machine a second and a half to open the next stream.
const scale = 400

func startAPI(t *testing.T, script func(int, *parallel.TaskRunInput) (sandbox.Script, bool)) *api {
	t.Helper()
	box, err := sandbox.New(sandbox.WithScale(scale), sandbox.WithScript(script))
	if err != nil {
		t.Fatal(err)
	}
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		a.note(r, body)
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		a.CloseClientConnections()
		a.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func (a *api) note(r *http.Request, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.betas = append(a.betas, r.Header.Get("parallel-beta"))
	switch {
	case r.Method == http.MethodPost:
		a.bodies = append(a.bodies, body)
	case strings.HasSuffix(r.URL.Path, "/events"):
		a.streams++
	}
}

// check sees that one run was created, with the very request, and followed over several streams.
func (a *api) check(t *testing.T, request json.RawMessage, streams int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.bodies) != 1 {
		t.Fatalf("%d creates", len(a.bodies))
	}
	want := strings.Replace(string(request), `"[sealed]"`, quoted(t, bearer), 1)
	want = strings.Replace(want, `"[sealed]"`, quoted(t, hook), 1)
	if !reflect.DeepEqual(decoded(t, a.bodies[0]), decoded(t, []byte(want))) {
		t.Errorf("sent\n%s\nand not\n%s", a.bodies[0], want)
	}
	if a.streams < streams {
		t.Errorf("%d streams, not %d", a.streams, streams)
	}
	for _, betas := range a.betas {
		if betas != "field-basis-2025-11-25,it's" {
			t.Errorf("a call with the betas %q", betas)
		}
	}
}

func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return v
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// programs are the languages that run.
var programs = []struct {
	language, file string
	setUp          func(t *testing.T, root, folder string)
	command        []string
	read           func(t *testing.T, out string) (messages []string, result string)
}{
	{"curl", "task.sh", nothing, []string{"sh", "task.sh"}, asJSONLines},
	{"typescript", "task.mjs", typeScript, []string{"node", "task.mjs"}, asText},
	{"python", "task.py", nothing, []string{"python3", "task.py"}, asText},
	{"go", "main.go", goModule, []string{"go", "run", "."}, asText},
}

// prepare makes a folder with a program in it.
func prepare(t *testing.T, file, code string, setUp func(t *testing.T, root, folder string)) (folder string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	write(t, folder, file, code)
	setUp(t, root, folder)
	return folder
}

// A run of 20 minutes, of which each stream shows a part: the program says each message once and ends with the result.
func TestProgramsRun(t *testing.T) {
	for _, p := range programs {
		t.Run(p.language, func(t *testing.T) {
			request := nastyRequest(t)
			a := startAPI(t, script)
			folder := prepare(t, p.file, written(t, p.language, string(request), "field-basis-2025-11-25,it's", a.URL), p.setUp)
			out, talk, err := run(t, folder, p.command...)
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, talk, out)
			}
			said, result := p.read(t, out)
			if want := messages(); !reflect.DeepEqual(said, want) {
				t.Errorf("said %d messages: %q", len(said), said)
			}
			if result != answer {
				t.Errorf("the result is %q", result)
			}
			a.check(t, request, 3)
		})
	}
}

// A run that fails is no success, and says why.
func TestProgramsSayWhyARunHasFailed(t *testing.T) {
	failing := func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
		why := &parallel.Error{RefID: "ref-1", Message: "the sources are closed"}
		return sandbox.Script{End: sandbox.End{At: time.Minute, Status: parallel.StatusFailed, Error: why}}, true
	}
	for _, p := range programs {
		t.Run(p.language, func(t *testing.T) {
			a := startAPI(t, failing)
			folder := prepare(t, p.file, written(t, p.language, `{"processor":"lite","input":"x"}`, "", a.URL), p.setUp)
			if out, talk, err := run(t, folder, p.command...); err == nil || !strings.Contains(talk, "the sources are closed") || out != "" {
				t.Errorf("%v: %s, %s", err, talk, out)
			}
		})
	}
}

// A refusal is said, and ends the program at once: nothing is sent twice that may be billed.
func TestProgramsEndWhenTheyAreRefused(t *testing.T) {
	for _, p := range programs {
		t.Run(p.language, func(t *testing.T) {
			var creates atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				creates.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprint(w, `{"type":"error","error":{"ref_id":"ref-1","message":"come back later"}}`)
			}))
			defer server.Close()
			folder := prepare(t, p.file, written(t, p.language, `{"processor":"lite","input":"x"}`, "", server.URL), p.setUp)
			if out, talk, err := run(t, folder, p.command...); err == nil || !strings.Contains(talk, "come back later") || creates.Load() != 1 {
				t.Errorf("%v after %d creates: %s, %s", err, creates.Load(), talk, out)
			}
		})
	}
}

func nothing(*testing.T, string, string) {}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command with all that the programs read from the environment, and returns what it prints and what it says.
func run(t *testing.T, folder string, command ...string) (out, talk string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PARALLEL_API_KEY="+apiKey, "MCP_DOCS_AUTHORIZATION="+bearer, "WEBHOOK_URL="+hook, "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if strings.Contains(stdout.String()+stderr.String(), apiKey) {
		t.Error("the key was printed")
	}
	return stdout.String(), stderr.String(), err
}

// asText reads messages, a line each, and the result behind them.
func asText(_ *testing.T, out string) (said []string, result string) {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

// asJSONLines reads messages and the result as the API wrote them.
func asJSONLines(t *testing.T, out string) (said []string, result string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		var event struct {
			Message string
			Output  struct{ Content string }
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if event.Message != "" {
			said = append(said, event.Message)
		}
		result = event.Output.Content
	}
	return said, result
}

// goModule makes the folder a module that finds this one where it lies.
func goModule(t *testing.T, root, folder string) {
	t.Helper()
	write(t, folder, "go.mod", "module example.com/task\n\ngo 1.26.0\n\nrequire github.com/taskyard/taskyard v0.0.0\n\nreplace github.com/taskyard/taskyard => "+root+"\n")
}

// typeScript lets the folder use the packages that make snippets has installed, and has the types checked.
func typeScript(t *testing.T, root, folder string) {
	t.Helper()
	packages := filepath.Join(root, ".tools", "npm", "node_modules")
	if _, err := os.Stat(filepath.Join(packages, "parallel-web")); err != nil {
		t.Fatal("parallel-web is not installed: run make snippets")
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile(filepath.Join(folder, "task.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, folder, "task.mts", string(code))
	faults, _, err := run(t, folder, "node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck", "task.mts")
	if err != nil {
		t.Errorf("%v\n%s", err, faults)
	}
}

// The requests of the HTTP text, one after the other, do what the programs do.
func TestHTTPRequestsAreAnswered(t *testing.T) {
	request := nastyRequest(t)
	a := startAPI(t, script)
	text := written(t, "http", string(request), "field-basis-2025-11-25,it's", a.URL)
	values := strings.NewReplacer("$PARALLEL_API_KEY", apiKey, `"$MCP_DOCS_AUTHORIZATION"`, quoted(t, bearer), `"$WEBHOOK_URL"`, quoted(t, hook))
	requests := parts(values.Replace(text))
	if len(requests) != 3 {
		t.Fatalf("%d requests in\n%s", len(requests), text)
	}
	var created struct {
		RunID string `json:"run_id"`
	}
	if err := json.Unmarshal([]byte(a.send(t, requests[0])), &created); err != nil {
		t.Fatal(err)
	}
	last := ""
	for !strings.Contains(last, `"status":"completed"`) {
		last = a.send(t, strings.ReplaceAll(requests[1], "{run_id}", created.RunID))
	}
	var result parallel.TaskRunResult
	if err := json.Unmarshal([]byte(a.send(t, strings.ReplaceAll(requests[2], "{run_id}", created.RunID))), &result); err != nil || result.Output.Text() != answer {
		t.Errorf("%v: %s", err, result.Output.Text())
	}
	a.check(t, request, 2)
}

// parts are the requests of a text in which lines that begin with ### stand between them.
func parts(text string) []string {
	var list []string
	begun := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "###"):
			begun = false
		case !begun:
			list, begun = append(list, line), true
		default:
			list[len(list)-1] += line
		}
	}
	return list
}

// send sends a request as it is written, the length of its body aside, and returns what is answered.
func (a *api) send(t *testing.T, text string) string {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	req.RequestURI, req.Body, req.ContentLength = "", io.NopCloser(strings.NewReader(body)), int64(len(body))
	resp, err := a.Client().Do(req.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answered, _ := io.ReadAll(resp.Body) // a stream may be cut
	return string(answered)
}
