package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/taskyard/taskyard"
)

// item is a task in a list. The first six fields are the original playground's, in its order.
type item struct {
	ID           string          `json:"id"`
	Processor    string          `json:"processor"`
	Status       taskyard.Status `json:"status"`
	CreatedAt    stamp           `json:"createdAt"`
	CompletedAt  stamp           `json:"completedAt"`
	InputPreview string          `json:"inputPreview"`

	Title           *string             `json:"title"`
	Tags            []string            `json:"tags"`
	Visibility      taskyard.Visibility `json:"visibility"`
	Upstream        string              `json:"upstream"`
	Mode            string              `json:"mode"`
	RunID           *string             `json:"runId"`
	InteractionID   *string             `json:"interactionId"`
	UpdatedAt       stamp               `json:"updatedAt"`
	Progress        taskyard.Progress   `json:"progress"`
	Activity        *activity           `json:"activity"`
	Error           *taskyard.TaskError `json:"error"`
	Warnings        json.RawMessage     `json:"warnings"`
	HasResult       bool                `json:"hasResult"`
	CancelRequested bool                `json:"cancelRequested"`
	LastSeq         int64               `json:"lastSeq"`
	Version         int64               `json:"version"`
}

// item describes a task as lists show it.
func (a *API) item(t taskyard.Task) item {
	return item{
		ID: t.ID, Processor: t.Processor, Status: t.Status, CreatedAt: stamp(t.CreatedAt), CompletedAt: stamp(t.CompletedAt),
		InputPreview: t.Preview, Title: orNull(t.Title), Tags: append([]string{}, t.Tags...), Visibility: cmp.Or(t.Visibility, taskyard.Public), Upstream: t.Upstream, Mode: t.Mode, RunID: orNull(t.RunID), InteractionID: orNull(t.InteractionID),
		UpdatedAt: stamp(t.UpdatedAt), Progress: t.Progress, Activity: a.activity(t), Error: t.Error,
		Warnings: t.Warnings, HasResult: t.HasResult, CancelRequested: t.CancelRequested, LastSeq: t.LastSeq, Version: t.Version,
	}
}

// showTask answers with one task as lists show it, for a page that keeps a row up to date.
func (a *API) showTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	task, err := a.store.Task(r.Context(), id)
	if err != nil {
		return err
	}
	return a.writeItem(w, r, http.StatusOK, task)
}

// deleteTask removes a task and its log from this server. Parallel keeps its run.
func (a *API) deleteTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	if err := a.service.Delete(r.Context(), id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// cancelTask ends a task: its run is cancelled where upstream can, and elsewhere no longer followed. Its owner does
// that and settles it, hence 202.
func (a *API) cancelTask(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, a.service.Cancel)
}

// submitTaskAgain sends a task again whose submission is unknown: the user's decision, as it may be billed twice.
func (a *API) submitTaskAgain(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, a.service.SubmitAgain)
}

func (a *API) change(w http.ResponseWriter, r *http.Request, do func(context.Context, string) (taskyard.Task, error)) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	task, err := do(r.Context(), id)
	if err != nil {
		return err
	}
	return a.writeItem(w, r, http.StatusAccepted, task)
}

func (a *API) writeItem(w http.ResponseWriter, r *http.Request, status int, t taskyard.Task) error {
	i, err := a.itemHeard(r.Context(), t)
	if err != nil {
		return err
	}
	return writeJSON(w, status, i)
}
