package webui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// eventRow is one event in the timeline. What it says is worked out here for the stored part and in
// assets/js/lib/events.js for the live part; testdata/events.json holds both to one table.
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
	s := describe(ev)
	if s.Text == "" {
		s.Text, s.Mono = compactJSON(ev.Data), true
	}
	s.Text, s.Cut = cut(s.Text, maxEventText)
	return s
}

const messageKind = "task_run.progress_msg."

func describe(ev taskyard.Event) saying {
	var data eventData
	_ = json.Unmarshal(ev.Data, &data) // fields of unexpected types stay empty, and the event is shown as JSON
	name, isMessage := strings.CutPrefix(ev.Type, messageKind)
	switch {
	case isMessage:
		return saying{Group: groupOf(name), Label: labelOf(name), Text: data.Message}
	case ev.Type == "task_run.state":
		return saying{Group: "state", Label: "State", Text: data.state()}
	case ev.Type == "task_run.progress_stats":
		return saying{Group: "progress", Label: "Progress", Text: data.stats()}
	case ev.Type == "error":
		return saying{Group: "error", Label: "Error", Text: data.Error.text()}
	case strings.HasPrefix(ev.Type, taskyard.NotePrefix):
		return saying{Group: "note", Label: "This server", Text: data.note(ev.Type)}
	default:
		label, _ := cut(ev.Type, 80)
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

func compactJSON(data json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, data) != nil {
		return strings.ToValidUTF8(string(data), "�")
	}
	return b.String()
}

// eventData has the fields that we read of any event.
type eventData struct {
	Message string `json:"message"`
	Run     struct {
		Status string     `json:"status"`
		Error  errorField `json:"error"`
	} `json:"run"`
	Output  json.RawMessage `json:"output"`
	Sources struct {
		Considered *int64   `json:"num_sources_considered"`
		Read       *int64   `json:"num_sources_read"`
		Sample     []string `json:"sources_read_sample"`
	} `json:"source_stats"`
	Meter *float64   `json:"progress_meter"`
	Error errorField `json:"error"`

	// of our notes
	Processor string `json:"processor"`
	Upstream  string `json:"upstream"`
	RunID     string `json:"run_id"`
	Attempt   int    `json:"attempt"`
	Reason    string `json:"reason"`
	Status    string `json:"status"`
	Text      string `json:"text"`
}

type errorField struct {
	Message string `json:"message"`
	RefID   string `json:"ref_id"`
}

func (e errorField) text() string {
	if e.RefID != "" && e.Message != "" {
		return e.Message + " (" + e.RefID + ")"
	}
	return e.Message
}

func (d eventData) state() string {
	text := d.Run.Status
	if text == "" {
		return ""
	}
	text = sentence(strings.ReplaceAll(text, "_", " "))
	if len(d.Output) > 0 && string(d.Output) != "null" {
		text += ", with the output"
	}
	if reason := d.Run.Error.text(); reason != "" {
		text += ": " + reason
	}
	return text
}

func (d eventData) stats() string {
	line := sourcesLine(taskyard.Progress{SourcesConsidered: d.Sources.Considered, SourcesRead: d.Sources.Read})
	switch {
	case d.Meter != nil && line != "":
		return percent(*d.Meter) + ", " + line
	case d.Meter != nil:
		return percent(*d.Meter)
	default:
		return line
	}
}

// note says what this server did. Notes of a newer version, unknown here, are shown as JSON.
func (d eventData) note(kind string) string {
	because := ""
	if d.Reason != "" {
		because = ": " + d.Reason
	}
	switch kind {
	case taskyard.NoteCreated:
		return "Task stored" + given(" for ", d.Processor) + given(" on ", d.Upstream)
	case taskyard.NoteRunCreated:
		return "The upstream accepted the task" + given(" as ", d.RunID)
	case taskyard.NoteSubmitRetry:
		return fmt.Sprintf("Attempt %d to submit did not get through%s", d.Attempt, because)
	case taskyard.NoteSubmissionUnknown:
		return "The answer to the submission was lost" + because
	case taskyard.NoteSubmittedAgain:
		return "Submitted again by the user"
	case taskyard.NoteStreamReopened:
		return "Event stream opened again" + because
	case taskyard.NoteInvalidFrame:
		return "The upstream sent something that is not JSON" + given(": ", d.Text)
	case taskyard.NoteResultRetry:
		return "The result could not be fetched yet" + because
	case taskyard.NoteCancelRequested:
		return "The user stopped following the task"
	case taskyard.NoteSettled:
		return "Task ended" + given(" as ", strings.ReplaceAll(d.Status, "_", " "))
	default:
		return ""
	}
}

func given(before, value string) string {
	if value == "" {
		return ""
	}
	return before + value
}
