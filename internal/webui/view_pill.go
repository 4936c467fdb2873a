package webui

import "github.com/taskyard/taskyard"

// pill is a status as it is shown: a word and a shape, so that colour is never alone.
type pill struct {
	Status taskyard.Status
	Word   string
	Icon   string // id of a symbol in _icons.html
	Tone   string // ok, fail, warn, live, idle
}

// pillTable has the statuses that we know; allPills ships it to the scripts as a template.
var pillTable = []pill{
	{taskyard.StatusPending, "Waiting", "clock", "idle"},
	{taskyard.StatusQueued, "Queued", "clock", "idle"},
	{taskyard.StatusRunning, "Running", "dot", "live"},
	{taskyard.StatusActionRequired, "Action required", "hand", "warn"},
	{taskyard.StatusCompleted, "Completed", "check", "ok"},
	{taskyard.StatusFailed, "Failed", "cross", "fail"},
	{taskyard.StatusCancelling, "Cancelling", "stop", "idle"},
	{taskyard.StatusCancelled, "Cancelled", "stop", "idle"},
	{taskyard.StatusSubmissionUnknown, "Submission unknown", "question", "warn"},
}

func allPills() []pill { return pillTable }

// pillOf shows a status that we do not know as it came.
func pillOf(s taskyard.Status) pill {
	for _, p := range pillTable {
		if p.Status == s {
			return p
		}
	}
	word, _ := cut(string(s), 60)
	return pill{Status: s, Word: word, Icon: "ring", Tone: "idle"}
}
