package webui

import (
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

// name changes what a task is called.
func (ui *UI) name(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	title := r.PostForm.Get("title")
	t, err := ui.store.Name(r.Context(), r.PathValue("id"), taskyard.Naming{Title: &title, Tags: strings.Split(r.PostForm.Get("tags"), ",")})
	if taskyard.CodeOf(err) == taskyard.CodeNotFound {
		return notHere(err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/tasks/"+t.ID)
}
