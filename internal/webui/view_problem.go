package webui

import (
	"encoding/json"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
	"github.com/taskyard/taskyard/parallel"
)

// trouble is a box that says what went wrong and what to do next.
type trouble struct {
	Tone        string // fail, warn or idle
	Heading     string
	Message     string
	RefID       string
	Status      int
	Detail      string
	Hint        string
	SubmitAgain string // the risk of it, where it is offered: the submission's outcome is unknown
}

// troubleOf returns nil for a task that runs or has ended well.
func troubleOf(t taskyard.Task, up taskyard.Upstream) *trouble {
	switch {
	case t.Status == taskyard.StatusSubmissionUnknown:
		return unknownOutcome(up)
	case t.Status == taskyard.StatusCancelled:
		return cancelled(t, up)
	case t.Error != nil:
		return failure(*t.Error)
	case t.Status == taskyard.StatusFailed:
		return &trouble{Tone: "fail", Heading: "The task failed", Message: "No reason was given."}
	case t.Status == taskyard.StatusActionRequired:
		return &trouble{
			Tone: "warn", Heading: t.Upstream + " asks for an action", Message: t.Activity.Reason,
			Hint: "The newest messages in the timeline say which. This page keeps watching.",
		}
	default:
		return nil
	}
}

// unknownOutcome stands below the line that says what has happened and what comes next.
func unknownOutcome(up taskyard.Upstream) *trouble {
	box := &trouble{
		Tone: "warn", Heading: "Nobody knows whether this task was accepted", SubmitAgain: "It may be billed twice.",
		Hint: "This server does not send it again by itself: if there is a run already, a second one is billed too.",
	}
	if up.Simulated {
		box.SubmitAgain, box.Hint = "There may be two runs then.", "This server does not send it again by itself, as it would not with a run that is billed."
	}
	return box
}

// cancelled is about a run that has ended so, or one that this server let go.
func cancelled(t taskyard.Task, up taskyard.Upstream) *trouble {
	if t.Error == nil {
		return &trouble{
			Tone: "idle", Heading: "The run was cancelled",
			Message: "It has ended at " + wording.Title(up.Name) + ", and there is no result.",
		}
	}
	box := failure(*t.Error)
	box.Tone, box.Heading, box.Message = "idle", "Nobody follows this task any more", sentence(box.Message)+"."
	if t.RunID == "" && t.Submission == taskyard.SubmissionNone {
		box.Heading = "The task was cancelled"
	}
	return box
}

func failure(e taskyard.TaskError) *trouble {
	f := &trouble{Tone: "fail", Heading: headingOf(e.Status), RefID: e.RefID, Status: e.Status, Hint: e.Hint}
	f.Message, _ = cut(e.Message, 4_000)
	if f.Hint == "" {
		f.Hint = hintOf(e.Status)
	}
	if len(e.Detail) > 0 && string(e.Detail) != "null" {
		f.Detail, _ = prettyJSON(e.Detail)
		f.Detail, _ = cut(f.Detail, 8_000)
	}
	return f
}

func headingOf(status int) string {
	switch status {
	case 401:
		return "The API key was refused"
	case 402:
		return "The account has no credit left"
	case 403:
		return "This processor is not open to this key"
	case 404:
		return "The upstream does not know this run"
	case 422:
		return "The upstream refused the request"
	case 429:
		return "Too many requests"
	default:
		return "The task failed"
	}
}

// hintOf is for errors that came without one.
func hintOf(status int) string {
	switch status {
	case 401:
		return "Check the key and submit again: “Duplicate and edit” keeps everything else."
	case 402:
		return "Add credit at the upstream, or wait: running tasks reserve some until they end. Then duplicate this task."
	case 403:
		return "Choose another processor, or ask the upstream to open this one for your key."
	case 422:
		return "Change the field that the message names, with “Duplicate and edit”."
	default:
		return ""
	}
}

// warning is one of upstream's warnings.
type warning struct {
	Type    string
	Message string
	Detail  string
	Field   string // what it is about; "" if it names nothing
	Link    string // where that is on the page
}

// aboutOf finds the field that a warning names: one of the request, or one of the result.
func aboutOf(detail json.RawMessage) (field, link string) {
	var d struct {
		Field string `json:"field"`
	}
	if json.Unmarshal(detail, &d) != nil || d.Field == "" {
		return "", ""
	}
	field, _ = cut(d.Field, 120)
	for _, part := range []string{"input", "task_spec", "source_policy", "metadata", "mcp_servers", "webhook", "advanced_settings"} {
		if field == part || strings.HasPrefix(field, part+".") {
			return field, "#request"
		}
	}
	return field, "?view=table#result"
}

func warningsOf(raw json.RawMessage) []warning {
	var list []parallel.Warning
	_ = json.Unmarshal(raw, &list) // fields of unexpected types stay empty; the JSON view has them
	var shown []warning
	for _, w := range list[:min(len(list), 50)] {
		v := warning{Type: w.Type}
		v.Message, _ = cut(w.Message, 2_000)
		if len(w.Detail) > 0 && string(w.Detail) != "null" {
			v.Detail, _ = cut(compactJSON(w.Detail), 2_000)
			v.Field, v.Link = aboutOf(w.Detail)
		}
		shown = append(shown, v)
	}
	return shown
}
