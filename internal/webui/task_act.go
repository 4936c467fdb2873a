package webui

import (
	"net/http"
)

// cancel stops following a task.
func (ui *UI) cancel(w http.ResponseWriter, r *http.Request) error {
	t, err := ui.service.Cancel(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return done(w, r, "/tasks/"+t.ID)
}

// submitAgain sends a task again whose submission is unknown; the page has said that it may be billed twice.
func (ui *UI) submitAgain(w http.ResponseWriter, r *http.Request) error {
	t, err := ui.service.SubmitAgain(r.Context(), r.PathValue("id"))
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
