package webui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

var shownEvidence = regexp.MustCompile(`<details class="evidence" data-field="[^"]*" data-confidence="([^"]*)"`)

// The summary above a table counts the very evidence that a review goes through.
func TestSummaryCountsWhatTheReviewGoesThrough(t *testing.T) {
	s := everything(t)
	page := s.page(t, "/tasks/nested?view=table")
	counts := map[string]int{}
	shown := shownEvidence.FindAllStringSubmatch(page, -1)
	for _, match := range shown {
		counts[match[1]]++
	}
	want := fmt.Sprintf("10 fields · evidence at %d: %d high · %d medium · %d low · %d unheard-of", len(shown), counts["High"], counts["Medium"], counts["Low"], counts["Unheard-of"])
	if len(shown) != 6 || !strings.Contains(textOf(page), want) {
		t.Errorf("the page shows %v and lacks %q: %.300s", counts, want, textOf(page))
	}
}

// A row is as sure as the least sure of its cells.
func TestARowIsAsSureAsItsCells(t *testing.T) {
	high, low := &evidence{Confidence: confidenceOf("high")}, &evidence{Confidence: confidenceOf("low")}
	for _, pair := range [][2]*evidence{{high, low}, {low, high}} {
		if got := mergeEvidence(pair[0], "cell", pair[1]); got.Confidence.Word != "Low" {
			t.Errorf("%s", got.Confidence.Word)
		}
	}
}
