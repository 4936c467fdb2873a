package webui

import (
	"strings"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

// eventRow is one event in the timeline. What it says is worked out here and in internal/wording for the stored part,
// and in assets/js/lib/events.js for the live part; testdata/events.json holds both to one table.
type eventRow struct {
	TaskID  string
	Seq     int64
	At      time.Time
	Elapsed string // since the task was created: +02:14
	Delta   string // since the row above: +9 s; "" below one second
	Gap     string // set when nothing was heard for long before this row
	saying
}

// saying is what an event says.
type saying struct {
	Group string // glyph and colour: plan, search, tool, result, status, progress, state, error, note, other
	Label string
	Text  string
	Mono  bool // Text is JSON
	Cut   bool // Text is only the beginning
}

// quiet is how long nothing must be heard for the timeline to draw the gap.
const quiet = 30 * time.Second

// rowOf shows ev; before is when the event above it was heard (zero if there is none).
func rowOf(ev taskyard.Event, created, before time.Time) eventRow {
	row := eventRow{Seq: ev.Seq, At: ev.At, Elapsed: "+" + clock(ev.At.Sub(created)), saying: say(ev)}
	if before.IsZero() {
		return row
	}
	switch delta := ev.At.Sub(before); {
	case delta >= quiet:
		row.Gap = "quiet for " + span(delta)
		row.Delta = "+" + span(delta)
	case delta >= time.Second:
		row.Delta = "+" + span(delta)
	}
	return row
}

// say never hides an event: what is not of a known shape is shown as its type and JSON.
func say(ev taskyard.Event) saying {
	s := describe(ev.Type)
	s.Text, s.Mono = wording.Event(ev)
	s.Text, s.Cut = cut(s.Text, maxEventText)
	return s
}

func describe(kind string) saying {
	name, isMessage := strings.CutPrefix(kind, wording.MessageKind)
	switch {
	case isMessage:
		return saying{Group: groupOf(name), Label: labelOf(name)}
	case kind == "task_run.state":
		return saying{Group: "state", Label: "State"}
	case kind == "task_run.progress_stats":
		return saying{Group: "progress", Label: "Progress"}
	case kind == "error":
		return saying{Group: "error", Label: "Error"}
	case strings.HasPrefix(kind, taskyard.NotePrefix):
		return saying{Group: "note", Label: "This server"}
	default:
		label, _ := cut(kind, 80)
		return saying{Group: "other", Label: label}
	}
}

// groupOf maps upstream's kinds of messages to the groups that the timeline draws.
func groupOf(name string) string {
	switch name {
	case "plan", "reasoning", "analysis":
		return "plan"
	case "search":
		return "search"
	case "tool", "tool_call":
		return "tool"
	case "result":
		return "result"
	default:
		return "status"
	}
}

// labelOf makes words of a kind: tool_call → Tool call.
func labelOf(name string) string {
	if name == "exec_status" {
		return "Status"
	}
	label, _ := cut(strings.ReplaceAll(name, "_", " "), 80)
	return sentence(label)
}

// groupChoice is a button that shows or hides kinds of events.
type groupChoice struct{ Label, Groups string }

func eventGroups() []groupChoice {
	return []groupChoice{
		{"Plan", "plan"}, {"Search", "search"}, {"Tool", "tool"}, {"Result", "result"}, {"Status", "status"}, {"Progress", "progress"}, {"Others", "state note error other"},
	}
}
