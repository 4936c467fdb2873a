package runner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// What streams say, over one connection or several, and what the log makes of it.
func TestStreamsBecomeALog(t *testing.T) {
	running, done := stateJSON("running"), doneJSON()
	for name, c := range map[string]struct {
		streams []answer
		log     []string
	}{
		"the end said twice counts once": {
			[]answer{stream(running, planJSON("a"), done, done)},
			[]string{running, planJSON("a"), done},
		},
		"an ended run's stream begins and closes with the end": {
			[]answer{stream(stateJSON("completed"), planJSON("a"), statsJSON(9, 4), done)},
			[]string{planJSON("a"), statsJSON(9, 4), done},
		},
		"honest duplicates stay, replays go": {
			[]answer{stream(running, planJSON("a"), planJSON("a")), stream(running, planJSON("a"), planJSON("a"), planJSON("a"), planJSON("b"), done)},
			[]string{running, planJSON("a"), planJSON("a"), planJSON("a"), planJSON("b"), done},
		},
		"a replay in other words is still one": {
			[]answer{stream(running, planJSON("a")), stream(running, `{"timestamp":null, "message":"a","type":"task_run.progress_msg.plan"}`, done)},
			[]string{running, planJSON("a"), done},
		},
		"a replay that lacks its beginning": {
			[]answer{stream(running, planJSON("a"), planJSON("b")), stream(running, planJSON("b"), planJSON("c"), done)},
			[]string{running, planJSON("a"), planJSON("b"), planJSON("c"), done},
		},
		"only the latest stats are replayed, and before the news": {
			[]answer{stream(running, statsJSON(1, 0), planJSON("a"), statsJSON(5, 2)), stream(running, planJSON("a"), statsJSON(5, 2), statsJSON(8, 3), statsJSON(8, 3), done)},
			[]string{running, statsJSON(1, 0), planJSON("a"), statsJSON(5, 2), statsJSON(8, 3), statsJSON(8, 3), done},
		},
		"stats that were missed count as they are replayed": {
			[]answer{stream(running, statsJSON(1, 0)), stream(running, statsJSON(5, 2), done)},
			[]string{running, statsJSON(1, 0), statsJSON(5, 2), done},
		},
		"a state is a level": {
			[]answer{stream(running, stateJSON("action_required")), stream(stateJSON("action_required")), stream(running, done)},
			[]string{running, stateJSON("action_required"), running, done},
		},
		"states without sense": {
			[]answer{stream(running, `{"type":"task_run.state"}`, `{"type":"task_run.state","run":"x"}`, `{"type":"task_run.state","run":{"status":7}}`, done)},
			[]string{running, `{"type":"task_run.state"}`, `{"type":"task_run.state","run":"x"}`, `{"type":"task_run.state","run":{"status":7}}`, done},
		},
		"text that is no UTF-8, said again": {
			[]answer{stream(running, planJSON("a"), `{"type":"task_run.progress_msg.plan","message":"`+"\xff"+`"}`), stream(running, planJSON("a"), `{"type":"task_run.progress_msg.plan","message":"`+"\xff"+`"}`, done)},
			[]string{running, planJSON("a"), `{"type":"task_run.progress_msg.plan","message":"` + "\uFFFD" + `"}`, done},
		},
		"an error in the middle": {
			[]answer{stream(running, `{"type":"error","error":{"ref_id":"r","message":"m"}}`, planJSON("a"), done)},
			[]string{running, `{"type":"error","error":{"ref_id":"r","message":"m"}}`, planJSON("a"), done},
		},
		"a page instead of a stream": {
			[]answer{{status: 200, body: "<html>", kind: "text/html"}, stream(running, done)},
			[]string{running, done},
		},
		"refused for a while": {
			[]answer{refusal(503), refusal(429), {}, stream(running, done)},
			[]string{running, done},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				up := &scripted{events: c.streams, run: []answer{ok(runJSON("running"))}}
				w.play(up)
				task := w.follow(body("core", ""))
				if task.Status != taskyard.StatusCompleted || !task.HasResult || len(up.created) != 1 {
					t.Errorf("status %s, result %v, %d creates", task.Status, task.HasResult, len(up.created))
				}
				wantTexts(t, w.texts(task), c.log...)
			})
		})
	}
}

func TestProgressIsTheLatest(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.play(&scripted{events: []answer{stream(stateJSON("running"), statsJSON(1, 0), statsJSON(30, 12), doneJSON())}})
		p := w.follow(body("core", "")).Progress
		if p.SourcesConsidered == nil || *p.SourcesConsidered != 30 || p.SourcesRead == nil || *p.SourcesRead != 12 || p.Meter == nil || *p.Meter != 12 {
			t.Errorf("progress %+v", p)
		}
	})
}

// Numbers that are none say nothing; the event is kept as it came.
func TestProgressWithoutSense(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		odd := `{"type":"task_run.progress_stats","source_stats":{"num_sources_considered":"many","num_sources_read":7},"progress_meter":[]}`
		odder := `{"type":"task_run.progress_stats","source_stats":3}`
		w.play(&scripted{events: []answer{stream(stateJSON("running"), odd, odder, doneJSON())}})
		task := w.follow(body("core", ""))
		wantTexts(t, w.texts(task), stateJSON("running"), odd, odder, doneJSON())
		if p := task.Progress; p.SourcesConsidered != nil || p.SourcesRead == nil || *p.SourcesRead != 7 || p.Meter != nil {
			t.Errorf("progress %+v", p)
		}
	})
}

// Where upstream refuses the events for good but not the status, the status is asked for at intervals.
func TestRunWhoseEventsAreRefusedIsPolled(t *testing.T) {
	for _, end := range []string{"completed", "failed", "cancelled"} {
		t.Run(end, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				up := &scripted{
					events: []answer{refusal(403)},
					run:    []answer{ok(runJSON("running")), ok(runJSON("running")), ok(runJSON("running")), ok(runJSON(end))},
					result: []answer{ok(resultJSON())},
				}
				w.play(up)
				begun := time.Now()
				task := w.follow(body("core", ""))
				if string(task.Status) != end || !task.Settled() || task.HasResult != (end == "completed") {
					t.Errorf("task %+v", task)
				}
				if d := time.Since(begun); d < 3*timing().Poll || d > 4*timing().Poll {
					t.Errorf("three polls took %s", d)
				}
			})
		})
	}
}

// What upstream says about the run's status decides what becomes of a task whose stream broke.
func TestStatusOfARunThatIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.play(&scripted{events: []answer{stream(stateJSON("running"), planJSON("a")), refusal(401)}, run: []answer{refusal(401)}})
		task := w.follow(body("core", ""))
		if e := task.Error; task.Status != taskyard.StatusFailed || e.Status != 401 || e.RefID != "ref-401" || e.Hint == "" {
			t.Errorf("status %s, error %+v", task.Status, e)
		}
		wantTexts(t, w.texts(task), stateJSON("running"), planJSON("a"))
	})
}

func TestStatusThatIsNotHadIsAskedForAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		busy := refusal(503)
		busy.retryAfter = "3"
		up := &scripted{events: []answer{stream(stateJSON("running")), stream(stateJSON("running"), doneJSON())}, run: []answer{busy}}
		w.play(up)
		begun := time.Now()
		if task := w.follow(body("core", "")); !task.HasResult {
			t.Errorf("task %+v", task)
		}
		// The journal's own waits are a few milliseconds each.
		if d := time.Since(begun); d < 3*time.Second || d > 3100*time.Millisecond {
			t.Errorf("upstream asked to wait for 3 s, it took %s", d)
		}
	})
}

// An event over the limit would be over it on every connection: what follows is had from status and result.
func TestEventThatIsTooLargeToRead(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		huge := `{"type":"task_run.state","x":"` + strings.Repeat("x", parallel.DefaultMaxEventSize) + `"}`
		up := &scripted{
			events: []answer{stream(stateJSON("running"), planJSON("a"), huge)},
			run:    []answer{ok(runJSON("running")), ok(runJSON("completed"))}, result: []answer{ok(resultJSON())},
		}
		w.play(up)
		task := w.follow(body("core", ""))
		if !task.HasResult || task.Status != taskyard.StatusCompleted || up.opened != 2 {
			t.Errorf("status %s, %d streams", task.Status, up.opened)
		}
		wantTexts(t, w.texts(task), stateJSON("running"), planJSON("a"))
	})
}

// The trace of an ended run is asked for a bounded number of times; then its result has to do.
func TestEndedRunThatNeverCloses(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		up := &scripted{events: []answer{stream(stateJSON("completed"), planJSON("a"))}, result: []answer{ok(resultJSON())}}
		w.play(up)
		task := w.follow(body("core", ""))
		if !task.HasResult || up.opened != 5 {
			t.Errorf("result %v after %d streams", task.HasResult, up.opened)
		}
		wantTexts(t, w.texts(task), planJSON("a"), stateJSON("completed"))
	})
}
