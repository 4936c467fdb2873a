package main

import (
	"os"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/pgtest"
)

// The tests' program is what the harness finds as its own, so it plays its roles too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == roleMark {
		exitOn(playRole(os.Args[2:], os.Stdin, os.Stdout))
		return
	}
	os.Exit(m.Run())
}

// smallPlan does everything that a real run does, with next to nothing of it.
func smallPlan() plan {
	return plan{
		holding: []int{20}, every: 100 * time.Millisecond, crowd: 5, calm: 50 * time.Millisecond, ends: 3, listed: []int{50}, logged: []int{80},
		asked: 3, settle: 200 * time.Millisecond, window: 500 * time.Millisecond,
	}
}

// The harness runs, and finds the program to keep every event. How fast this machine is at the moment is no matter of a test.
func TestHarnessMeasuresEverything(t *testing.T) {
	pgtest.Need(t)
	found, err := measure(t.Context(), config{parts: []string{"live", "lists", "logs", "simulator"}, profiles: t.TempDir()}, smallPlan(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	measured := make(map[string]int)
	for _, f := range found.Figures {
		measured[f.Name]++
		if f.Value < 0 || f.Unit == "" || f.Floor < 0 {
			t.Errorf("%+v", f)
		}
	}
	for _, name := range []string{
		"processor for a stored event", "memory of a live task", "creates in a burst", "restart until all tasks are followed",
		"upstream's write to a viewer's read, 5 viewers, p99", "upstream's end to a viewer's read, the latest",
		"live tasks held over two restarts, no event lost or doubled", "list page of 50, p99", "start until it serves", "disk of an event",
	} {
		if measured[name] != len(engines) {
			t.Errorf("%q was measured %d times", name, measured[name])
		}
	}
	if err := printTable(t.Output(), found.Figures); err != nil {
		t.Error(err)
	}
}
