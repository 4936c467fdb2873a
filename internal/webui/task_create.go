package webui

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// create takes the composer's form: from the script, which wants JSON, and from a browser without one.
func (ui *UI) create(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := readValues(r)
	if err := ui.checkKey(r, v); err != nil {
		return ui.refuse(w, r, v, err)
	}
	list, err := ui.submissions(r, v)
	if err != nil {
		return ui.refuse(w, r, v, err)
	}
	if ask, err := ui.mustAsk(r, v.Upstream, list...); err != nil {
		return err
	} else if ask != nil {
		return ui.askInForm(w, r, v, ask)
	}
	made, err := ui.submitAll(r, list)
	if err != nil {
		return ui.refuse(w, r, v, err)
	}
	location := "/tasks/" + made[0]
	if len(made) > 1 {
		location = "/compare?" + url.Values{"id": made}.Encode()
	}
	if wantsJSON(r) {
		writeJSON(w, http.StatusCreated, created{TaskID: made[0], Location: location})
		return nil
	}
	http.Redirect(w, r, location, http.StatusSeeOther) //nolint:gosec // made of ids that this server chose
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
	case taskyard.CodeOf(err) == taskyard.CodeUnavailable:
		return err
	case err != nil: // the sender's affair, and no line for the log
		return taskyard.Invalid("", "The form could not be read.")
	default:
		return nil
	}
}

// submissions are what a form asks for: a request for each processor that was chosen. All are written before the first is
// sent, so that what one of them lacks stops all; each has a token of its own, so that the form, sent again after a fault
// in the middle, makes only what is missing.
func (ui *UI) submissions(r *http.Request, v values) ([]taskyard.Submit, error) {
	several, err := v.each()
	if err != nil {
		return nil, err
	}
	if _, err := taskyard.ParseVisibility(v.Visibility); v.Visibility != "" && err != nil {
		return nil, err
	}
	var list []taskyard.Submit
	for i, one := range several {
		body, err := one.request(ui.simulated(v.Upstream))
		if err != nil {
			return nil, err
		}
		token := r.PostForm.Get("token")
		if i > 0 && token != "" {
			token += "/" + one.processorName()
		}
		list = append(list, taskyard.Submit{APIKey: ui.keyFor(r, v.Upstream), Upstream: v.Upstream, Betas: words(v.Betas), Request: body, IdempotencyKey: token, Visibility: taskyard.Visibility(v.Visibility)})
	}
	return list, nil
}

// submitAll makes a task of each, and returns their ids.
func (ui *UI) submitAll(r *http.Request, list []taskyard.Submit) ([]string, error) {
	var made []string
	for _, one := range list {
		t, _, err := ui.service.Submit(r.Context(), one)
		if err != nil {
			return nil, partly(err, len(made), len(list))
		}
		made = append(made, t.ID)
	}
	return made, nil
}

// partly says how many tasks there are although the form was refused.
func partly(err error, made, of int) error {
	var e *taskyard.Error
	if made == 0 || !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Message = fmt.Sprintf("%d of %d tasks were made and are in the list, then: %s", made, of, e.Message)
	return &told
}

// each is the form once for every processor that it names.
func (v values) each() ([]values, error) {
	list, names := []values{v}, []string{v.processorName()}
	if v.ByHand {
		return list, nil // the body names one
	}
	for _, name := range v.Also {
		if slices.Contains(names, name) {
			continue
		}
		one := v
		one.Processor, one.Fast, one.Other = name, false, name
		list, names = append(list, one), append(names, name)
	}
	if len(list) > mostCompared {
		return nil, taskyard.Invalid("processor", "One input can run on %d processors at once.", mostCompared)
	}
	return list, nil
}

// refuse says beside the field what is wrong with it.
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
	c := ui.composerAgain(r, v)
	c.Errors[field] = strings.TrimSpace(message + " " + c.Errors[field])
	return ui.renderHome(w, r, status, c)
}

// composerAgain is the form as it was sent, but for its secrets, and with a new token: what is sent next is a new wish.
func (ui *UI) composerAgain(r *http.Request, v values) composer {
	shown, left := v.withoutSecrets()
	c := ui.composer(r.Context(), shown)
	c.Prefilled = true
	c.Lint = ui.findingsOf(v)
	if c.KeyLeftOut = typedKey(r) != "" && !ui.simulated(v.Upstream); c.KeyLeftOut {
		left = append([]string{"api_key"}, left...)
	}
	c.leftOut(left)
	c.sealedNotes(v.sealedFields())
	return c
}
