package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
		live: []int{10, 20, 40}, every: 100 * time.Millisecond, crowd: 5, ends: 3, listed: []int{50, 100, 200}, logged: []int{20, 40, 80},
		asked: 3, settle: 200 * time.Millisecond, window: 500 * time.Millisecond,
	}
}

// everyPart is all that needs no browser.
var everyPart = []string{"live", "lists", "logs"}

func TestHarnessMeasuresEverything(t *testing.T) {
	if os.Getenv("TASKYARD_TEST_POSTGRES") != "required" && !hasPostgres() {
		t.Skip("there is no PostgreSQL")
	}
	found, err := measure(t.Context(), config{parts: everyPart, profiles: t.TempDir()}, smallPlan(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found.Figures {
		if f.Value < 0 || f.Unit == "" || f.Under != "" && f.Floor < 0 {
			t.Errorf("%+v", f)
		}
	}
	if n := len(growths(found.Figures)); n == 0 {
		t.Error("nothing was fitted")
	}
	file := filepath.Join(t.TempDir(), "results.json")
	if err := found.write(file); err != nil {
		t.Fatal(err)
	}
	again, err := readResults(file)
	if err != nil || !slices.Equal(again.Figures, found.Figures) {
		t.Errorf("read back: %v, %v", again, err)
	}
	if err := printTable(io.Discard, found.Figures); err != nil {
		t.Error(err)
	}
	text, plots, err := again.report()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plots {
		if !bytes.Contains(text, []byte("images/performance/"+p.File)) || !bytes.Contains(p.svg, []byte("<polyline")) {
			t.Errorf("%s is not shown", p.File)
		}
	}
	_ = strings.Join
}

func hasPostgres() bool {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	return err == nil && len(found) > 0
}
