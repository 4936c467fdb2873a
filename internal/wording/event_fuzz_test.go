package wording

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// Whatever an event or a reason is, what is said of it is text that can be shown, within its bounds.
func FuzzEvent(f *testing.F) {
	for _, s := range []struct{ kind, data, reason string }{
		{"task_run.progress_msg.plan", `{"message":"a"}`, "upstream said no (ref_id x)"}, {"task_run.state", `{"run":{"status":"x_y","error":{"message":"m","ref_id":"r"}},"output":{}}`, "é"}, {"task_run.progress_stats", `{"source_stats":{"num_sources_read":-9223372036854775808},"progress_meter":1e308}`, ""},
		{"error", `{"error":7}`, "\xff"}, {taskyard.NoteSettled, `{"status":"a_b"}`, strings.Repeat("é", 400)}, {taskyard.NoteSubmitRetry, `{"attempt":1e99}`, " (ref_id "}, {"", "\xff", "."}, {"task_run.state", `[`, "a\nb"},
	} {
		f.Add(s.kind, []byte(s.data), s.reason, int64(time.Minute))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte, reason string, away int64) {
		if !utf8.Valid(data) || !utf8.ValidString(reason) {
			return // they are not stored
		}
		text, isJSON := Event(taskyard.Event{Type: kind, Data: data})
		if !utf8.ValidString(text) || isJSON && json.Valid(data) && !json.Valid([]byte(text)) {
			t.Errorf("%q %q says %q (%t)", kind, data, text, isJSON)
		}
		if short, isCut := Cut(text, 10); utf8.RuneCountInString(short) > 11 || isCut == (short == text) {
			t.Errorf("%q is cut to %q", text, short)
		}
		now := time.Unix(1_700_000_000, 0)
		at := now.Add(time.Duration(away))
		for _, phase := range []taskyard.Phase{taskyard.PhaseWaiting, taskyard.PhaseRetrying, taskyard.PhaseReconnecting, taskyard.PhasePolling, taskyard.PhaseUnknown, taskyard.PhaseCancelling, taskyard.Phase(kind)} {
			task := taskyard.Task{Activity: taskyard.Activity{Phase: phase, Reason: reason, RetryAt: &at, Attempt: int(away % 100)}}
			if said := NextOf(task, taskyard.Upstream{Name: "parallel"}).Sentence(now); !utf8.ValidString(said) || len(said) > 4*maxReason+1000 {
				t.Errorf("%q in the phase %q is said as %q", reason, phase, said)
			}
		}
	})
}
