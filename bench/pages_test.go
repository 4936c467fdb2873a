//go:build browser

package main

import (
	"testing"

	"github.com/taskyard/taskyard/internal/pgtest"
)

// The pages are measured in a real browser.
func TestPagesAreMeasured(t *testing.T) {
	pgtest.Need(t) // the harness starts one, whatever it measures
	found, err := measure(t.Context(), config{parts: []string{"pages"}}, smallPlan(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Figures) != 16 {
		t.Errorf("%d figures", len(found.Figures))
	}
	for _, f := range found.Figures {
		if f.Unit == "KiB" && f.Value < 10 || f.Unit == "MiB" && f.Value == 0 {
			t.Errorf("%+v", f)
		}
	}
	if err := printTable(t.Output(), found.Figures); err != nil {
		t.Error(err)
	}
}
