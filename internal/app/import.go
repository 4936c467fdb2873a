package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// importTimeout bounds what upstream may take to tell of a run: whoever imports it waits.
const importTimeout = 20 * time.Second

// runID is the form of upstream's names of runs, as far as it is known.
var runID = regexp.MustCompile(`^trun_[A-Za-z0-9_-]{1,200}$`)

// Import stores a task for a run that was made elsewhere. What it was asked is upstream's to tell.
func (s *service) Import(ctx context.Context, i taskyard.Import) (taskyard.Task, bool, error) {
	up, err := s.upstream(i.Upstream)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	if err := checkKey(i.APIKey, up); err != nil {
		return taskyard.Task{}, false, err
	}
	if !runID.MatchString(i.RunID) {
		return taskyard.Task{}, false, taskyard.Invalid("runId", "a run's name begins with trun_ and has letters, digits, - and _ only")
	}
	run, input, err := s.ask(ctx, up.Name, i)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	task, err := s.newTask(taskyard.Submit{APIKey: i.APIKey, Upstream: up.Name, Request: input, Owner: i.Owner, Visibility: i.Visibility}, up)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	task.RunID, task.InteractionID = run.RunID, run.InteractionID
	// The fingerprint is the run alone, as its input cannot change.
	task.IdempotencyKey, task.Fingerprint = keyOf("import", i.Owner, up.Name+" "+run.RunID), fingerprint(up.Name, run.RunID)
	return s.create(ctx, task)
}

// ask reads the run and what it was made with.
func (s *service) ask(ctx context.Context, name string, i taskyard.Import) (*parallel.TaskRun, json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, importTimeout)
	defer cancel()
	target := s.targets[name]
	key := i.APIKey
	if key.IsZero() {
		key = target.APIKey
	}
	client, err := parallel.New(key.Reveal(), parallel.WithBaseURL(target.BaseURL), parallel.WithHTTPClient(target.HTTP))
	if err != nil {
		return nil, nil, taskyard.Invalid("apiKey", "%v", err)
	}
	run, err := client.Run(ctx, i.RunID)
	if err != nil {
		return nil, nil, importError(err)
	}
	input, err := client.Input(ctx, i.RunID)
	if err != nil {
		return nil, nil, importError(err)
	}
	if run.RunID != i.RunID {
		return nil, nil, taskyard.Errorf(taskyard.CodeUnavailable, "upstream was asked for %s and told of another run", i.RunID)
	}
	return run, input.RawJSON(), nil
}

// importError says what upstream's answer means to whoever imports a run.
func importError(err error) error {
	api, ok := errors.AsType[*parallel.APIError](err)
	if !ok {
		return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: "upstream could not be asked for the run; try again", Err: err}
	}
	code, field := taskyard.CodeUnavailable, ""
	switch api.StatusCode {
	case http.StatusUnauthorized:
		code, field = taskyard.CodeUnauthorized, "apiKey"
	case http.StatusForbidden:
		code, field = taskyard.CodeForbidden, "apiKey"
	case http.StatusNotFound:
		code, field = taskyard.CodeNotFound, "runId"
	}
	return &taskyard.Error{Code: code, Field: field, Message: "upstream answered: " + api.Error(), Err: err}
}
