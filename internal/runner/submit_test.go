package runner_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestRefusalsEndTheTaskAtOnceWithUpstreamsWords(t *testing.T) {
	for name, c := range map[string]struct {
		key, body string
		status    int
		says      string
	}{
		"bad key":           {"invalid-key", body("core", ""), 401, "credentials"},
		"no credit":         {"nocredit-key", body("core", ""), 402, "credit"},
		"unknown processor": {"good", `{"processor":"mega","input":"x"}`, 403, "processor"},
		"not valid":         {"good", `{"processor":"core","input":"x","source_policy":{"include_domains":["https://a.com"]}}`, 422, "source_policy.include_domains.0"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.key = c.key
				begun := time.Now()
				task := w.follow(c.body)
				if d := time.Since(begun); d > time.Second {
					t.Errorf("it took %s", d)
				}
				if task.Status != taskyard.StatusFailed || task.Error == nil || !task.Settled() {
					t.Fatalf("task %+v", task)
				}
				if e := task.Error; e.Status != c.status || e.RefID == "" || e.Hint == "" || !strings.Contains(e.Message, c.says) {
					t.Errorf("error %+v", e)
				}
				if w.box.Creates() != 0 {
					t.Error("a run was created")
				}
			})
		})
	}
}

// What certainly made no run is sent again, once, after the wait that upstream asked for.
func TestCertainFailuresAreRepeated(t *testing.T) {
	for scenario, c := range map[string]struct {
		retries int
		wait    time.Duration
	}{"rate-limit:3": {3, 6 * time.Second}, "server-error:2": {2, 0}} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				begun := time.Now()
				task := w.follow(body("lite", scenario))
				w.checkLog(task)
				notes := w.notes(task, taskyard.NoteSubmitRetry)
				if len(notes) != c.retries || w.box.Creates() != 1 {
					t.Errorf("%d retries, %d runs", len(notes), w.box.Creates())
				}
				if d := time.Since(begun); d < c.wait {
					t.Errorf("it took %s, less than upstream asked for", d)
				}
				var note struct {
					Attempt int
					Reason  string
					RefID   string    `json:"ref_id"`
					RetryAt time.Time `json:"retry_at"`
				}
				if err := json.Unmarshal(notes[0].Data, &note); err != nil || note.Attempt != 1 || note.Reason == "" || note.RefID == "" {
					t.Errorf("note %s: %v", notes[0].Data, err)
				}
				if d := note.RetryAt.Sub(notes[0].At).Round(10 * time.Millisecond); c.wait > 0 && d != c.wait/time.Duration(c.retries) {
					t.Errorf("the wait is %s, and upstream asked for 2 s", d)
				}
			})
		})
	}
}

func TestRefusedConnectionIsRepeated(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		down, inner := 3, w.box.Client().Transport.(*http.Transport)
		dial := inner.DialContext
		transport := inner.Clone()
		transport.DialContext = func(ctx context.Context, network, addr string) (c conn, err error) {
			if down--; down >= 0 {
				return nil, errors.New("connection refused")
			}
			return dial(ctx, network, addr)
		}
		defer transport.CloseIdleConnections()
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: transport})
		task := w.follow(body("lite", ""))
		w.checkLog(task)
		if n := len(w.notes(task, taskyard.NoteSubmitRetry)); n != 3 || w.box.Creates() != 1 {
			t.Errorf("%d retries, %d runs", n, w.box.Creates())
		}
	})
}

// A create whose answer was lost may be billed: it is never sent again by itself, however often the task is driven.
func TestUnknownOutcomeWaitsForTheUser(t *testing.T) {
	for scenario, runs := range map[string]int64{"cut-create": 1, "cut-create-before": 0} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				id := w.submit(body("lite", scenario))
				for range 3 {
					if err := w.runner.Drive(t.Context(), id); err != nil {
						t.Fatal(err)
					}
				}
				task := w.task(id)
				if task.Status != taskyard.StatusSubmissionUnknown || task.Settled() || task.Activity.Phase != taskyard.PhaseUnknown || task.Activity.Reason == "" {
					t.Errorf("task %+v", task)
				}
				if n := len(w.notes(task, taskyard.NoteSubmissionUnknown)); n != 1 || w.box.Creates() != runs {
					t.Errorf("%d notes, %d runs", n, w.box.Creates())
				}
			})
		})
	}
}

func TestCrashBetweenIntentAndRecordIsUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id := w.submit(body("lite", ""))
		owned, err := w.store.Take(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		intent := w.store.Append(taskyard.Write{Task: owned.Num, ID: id, Epoch: owned.Epoch, After: owned.LastSeq, Change: taskyard.Change{Submission: new(taskyard.SubmissionSending)}})
		if err := intent.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if task := w.task(id); task.Status != taskyard.StatusSubmissionUnknown || w.box.Creates() != 0 {
			t.Errorf("status %s, %d runs", task.Status, w.box.Creates())
		}
	})
}

// A stop in the middle of a create does not cut it: its answer is what tells that there is a run.
func TestStopWaitsForTheAnswerOfACreate(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				cancel()
			}
			return w.box.Client().Transport.RoundTrip(r)
		})})
		id := w.submit(body("lite", ""))
		if err := w.runner.Drive(ctx, id); !errors.Is(err, context.Canceled) {
			t.Errorf("drive: %v", err)
		}
		if task := w.task(id); task.RunID == "" {
			t.Error("the run is lost")
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.checkLog(w.task(id))
		if w.box.Creates() != 1 {
			t.Errorf("%d runs", w.box.Creates())
		}
	})
}

func TestDefectiveAnswersToACreateAreUnknown(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no JSON":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); _, _ = w.Write([]byte("ok")) },
		"a proxy's 502": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>bad gateway", 502) },
		"a redirect":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/x"); w.WriteHeader(307) },
		"a run without id": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(202)
			_, _ = w.Write([]byte(`{"status":"queued"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				calls := 0
				w.runner.Upstreams["parallel"] = upstream(&http.Client{Transport: handled(func(rw http.ResponseWriter, r *http.Request) {
					calls++
					answer(rw, r)
				})})
				id := w.submit(body("lite", ""))
				if err := w.runner.Drive(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if task := w.task(id); task.Status != taskyard.StatusSubmissionUnknown || calls != 1 {
					t.Errorf("status %s after %d calls", task.Status, calls)
				}
			})
		})
	}
}

func TestScriptedWarningsAreKept(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		task := w.follow(body("core", "warn"))
		var warnings []parallel.Warning
		if err := json.Unmarshal(task.Warnings, &warnings); err != nil || len(warnings) != 3 {
			t.Errorf("warnings %s: %v", task.Warnings, err)
		}
	}, sandbox.WithSeed(2))
}

// The basis of each element of an array is a beta: it comes only when the header was sent.
func TestBetasAreSent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.betas = "some-other-2025-01-01,field-basis-2025-11-25"
		task := w.follow(`{"processor":"core","input":"x","task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{` +
			`"people":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}}},` +
			`"required":["people"],"additionalProperties":false}}}}`)
		document, err := w.store.Document(w.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(document.Result), `"people.0"`) {
			t.Errorf("no basis of an element in %s", document.Result)
		}
	})
}
