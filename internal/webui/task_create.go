package webui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

// create takes the composer's form: from the script, which wants JSON, and from a browser without one.
func (ui *UI) create(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := readValues(r)
	t, err := ui.submit(r, v)
	if err != nil {
		return ui.refuse(w, r, v, err)
	}
	location := "/tasks/" + t.ID
	if wantsJSON(r) {
		writeJSON(w, http.StatusCreated, created{TaskID: t.ID, Location: location})
		return nil
	}
	http.Redirect(w, r, location, http.StatusSeeOther)
	return nil
}

// parseForm reads both kinds of forms; a body over the limit is the only fault that deserves its own words.
func parseForm(r *http.Request) error {
	err := r.ParseMultipartForm(maxForm) // all of it in memory: the body is bounded by the same number
	if errors.Is(err, http.ErrNotMultipart) {
		err = r.ParseForm()
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return taskyard.Errorf(taskyard.CodeTooLarge, "The form is larger than %s.", size(maxForm))
	case err != nil:
		return &taskyard.Error{Code: taskyard.CodeInvalid, Message: "The form could not be read.", Err: err}
	default:
		return nil
	}
}

func (ui *UI) submit(r *http.Request, v values) (taskyard.Task, error) {
	body, err := v.request(ui.simulated(v.Upstream))
	if err != nil {
		return taskyard.Task{}, err
	}
	t, _, err := ui.service.Submit(r.Context(), taskyard.Submit{
		APIKey: strings.TrimSpace(r.PostForm.Get("api_key")), Upstream: v.Upstream,
		Betas: words(v.Betas), Request: body, IdempotencyKey: r.PostForm.Get("token"),
	})
	return t, err
}

// refuse says beside the field what is wrong with it. The key is never sent back.
func (ui *UI) refuse(w http.ResponseWriter, r *http.Request, v values, err error) error {
	status, message := ui.explain(r, err)
	if status >= http.StatusInternalServerError && !wantsJSON(r) {
		return err
	}
	message, field := sentence(message), fieldOfForm(fieldOf(err))
	if taskyard.CodeOf(err) == taskyard.CodeConflict {
		message = "This form has made a task already, and was changed since. Send it once more to make another."
	}
	if wantsJSON(r) {
		writeJSON(w, status, problem{Message: message, Field: field})
		return nil
	}
	c := ui.composer(v) // with a new token: what is sent next is a new wish
	c.Errors[field] = message
	c.Prefilled = true
	return ui.renderHome(w, r, status, c)
}
