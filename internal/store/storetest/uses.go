package storetest

import (
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testUses(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	for i, d := range []struct{ upstream, processor, run string }{
		{"parallel", "pro", "trun_0"}, {"parallel", "pro", "trun_1"}, {"parallel", "pro", "trun_2"}, {"parallel", "lite", ""}, {"simulator", "lite", "trun_3"},
	} {
		task := draft(string(rune('a' + i)))
		task.Upstream, task.Processor, task.RunID, task.InteractionID = d.upstream, d.processor, d.run, d.run
		task.CreatedAt = start.Add(time.Duration(i) * time.Minute)
		mustCreate(t, s, task)
	}
	for since, want := range map[time.Time][]taskyard.Use{
		start:                       {{Upstream: "parallel", Processor: "pro", Runs: 3}, {Upstream: "simulator", Processor: "lite", Runs: 1}},
		start.Add(time.Minute):      {{Upstream: "parallel", Processor: "pro", Runs: 2}, {Upstream: "simulator", Processor: "lite", Runs: 1}},
		start.Add(10 * time.Minute): nil,
	} {
		uses, err := s.Uses(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, uses, want)
	}
}
