package webui

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/taskyard/taskyard"
)

// followed is the task that a new one goes on from.
type followed struct{ ID, Title string }

// canFollow reports whether upstream can go on from a task: it has completed, and has a name for what it knows.
func canFollow(t taskyard.Task) bool {
	return t.Status == taskyard.StatusCompleted && interactionOf(t) != ""
}

// interactionOf is what a follow-up names. Runs of before interactions were told apart have that of the run.
func interactionOf(t taskyard.Task) string { return cmp.Or(t.InteractionID, t.RunID) }

// composerFollowing is a form for a task that goes on from another, on the same upstream: no other knows of it.
func (ui *UI) composerFollowing(r *http.Request, id string) (composer, error) {
	t, err := ui.store.Task(r.Context(), id)
	if errors.Is(err, taskyard.ErrNotFound) {
		t, err = taskyard.Task{}, nil // which cannot be followed
	}
	if err != nil {
		return composer{}, fmt.Errorf("read task: %w", err)
	}
	v := fresh()
	if !canFollow(t) {
		c := ui.composer(r.Context(), v)
		c.Notice = "That task cannot be followed up: it has not completed, or it is no longer on this server."
		return c, nil
	}
	v.Upstream, v.Previous, v.Betas, v.Visibility = t.Upstream, interactionOf(t), t.Betas, string(keptPrivate(t))
	v.takeProcessor(encode(t.Processor))
	c := ui.composer(r.Context(), v)
	c.Follow, c.Prefilled = &followed{ID: t.ID, Title: titleOf(t)}, true
	return c, nil
}
