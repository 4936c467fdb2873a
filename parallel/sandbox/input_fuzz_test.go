package sandbox

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskyard/taskyard/parallel"
)

// Whatever a scenario says, it is refused in few words, or what is read keeps to its bounds.
func FuzzScenario(f *testing.F) {
	for _, s := range scenarios {
		f.Add(s.Name)
		f.Add(s.Name + ":" + s.Default)
	}
	for _, text := range []string{"", " , ", "drop:0", "drop:101,", "takes:-1s", "takes:168h1ns", "ok:1", "large-output:9999999999999999999", strings.Repeat("ok,", maxSteps), "takes:\xff", strings.Repeat("é", 100)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := parseScenario(text)
		if err != nil {
			if steps != nil || len(err.Error()) > 1000 {
				t.Errorf("%q: %v, %v", text, steps, err)
			}
			return
		}
		if len(steps) > maxSteps {
			t.Errorf("%q has %d steps", text, len(steps))
		}
		for _, s := range steps {
			if s.apply == nil || s.arg.n < 0 || s.arg.n > 200_000 || s.arg.d < 0 || s.arg.d > maxTakes {
				t.Errorf("%q has the step %+v", text, s.arg)
			}
		}
	})
}

// Whatever is sent as a create, it is refused as upstream refuses, or there is a run that says what it was asked.
func FuzzCreate(f *testing.F) {
	for _, body := range []string{
		`{"processor":"pro","input":"x"}`, `{"processor":"core","input":{"a":1},"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}`,
		`{"processor":"lite","input":"x","metadata":{"sandbox":"drop:2,fail"}}`, `{"processor":"lite","input":"x","metadata":{"sandbox":"nothing"}}`, `{"processor":"base","input":"x","mcp_servers":[{"type":"url","name":"n","url":"https://m.example","headers":{"a":"hush"}}]}`,
		`{"processor":"base","input":"x","webhook":{"url":"https://user:hush@a.example/hush?hush","event_types":["task_run.status"]}}`, `{"processor":"base","input":"x","source_policy":{"after_date":"2025-02-30","include_domains":["*"]}}`, `[]`, `{"processor":7}`, `{"processor":"pro","input":"x","task_spec":{"output_schema":{"type":"json","json_schema":{"$ref":"#"}}}}`, "{\"processor\":\"pro\",\"input\":\"\xff\"}",
	} {
		f.Add([]byte(body))
	}
	box, err := New(WithScenario("ok"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = box.Close() })
	f.Fuzz(func(t *testing.T, body []byte) {
		status, answer := ask(t, box, http.MethodPost, "/v1/tasks/runs", body)
		if status != http.StatusAccepted {
			if status >= 500 && !bytes.Contains(body, []byte("sandbox")) || status < 400 {
				t.Errorf("%q is answered with %d: %s", body, status, answer)
			}
			return
		}
		var made parallel.TaskRun
		if err := json.Unmarshal(answer, &made); err != nil || made.RunID == "" {
			t.Fatalf("%q makes %s: %v", body, answer, err)
		}
		status, answer = ask(t, box, http.MethodGet, "/v1/tasks/runs/"+made.RunID+"/input", nil)
		var asked, told parallel.TaskRunInput
		_ = json.Unmarshal(body, &asked) // it was taken
		if err := json.Unmarshal(answer, &told); err != nil || status != http.StatusOK || told.Processor != asked.Processor || string(encode(told.Input)) != string(encode(asked.Input)) {
			t.Errorf("%q is told as %d %s: %v", body, status, answer, err)
		}
	})
}

func ask(t *testing.T, box *Sandbox, method, path string, body []byte) (int, []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	r.Header.Set("X-Api-Key", "key")
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)
	if !json.Valid(w.Body.Bytes()) || !utf8.Valid(w.Body.Bytes()) {
		t.Errorf("%s %s answers %d with %q", method, path, w.Code, w.Body)
	}
	return w.Code, w.Body.Bytes()
}

// Whatever is in a state file, what is read of it are whole lines, and what was cut off at the end is not.
func FuzzState(f *testing.F) {
	for _, file := range []string{
		"", "{}\n", `{"id":"trun_1","n":1,"seed":1,"scale":1,"request":{"processor":"pro","input":"x"}}` + "\n" + `{"id":"trun_1","cancelled":"2026-01-31T12:00:00Z"}` + "\n" + `{"id":"tr`, "\n\nx\n", `{"id":"trun_2","n":-1,"scale":1e308,"request":null}` + "\n",
		`{"id":"","scenario":"nothing","request":{"processor":7}}` + "\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		box, err := New()
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		var records int
		end, err := readState(bytes.NewReader(file), func(rec record) error {
			records++
			return box.restore(rec)
		}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatalf("%q: %v", file, err)
		}
		if end != int64(bytes.LastIndexByte(file, '\n')+1) || records > bytes.Count(file, []byte("\n")) {
			t.Errorf("of %q %d bytes and %d records are read", file, end, records)
		}
	})
}
