package webui

import (
	"encoding/json"

	"github.com/taskyard/taskyard"
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
	SubmitAgain bool // offer it: the submission's outcome is unknown
}

// troubleOf returns nil for a task that runs or has ended well.
func troubleOf(t taskyard.Task) *trouble {
	switch {
	case t.Status == taskyard.StatusSubmissionUnknown:
		return &trouble{
			Tone: "warn", Heading: "Nobody knows whether this task was accepted", SubmitAgain: true,
			Message: "The task was sent to " + t.Upstream + ", and the answer was lost. A run may exist there and may be billed.",
			Hint: "This server does not send it again by itself, because that could be paid for twice. " +
				"Look at your account first, or submit it again if you accept that.",
		}
	case t.Error != nil:
		return failure(*t.Error)
	case t.Status == taskyard.StatusFailed:
		return &trouble{Tone: "fail", Heading: "The task failed", Message: "No reason was given."}
	case t.Status == taskyard.StatusCancelled:
		return &trouble{
			Tone: "idle", Heading: "Nobody follows this task any more",
			Message: "This server stopped following it. The run itself may have gone on upstream and may be billed.",
		}
	case t.Status == taskyard.StatusActionRequired:
		return &trouble{
			Tone: "warn", Heading: t.Upstream + " asks for an action", Message: t.Activity.Reason,
			Hint: "The newest messages in the timeline say which. This page keeps watching.",
		}
	default:
		return nil
	}
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
		}
		shown = append(shown, v)
	}
	return shown
}
