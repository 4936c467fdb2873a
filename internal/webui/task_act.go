package webui

import (
	"context"
	"net/http"

	"github.com/taskyard/taskyard"
)

// cancel ends a task, with its run where upstream can; the page has said which.
func (ui *UI) cancel(w http.ResponseWriter, r *http.Request) error {
	return ui.change(w, r, ui.service.Cancel)
}

// submitAgain sends a task again whose submission is unknown; the page has said that it may be billed twice.
func (ui *UI) submitAgain(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, doc, err := ui.taskAndDocument(r)
	if err != nil {
		return err
	}
	ask, err := ui.mustAsk(r, t.Upstream, taskyard.Submit{Request: doc.Request})
	if err != nil {
		return err
	}
	if ask != nil && t.Submission == taskyard.SubmissionUnknown { // of any other the service says why it is not sent
		return ui.askOnPage(w, r, t, ask)
	}
	return ui.change(w, r, ui.service.SubmitAgain)
}

// taskAndDocument reads the task that an address names, with its request.
func (ui *UI) taskAndDocument(r *http.Request) (taskyard.Task, taskyard.Document, error) {
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return t, taskyard.Document{}, notHere(err)
	}
	doc, err := ui.store.Document(r.Context(), t.ID)
	if err != nil {
		return t, doc, notHere(err)
	}
	return t, doc, nil
}

// change does something to a task and shows it. The second of two clicks finds the task changed by the first, or ended
// meanwhile: then its page says more than an error would.
func (ui *UI) change(w http.ResponseWriter, r *http.Request, do func(context.Context, string) (taskyard.Task, error)) error {
	t, err := do(r.Context(), r.PathValue("id"))
	if taskyard.CodeOf(err) == taskyard.CodeConflict && !wantsJSON(r) {
		t, err = ui.store.Task(r.Context(), r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return done(w, r, "/tasks/"+t.ID)
}

// remove deletes a task with its log.
func (ui *UI) remove(w http.ResponseWriter, r *http.Request) error {
	if err := ui.service.Delete(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return done(w, r, "/tasks")
}

// done ends an action: scripts go on with the page they have, browsers without script get the next one.
func done(w http.ResponseWriter, r *http.Request, next string) error {
	if wantsJSON(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// breakIt breaks something of a simulated run while it goes on.
func (ui *UI) breakIt(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	if !ui.viewer(r.Context()).MayChange(t) {
		return taskyard.Errorf(taskyard.CodeForbidden, "This task is somebody else's.")
	}
	if !ui.simulated(t.Upstream) || t.RunID == "" || t.Settled() {
		return taskyard.Errorf(taskyard.CodeConflict, "Only a simulated run that goes on can be broken.")
	}
	if err := ui.breakRun(t.RunID, r.PostForm.Get("what")); err != nil {
		return err
	}
	return done(w, r, "/tasks/"+t.ID+"#timeline")
}
