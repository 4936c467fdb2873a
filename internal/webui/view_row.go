package webui

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// taskRow is a task in a list. The same markup, with blank values, is shipped for the scripts to clone.
type taskRow struct {
	ID        string
	Pill      pill
	Title     string
	Tags      []string
	Processor string
	Simulated bool
	Created   time.Time
	Ago       string
	Ended     time.Time // zero while it runs
	Duration  string
	Meter     *float64
	Percent   string
	Sources   string
	Error     string
	Note      string // what this server waits for, while it waits
	HasResult bool
	Live      bool

	Selectable bool // it has a box to be marked by
}

func (ui *UI) row(t taskyard.Task) taskRow {
	now := ui.now()
	row := taskRow{
		ID: t.ID, Pill: pillOf(t.Status), Title: titleOf(t), Tags: t.Tags, Processor: t.Processor,
		Simulated: ui.simulated(t.Upstream), Created: t.CreatedAt, Ago: ago(now.Sub(t.CreatedAt)),
		Ended: t.CompletedAt, HasResult: t.HasResult, Live: !t.Settled(),
		Duration: clock(elapsed(t, now)), Sources: sourcesLine(t.Progress),
	}
	if row.Live {
		row.Note = waitsFor(t.Activity)
		if row.Meter = t.Progress.Meter; row.Meter != nil {
			row.Percent = percent(*row.Meter)
		}
	}
	if t.Error != nil {
		row.Error, _ = cut(firstLine(t.Error.Message), 160)
	}
	return row
}

// simulator is the simulator's name (docs: every task keeps its upstream). A task of it stays labelled on a
// server that has it switched off.
const simulator = "simulator"

func (ui *UI) simulated(upstream string) bool {
	for _, up := range ui.service.Upstreams() {
		if up.Name == upstream {
			return up.Simulated
		}
	}
	return upstream == simulator
}

func titleOf(t taskyard.Task) string {
	if t.Title != "" {
		return t.Title
	}
	if title := titleOfObject(t.Preview); title != "" {
		return title
	}
	if title := firstLine(t.Preview); title != "" {
		return title
	}
	return "Task " + t.ID
}

// textValue is a member of a JSON object that is a text.
var textValue = regexp.MustCompile(`":\s*"((?:[^"\\]|\\.)*)"`)

// titleOfObject names an object by its texts, as far as the preview has them: Lumen Bicycles, Netherlands.
func titleOfObject(preview string) string {
	if !strings.HasPrefix(preview, "{") {
		return ""
	}
	var texts []string
	for _, found := range textValue.FindAllStringSubmatch(preview, -1) {
		var text string
		if json.Unmarshal([]byte(`"`+found[1]+`"`), &text) == nil && strings.TrimSpace(text) != "" {
			texts = append(texts, strings.Join(strings.Fields(text), " "))
		}
	}
	return strings.Join(texts, ", ")
}

// elapsed is how long a task took, or takes so far.
func elapsed(t taskyard.Task, now time.Time) time.Duration {
	if t.Settled() {
		return t.CompletedAt.Sub(t.CreatedAt)
	}
	return now.Sub(t.CreatedAt)
}

// waitsFor is the short form of an activity for a list; phases that go well say nothing.
func waitsFor(a taskyard.Activity) string {
	switch a.Phase {
	case taskyard.PhaseRetrying:
		return "Waiting to submit again"
	case taskyard.PhaseReconnecting:
		return "Reconnecting to the upstream"
	case taskyard.PhasePolling:
		return "Events cannot be read, asking for the status"
	case taskyard.PhaseFetching:
		return "Fetching the result"
	case taskyard.PhaseCancelling:
		return "Cancelling the run"
	default:
		return ""
	}
}
