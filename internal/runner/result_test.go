package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// A failed fetch never turns a completed run into a failed task: it is asked again until there is a result, and only
// where there will never be one the task completes without, and says why.
func TestResultIsFetchedUntilItIsHad(t *testing.T) {
	for name, c := range map[string]struct {
		results []answer
		fetches int // 0: any number
		refused int // the status that is told; 0 where there is a result
	}{
		"at once":                         {[]answer{ok(resultJSON())}, 1, 0},
		"after 408, 5xx, 429 and a cut":   {[]answer{refusal(408), refusal(503), {status: 502, body: "<html>"}, refusal(429), {}, ok(resultJSON())}, 6, 0},
		"after an answer that is no JSON": {[]answer{ok("so"), ok(resultJSON())}, 2, 0},
		"unknown for a moment":            {[]answer{refusal(404), refusal(404), ok(resultJSON())}, 3, 0},
		"unknown for good":                {[]answer{refusal(404)}, 0, 404},
		"the key was withdrawn":           {[]answer{refusal(503), refusal(401)}, 2, 401},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				up := &scripted{
					events: []answer{stream(stateJSON("running"), planJSON("look"), stateJSON("completed"))},
					result: c.results,
				}
				w.play(up)
				begun := time.Now()
				task := w.follow(body("core", ""))
				if task.Status != taskyard.StatusCompleted || !task.Settled() || task.HasResult != (c.refused == 0) {
					t.Fatalf("task %+v", task)
				}
				wantTexts(t, w.texts(task), stateJSON("running"), planJSON("look"), stateJSON("completed"))
				if c.fetches != 0 && up.fetched != c.fetches {
					t.Errorf("it was fetched %d times, want %d", up.fetched, c.fetches)
				}
				if notes := len(w.notes(task, taskyard.NoteResultRetry)); notes != min(1, up.fetched-1) {
					t.Errorf("%d notes of a wait", notes)
				}
				doc, err := w.store.Document(t.Context(), task.ID)
				if err != nil {
					t.Fatal(err)
				}
				if c.refused == 0 {
					if task.Error != nil || !equal(doc.Result, []byte(resultJSON())) {
						t.Errorf("result %s, error %+v", doc.Result, task.Error)
					}
					return
				}
				if e := task.Error; e == nil || e.Status != c.refused || e.RefID == "" || !strings.Contains(e.Message, "the run completed") {
					t.Errorf("error %+v", e)
				}
				if d := time.Since(begun); c.refused == 404 && d < timing().Forget {
					t.Errorf("404 was believed after %s", d)
				}
			})
		})
	}
}

// Upstream passes on what stands on pages of the web, where a text may have a NUL. It must not keep a task from its end.
func TestANULKeepsNoTaskFromItsEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		result := strings.Replace(resultJSON(), `"content":"`, `"content":"a\u0000b`, 1)
		if result == resultJSON() {
			t.Fatal("the result has no text")
		}
		w.play(&scripted{
			events: []answer{stream(stateJSON("running"), stateJSON("zz\\u0000"), `{"type":"task_run.progress_msg.a\u0000b","message":"c\u0000d"}`, `{"message":"of no type"}`, stateJSON("completed"))},
			result: []answer{ok(result)},
		})
		task := w.follow(body("core", ""))
		if task.Status != taskyard.StatusCompleted || !task.HasResult {
			t.Errorf("task %+v", task)
		}
		if n := len(w.texts(task)); n != 5 {
			t.Errorf("%d events: %q", n, w.texts(task))
		}
	})
}

// A run that failed answers its result with 404, so it is not asked for.
func TestResultOfAFailedRunIsNotAskedFor(t *testing.T) {
	for name, end := range map[string]string{"failed": "failed", "cancelled": "cancelled"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				up := &scripted{events: []answer{stream(stateJSON("running"), planJSON("look"), stateJSON(end))}, result: []answer{refusal(404)}}
				w.play(up)
				if task := w.follow(body("core", "")); string(task.Status) != end || up.fetched != 0 {
					t.Errorf("status %s, fetched %d times", task.Status, up.fetched)
				}
			})
		})
	}
}

func TestResultIsFetchedByTheNextDrive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		up := &scripted{
			events: []answer{stream(stateJSON("running"), planJSON("look"), stateJSON("completed")), stream(stateJSON("completed"), planJSON("look"), doneJSON())},
			result: []answer{{status: 429, body: refusal(429).body, retryAfter: "600"}},
		}
		w.play(up)
		id := w.submit(body("core", ""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if err := w.runner.Drive(ctx, id); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Fatalf("drive: %v after %s", err, time.Since(begun))
		}
		if task := w.task(id); task.Activity.Phase != taskyard.PhaseFetching || task.Activity.RetryAt == nil || !strings.Contains(task.Activity.Reason, "429") {
			t.Errorf("activity %+v", task.Activity)
		}
		if err := w.runner.Drive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		task := w.task(id)
		wantTexts(t, w.texts(task), stateJSON("running"), planJSON("look"), doneJSON())
		if !task.HasResult || len(up.created) != 1 {
			t.Errorf("result %v, %d creates", task.HasResult, len(up.created))
		}
	})
}
