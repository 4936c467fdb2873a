package sandbox_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestStreamBringsStatesMessagesStatsAndTheOutput(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", ""))
		h := w.listen(run.RunID)
		if h.err != nil {
			t.Fatal(h.err)
		}
		if first := h.status(t, 0); first != parallel.StatusQueued {
			t.Errorf("the first state is %s, want queued", first)
		}
		last, ok := h.events[len(h.events)-1].State()
		if !ok || last.Run.Status != parallel.StatusCompleted || last.Output == nil {
			t.Fatalf("the last event is %.200s, want the completed state with its output", h.events[len(h.events)-1].Raw)
		}
		kinds := h.kinds()
		for _, kind := range []string{"plan", "search", "result", "exec_status"} {
			if kinds[parallel.EventMessagePrefix+kind] == 0 {
				t.Errorf("there is no message of kind %s in %v", kind, kinds)
			}
		}
		truth, _ := w.box.Log(run.RunID)
		sameJSON(t, h.truth(), truth)
	})
}

func TestStatsRise(t *testing.T) {
	inBubble(t, func(w *world) {
		h := w.listen(w.create(simple("core", "", `"enable_events":true`)).RunID)
		var last parallel.StatsEvent
		n := 0
		for _, e := range h.events {
			s, ok := e.Stats()
			if !ok {
				continue
			}
			n++
			if *s.SourceStats.NumSourcesRead > *s.SourceStats.NumSourcesConsidered {
				t.Errorf("%s: more read than considered", e.Raw)
			}
			if n > 1 && (*s.ProgressMeter < *last.ProgressMeter || *s.SourceStats.NumSourcesRead < *last.SourceStats.NumSourcesRead) {
				t.Errorf("%s comes after %v", e.Raw, last)
			}
			last = *s
		}
		if n < 3 || *last.ProgressMeter != 100 || *last.SourceStats.NumSourcesRead < 3 {
			t.Errorf("%d stats, the last %+v", n, last)
		}
	})
}

// The rules of upstream's streams: the state first, then the whole trace with its timestamps, then only the latest
// stats; a second stream brings the same.
func TestLateStreamReplaysTheTraceAndTheLatestStats(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "takes:10m"))
		time.Sleep(5 * time.Minute)
		h := w.listen(run.RunID)
		if s := h.status(t, 0); s != parallel.StatusRunning {
			t.Errorf("the first state is %s, want running", s)
		}
		stats := 0
		for _, e := range h.events[1:] {
			if e.Type == parallel.EventStats {
				break
			}
			m, ok := e.Message()
			if !ok {
				t.Fatalf("%s stands in the replay", e.Raw)
			}
			at, _ := m.Timestamp.Time()
			if time.Since(at) < 4*time.Minute && stats == 0 && at.After(time.Now()) {
				t.Errorf("%s is not of the past", e.Raw)
			}
		}
		truth, _ := w.box.Log(run.RunID)
		sameJSON(t, h.truth(), truth)
	})
}

func TestStreamOnFinishedRunOpensWithTheEndAndClosesWithTheOutput(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", ""))
		time.Sleep(time.Hour)
		h := w.listen(run.RunID)
		open, _ := h.events[0].State()
		if open.Run.Status != parallel.StatusCompleted || open.Output != nil {
			t.Errorf("it opens with %.200s, want completed without output", h.events[0].Raw)
		}
		if last, _ := h.events[len(h.events)-1].State(); last.Output == nil {
			t.Error("the closing state has no output")
		}
		if n := h.kinds()[parallel.EventStats]; n != 1 {
			t.Errorf("%d stats are replayed, want the latest alone", n)
		}
		truth, _ := w.box.Log(run.RunID)
		sameJSON(t, h.truth(), truth)
	})
}

func TestStreamIsClosedAfter570Seconds(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("ultra8x", "takes:2h"))
		streams := 0
		for {
			var h heard
			age := took(func() { h = w.listen(run.RunID) })
			streams++
			if h.err != nil {
				t.Fatal(h.err)
			}
			if h.status(t, 0) == parallel.StatusCompleted || len(h.events) > 0 && lastIs(h, parallel.StatusCompleted) {
				break
			}
			if age != 570*time.Second {
				t.Fatalf("stream %d ended after %s", streams, age)
			}
		}
		if streams != 13 {
			t.Errorf("%d streams in two hours, want 13", streams)
		}
	})
}

func lastIs(h heard, want parallel.Status) bool {
	s, ok := h.events[len(h.events)-1].State()
	return ok && s.Run.Status == want
}

func TestScaleAppliesToTheCloseToo(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "never-ends"))
		if age := took(func() { w.listen(run.RunID) }); age != 57*time.Second {
			t.Errorf("the stream ended after %s, want 57 s", age)
		}
	}, sandbox.WithScale(10))
}

func TestStreamFaults(t *testing.T) {
	for name, c := range map[string]struct {
		stream sandbox.Stream
		err    error
		events int // -1: all
	}{
		"sound":         {sandbox.Stream{}, nil, 6},
		"cut":           {sandbox.Stream{Fault: sandbox.Cut, After: 3}, io.ErrUnexpectedEOF, 3},
		"cut inside":    {sandbox.Stream{Fault: sandbox.CutInside, After: 3}, io.ErrUnexpectedEOF, 3},
		"cut at once":   {sandbox.Stream{Fault: sandbox.Cut}, io.ErrUnexpectedEOF, 0},
		"ends early":    {sandbox.Stream{Fault: sandbox.EndEarly, After: 4}, nil, 4},
		"silent a bit":  {sandbox.Stream{Fault: sandbox.FallSilent, After: 2, Hold: time.Hour}, io.ErrUnexpectedEOF, 2},
		"CRLF":          {sandbox.Stream{Framing: sandbox.Framing{LineEnd: "\r\n"}}, nil, 6},
		"CR":            {sandbox.Stream{Framing: sandbox.Framing{LineEnd: "\r"}}, nil, 6},
		"BOM, comments": {sandbox.Stream{Framing: sandbox.Framing{BOM: true, Comments: true}}, nil, 6},
		"many lines":    {sandbox.Stream{Framing: sandbox.Framing{MultiLine: true, NoSpace: true}}, nil, 6},
		"byte by byte":  {sandbox.Stream{Framing: sandbox.Framing{Bytewise: true}}, nil, 6},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				run := w.create(simple("lite", ""))
				h := w.listen(run.RunID)
				if !errors.Is(h.err, c.err) || (c.err == nil) != (h.err == nil) {
					t.Errorf("it ended with %v, want %v", h.err, c.err)
				}
				if len(h.events) != c.events {
					t.Errorf("it brought %d events, want %d", len(h.events), c.events)
				}
				again := w.listen(run.RunID)
				truth, _ := w.box.Log(run.RunID)
				sameJSON(t, again.truth(), truth)
			}, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
				return fourMessages(c.stream), true
			}))
		})
	}
}

// fourMessages is a script with four messages and a stream for the time before its end.
func fourMessages(live ...sandbox.Stream) sandbox.Script {
	s := sandbox.Script{Live: live, End: sandbox.End{At: time.Minute, Status: parallel.StatusCompleted}}
	var trace sandbox.Events
	for i := range 4 {
		at := time.Duration(i+1) * 10 * time.Second
		trace = append(trace, sandbox.Event{At: at, Type: parallel.EventMessagePrefix + "plan", Message: "again", Untimed: i > 1})
	}
	s.Trace = trace
	return s
}

func TestNoHeadersHoldsUntilTheClientGoes(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("lite", "no-headers"))
		w.patience = time.Hour
		var h heard
		if waited := took(func() { h = w.listen(run.RunID) }); waited != time.Hour || h.err == nil || len(h.events) > 0 {
			t.Errorf("after %s it ended with %v and %d events", waited, h.err, len(h.events))
		}
	})
}

func TestRefusedStream(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("lite", "server-error:1"))
		h := w.listen(run.RunID)
		if api, ok := errors.AsType[*parallel.APIError](h.err); !ok || api.StatusCode != 500 || !api.WellFormed {
			t.Errorf("got %v, want 500 with an error body", h.err)
		}
	}, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
		return fourMessages(sandbox.Stream{Refuse: 500}), true
	}))
}

func TestReplayAfterTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		replay        sandbox.Replay
		first, second int // messages of two streams opened after the end
	}{
		"all":            {sandbox.ReplayAll, 4, 4},
		"half":           {sandbox.ReplayHalf, 2, 2},
		"none":           {sandbox.ReplayNone, 0, 0},
		"all until sent": {sandbox.ReplayUnlessSent, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				run := w.create(simple("lite", ""))
				time.Sleep(time.Hour)
				kind := parallel.EventMessagePrefix + "plan"
				if n := w.listen(run.RunID).kinds()[kind]; n != c.first {
					t.Errorf("the first stream brought %d messages, want %d", n, c.first)
				}
				h := w.listen(run.RunID)
				if n := h.kinds()[kind]; n != c.second {
					t.Errorf("the second stream brought %d messages, want %d", n, c.second)
				}
				if last, ok := h.events[len(h.events)-1].State(); !ok || last.Output == nil {
					t.Error("the closing state has no output")
				}
			}, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
				s := fourMessages()
				s.Replay = c.replay
				return s, true
			}))
		})
	}
}

func TestCloseEndsOpenStreams(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "never-ends"))
		done := make(chan heard)
		go func() { done <- w.listen(run.RunID) }()
		time.Sleep(time.Minute)
		if err := w.box.Close(); err != nil {
			t.Fatal(err)
		}
		if h := <-done; h.err == nil || len(h.events) == 0 {
			t.Errorf("the stream ended with %v after %d events, want cut", h.err, len(h.events))
		}
	})
}
