package wording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
)

// MessageKind begins the types of a run's progress messages.
const MessageKind = "task_run.progress_msg."

// Event returns what an event says. What is not of a known shape says its JSON, and isJSON is true. assets/js/lib of
// the pages has the same in script.
func Event(ev taskyard.Event) (text string, isJSON bool) {
	if text = known(ev); text != "" {
		return text, false
	}
	return CompactJSON(ev.Data), true
}

// CompactJSON is JSON on one line; what is none is text.
func CompactJSON(data json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, data) != nil {
		return strings.ToValidUTF8(string(data), "�")
	}
	return b.String()
}

func known(ev taskyard.Event) string {
	var data eventData
	_ = json.Unmarshal(ev.Data, &data) // fields of unexpected types stay empty, and the event says its JSON
	switch {
	case strings.HasPrefix(ev.Type, MessageKind):
		return data.Message
	case ev.Type == "task_run.state":
		return data.state()
	case ev.Type == "task_run.progress_stats":
		return data.stats()
	case ev.Type == "error":
		return data.Error.text()
	case strings.HasPrefix(ev.Type, taskyard.NotePrefix):
		return data.note(ev.Type)
	default:
		return ""
	}
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
		Considered *int64 `json:"num_sources_considered"`
		Read       *int64 `json:"num_sources_read"`
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
	text = Sentence(strings.ReplaceAll(text, "_", " "))
	if len(d.Output) > 0 && string(d.Output) != "null" {
		text += ", with the output"
	}
	if reason := d.Run.Error.text(); reason != "" {
		text += ": " + reason
	}
	return text
}

func (d eventData) stats() string {
	line := Sources(taskyard.Progress{SourcesConsidered: d.Sources.Considered, SourcesRead: d.Sources.Read})
	switch {
	case d.Meter != nil && line != "":
		return Percent(*d.Meter) + ", " + line
	case d.Meter != nil:
		return Percent(*d.Meter)
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
		return "The user cancelled the task"
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
