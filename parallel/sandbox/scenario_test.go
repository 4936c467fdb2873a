package sandbox_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// statuses returns those that a run goes through, as its streams tell.
func (w *world) statuses(runID string) []parallel.Status {
	var list []parallel.Status
	for range 50 {
		h := w.listen(runID)
		for _, e := range h.events {
			if s, ok := e.State(); ok && (len(list) == 0 || list[len(list)-1] != s.Run.Status) {
				list = append(list, s.Run.Status)
			}
		}
		if len(list) > 0 && list[len(list)-1].Terminal() {
			return list
		}
	}
	w.Fatalf("the run does not end: %v", list)
	return nil
}

func TestScenarioStatuses(t *testing.T) {
	for scenario, want := range map[string][]parallel.Status{
		"ok":              {"queued", "running", "completed"},
		"fail":            {"queued", "running", "failed"},
		"cancelled":       {"queued", "running", "cancelling", "cancelled"},
		"action-required": {"queued", "running", "action_required", "running", "completed"},
		"unknown-status":  {"queued", "running", "reviewing", "running", "completed"},
	} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(w *world) {
				run := w.create(simple("core", scenario))
				got := w.statuses(run.RunID)
				if len(got) != len(want) {
					t.Fatalf("got %v, want %v", got, want)
				}
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("got %v, want %v", got, want)
					}
				}
				now, err := w.client.Run(w.Context(), run.RunID)
				if err != nil || now.Status != want[len(want)-1] || now.IsActive {
					t.Errorf("status call: %+v, %v", now, err)
				}
				_, err = w.client.Result(w.Context(), run.RunID, 0)
				if api, ok := errors.AsType[*parallel.APIError](err); (now.Status == "completed") != (err == nil) || err != nil && (!ok || api.StatusCode != 404) {
					t.Errorf("result of a run that is %s: %v", now.Status, err)
				}
				if (now.Status == "failed") != (now.Error != nil && now.Error.RefID != "" && now.Error.Message != "") {
					t.Errorf("error of a run that is %s: %+v", now.Status, now.Error)
				}
			})
		})
	}
}

// Whatever a scenario does to the streams, who listens until the end has the whole log.
func TestScenarioStreams(t *testing.T) {
	for _, scenario := range []string{
		"drop", "drop:9", "end-early", "server-error", "odd-framing", "duplicates", "unknown-kind", "bad-json", "error-event",
		"long-trace:3000", "large-output:300", "no-messages", "warn", "takes:3h", "drop:5,duplicates,odd-framing,takes:1h", "result-fails",
	} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(w *world) {
				body := simple("pro", scenario)
				run, err := w.client.CreateRunJSON(w.Context(), json.RawMessage(body))
				for err != nil {
					run, err = w.client.CreateRunJSON(w.Context(), json.RawMessage(body))
				}
				w.statuses(run.RunID)
				truth, ok := w.box.Log(run.RunID)
				if !ok {
					t.Fatal("there is no log")
				}
				h := w.listen(run.RunID)
				sameJSON(t, h.truth(), truth)
				checkScenario(t, scenario, h)
			})
		})
	}
}

func checkScenario(t *testing.T, scenario string, h heard) {
	t.Helper()
	last, _ := h.events[len(h.events)-1].State()
	kinds := h.kinds()
	messages := 0
	for kind, n := range kinds {
		if strings.HasPrefix(kind, parallel.EventMessagePrefix) {
			messages += n
		}
	}
	name, _, _ := strings.Cut(scenario, ":")
	switch name {
	case "unknown-kind":
		if kinds["task_run.progress_map"] != 1 || kinds[parallel.EventMessagePrefix+"hunch"] != 1 {
			t.Errorf("kinds %v", kinds)
		}
	case "bad-json":
		if h.bad != 1 {
			t.Errorf("%d bad lines", h.bad)
		}
	case "error-event":
		if kinds[parallel.EventError] != 1 {
			t.Errorf("kinds %v", kinds)
		}
	case "long-trace":
		if messages != 3000 {
			t.Errorf("%d messages", messages)
		}
	case "no-messages":
		if messages != 0 || kinds[parallel.EventStats] != 0 {
			t.Errorf("kinds %v", kinds)
		}
	case "warn":
		if len(last.Run.Warnings) < 2 {
			t.Errorf("warnings %+v", last.Run.Warnings)
		}
	case "large-output":
		if n := len(h.events[len(h.events)-1].Raw); n < 300<<10 || n > 500<<10 {
			t.Errorf("the last event has %d bytes", n)
		}
	case "duplicates":
		seen := map[string]int{}
		twice := 0
		for _, e := range h.events {
			if seen[string(e.Raw)]++; seen[string(e.Raw)] == 2 {
				twice++
			}
		}
		if twice < messages/4 {
			t.Errorf("%d of %d messages come twice", twice, messages)
		}
	}
}

func TestLargeOutputInEachMode(t *testing.T) {
	for mode, spec := range map[string]string{
		"text": `{"type":"text"}`,
		"json": `{"type":"json","json_schema":` + nested + `}`,
		"auto": `{"type":"auto"}`,
	} {
		t.Run(mode, func(t *testing.T) {
			inBubble(t, func(w *world) {
				result := w.finish(simple("pro", "large-output:1024", `"task_spec":{"output_schema":`+spec+`}`))
				if n := len(result.Output.Content); n < 900<<10 || n > 1600<<10 {
					t.Errorf("the content has %d bytes", n)
				}
			})
		})
	}
}

func TestForget(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("lite", "forget:1m"))
		if h := w.listen(run.RunID); h.err != nil {
			t.Fatal(h.err)
		}
		time.Sleep(30 * time.Second)
		if _, err := w.client.Run(w.Context(), run.RunID); err != nil {
			t.Errorf("half a minute later: %v", err)
		}
		time.Sleep(40 * time.Second)
		_, err := w.client.Run(w.Context(), run.RunID)
		if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 404 {
			t.Errorf("more than a minute later: %v", err)
		}
	})
}

func TestResultWaits(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "takes:5m"))
		var err error
		waited := took(func() { _, err = w.client.Result(w.Context(), run.RunID, 10*time.Second) })
		if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 408 || waited != 10*time.Second {
			t.Errorf("after %s: %v", waited, err)
		}
		waited = took(func() { _, err = w.client.Result(w.Context(), run.RunID, -1) })
		if err != nil || waited != 4*time.Minute+50*time.Second {
			t.Errorf("after %s: %v", waited, err)
		}
		if status, body := w.get("/v1/tasks/runs/"+run.RunID+"/result?timeout=soon", "key"); status != 422 || !strings.Contains(body, "timeout") {
			t.Errorf("a bad timeout: %d %s", status, body)
		}
	})
}

func TestResultFails(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("lite", "result-fails:3"))
		time.Sleep(time.Hour)
		for _, want := range []int{503, 408, 502} {
			_, err := w.client.Result(w.Context(), run.RunID, 0)
			if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != want {
				t.Errorf("got %v, want %d", err, want)
			}
		}
		if _, err := w.client.Result(w.Context(), run.RunID, 0); err != nil {
			t.Error(err)
		}
	})
}

func TestDefaultScenario(t *testing.T) {
	inBubble(t, func(w *world) {
		if got := w.statuses(w.create(simple("lite", "")).RunID); got[len(got)-1] != "failed" {
			t.Errorf("without a scenario of its own: %v", got)
		}
		if got := w.statuses(w.create(simple("lite", "ok")).RunID); got[len(got)-1] != "completed" {
			t.Errorf("with one: %v", got)
		}
	}, sandbox.WithScenario("fail"))
}

func TestScenarioGrammar(t *testing.T) {
	for text, ok := range map[string]bool{
		"":                               true,
		" fail , warn ":                  true,
		"drop:3":                         true,
		"drop:0":                         false,
		"drop:x":                         false,
		"drop:101":                       false,
		"fail:1":                         false,
		"takes:1h":                       true,
		"takes:-1h":                      false,
		"takes:forever":                  false,
		"explode":                        false,
		"fail,,warn":                     false,
		strings.Repeat("ok,", 16) + "ok": false,
	} {
		box, err := sandbox.New(sandbox.WithScenario(text))
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if err == nil {
			_ = box.Close()
		}
	}
}

func TestScenariosAreAllDescribedAndTakeTheirDefault(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sandbox.Scenarios() {
		if s.Name == "" || s.Summary == "" || seen[s.Name] || (s.Arg == "") != (s.Default == "") {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		text := s.Name
		if s.Default != "" {
			text += ":" + s.Default
		}
		for _, text := range []string{s.Name, text} {
			box, err := sandbox.New(sandbox.WithScenario(text))
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			_ = box.Close()
		}
	}
}
