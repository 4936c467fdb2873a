package webui

import (
	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

// cancelAsk is what a cancel would do, said before it is done.
type cancelAsk struct {
	Button  string // that asks
	Heading string
	Confirm string // the button that does it
	Text    string
}

// cancelOf returns nil for a task that cannot be cancelled, or is being cancelled already.
func cancelOf(t taskyard.Task, up taskyard.Upstream) *cancelAsk {
	if t.Settled() || t.CancelRequested {
		return nil
	}
	at := wording.Title(up.Name)
	ask := &cancelAsk{Button: "Cancel", Heading: "Cancel this task?", Confirm: "Cancel the task"}
	switch {
	case t.RunID == "" && t.Submission == taskyard.SubmissionNone:
		ask.Text = "It has not been sent to " + at + ". It will not be, and nothing is billed."
	case t.RunID == "" && t.Submission == taskyard.SubmissionSending && up.Cancels:
		ask.Text = "It is being sent to " + at + ". If that makes a run, the run is cancelled there."
	case t.RunID == "" && t.Submission == taskyard.SubmissionSending:
		ask.Text = "It is being sent to " + at + ". If that makes a run, this server does not follow it. " + wording.CannotCancel(up)
	case t.RunID == "":
		ask.Text = "It is not sent again. " + unknownRun(up)
	case up.Cancels:
		ask.Text = sentence(at) + " cancels the run. This server keeps what it has heard; there will be no result."
	default:
		ask.Button, ask.Heading, ask.Confirm = "Stop following", "Stop following this task?", "Stop following"
		ask.Text = wording.CannotCancel(up) + " This server keeps what it has heard and does not fetch the result."
	}
	return ask
}

func unknownRun(up taskyard.Upstream) string {
	if up.Simulated {
		return "If there is a run, it goes on at " + wording.Title(up.Name) + "."
	}
	return "If there is a run at " + wording.Title(up.Name) + ", it may go on and be billed."
}
