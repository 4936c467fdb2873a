package webui

import (
	"bytes"
	"net/http"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/wording"
)

// againAsk is what running a task's request once more would do, said before it is done where it costs something.
type againAsk struct {
	TaskID   string
	Token    string // makes one task of two clicks
	Asks     bool
	NeedsKey bool // the task's own was erased at its end
	Button   string
	Text     string
}

// againOf returns nil while the task goes on.
func againOf(t taskyard.Task, up taskyard.Upstream) *againAsk {
	if !t.Settled() {
		return nil
	}
	ask := &againAsk{TaskID: t.ID, Token: taskyard.NewID(), Button: "Run again"}
	if up.Simulated {
		return ask
	}
	ask.Asks, ask.NeedsKey, ask.Button = true, !up.HasKey, "Run, price unknown"
	ask.Text = wording.Title(up.Name) + " bills it like any other run."
	if p := price(t.Processor); p != "" {
		ask.Button = "Run for " + p
	}
	return ask
}

// runAgain makes a new task of a task's request. What was sealed is gone: then the form is shown, to be completed.
func (ui *UI) runAgain(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	old, err := ui.store.Task(r.Context(), id)
	if err != nil {
		return notHere(err)
	}
	doc, err := ui.store.Document(r.Context(), id)
	if err != nil {
		return notHere(err)
	}
	if bytes.Contains(doc.Request, encode(taskyard.Redacted)) {
		http.Redirect(w, r, "/?from="+old.ID, http.StatusSeeOther)
		return nil
	}
	once := taskyard.Submit{
		APIKey: ui.keyFor(r, old.Upstream), Upstream: old.Upstream, Betas: words(old.Betas), Request: doc.Request, IdempotencyKey: r.PostForm.Get("token"), Visibility: keptPrivate(old),
	}
	if ask, err := ui.mustAsk(r, old.Upstream, once); err != nil {
		return err
	} else if ask != nil {
		return ui.askOnPage(w, r, old, ask)
	}
	t, _, err := ui.service.Submit(r.Context(), once)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/tasks/"+t.ID, http.StatusSeeOther)
	return nil
}

// keptPrivate is the visibility of what is made of a task: what comes of a private one is private, too.
func keptPrivate(of taskyard.Task) taskyard.Visibility {
	if of.Visibility == taskyard.Private {
		return taskyard.Private
	}
	return "" // the server's default
}
