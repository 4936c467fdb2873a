package httpapi

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

// created is the answer to a new task: the original's two fields, then where to go on.
type created struct {
	TaskID string       `json:"taskId"`
	Status string       `json:"status"`
	Links  createdLinks `json:"links"`
}

type createdLinks struct {
	Page   string `json:"page"`
	JSON   string `json:"json"`
	Events string `json:"events"`
}

// createTask stores a task and answers before anything is sent upstream; what upstream refuses ends the task.
func (a *API) createTask(w http.ResponseWriter, r *http.Request) error {
	key, err := idempotencyKey(r)
	if err != nil {
		return err
	}
	submit, err := readCreate(r)
	if err != nil {
		return err
	}
	submit.IdempotencyKey = key
	task, isNew, err := a.service.Submit(r.Context(), submit)
	if err != nil {
		return err
	}
	return writeCreated(w, task, isNew)
}

// readCreate reads a create call: its body, and the key from wherever it is.
func readCreate(r *http.Request) (taskyard.Submit, error) {
	body, err := readBody(r)
	if err != nil {
		return taskyard.Submit{}, err
	}
	submit, err := parseCreate(body)
	if err != nil {
		return taskyard.Submit{}, err
	}
	submit.APIKey, err = apiKey(r, submit.APIKey)
	return submit, err
}

// readBody reads a body that is JSON, said or unsaid. How large it can be, its reader says.
func readBody(r *http.Request) ([]byte, error) {
	if err := checkContentType(r); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return body, nil
}

// writeCreated answers with a task that is new, or that the same call made before.
func writeCreated(w http.ResponseWriter, task taskyard.Task, isNew bool) error {
	status := http.StatusCreated
	if !isNew {
		status = http.StatusOK
		w.Header().Set("Idempotency-Replayed", "true")
	}
	detail := "/task/" + task.ID
	w.Header().Set("Location", detail)
	return writeJSON(w, status, created{TaskID: task.ID, Status: "started", Links: createdLinks{
		Page: "/tasks/" + task.ID, JSON: detail, Events: "/api/tasks/" + task.ID + "/events",
	}})
}

// checkContentType takes JSON, said or unsaid.
func checkContentType(r *http.Request) error {
	if r.Header.Get("Content-Encoding") != "" {
		return &taskyard.Error{Code: taskyard.CodeUnsupported, Field: "Content-Encoding", Message: "a compressed body is not supported"}
	}
	given := r.Header.Get("Content-Type")
	if given == "" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(given)
	charset := strings.ToLower(params["charset"])
	if err != nil || mediaType != "application/json" || charset != "" && charset != "utf-8" {
		return &taskyard.Error{Code: taskyard.CodeUnsupported, Field: "Content-Type", Message: "the body must be application/json, in UTF-8"}
	}
	return nil
}

// maxIdempotencyKey is that of most APIs that have such keys.
const maxIdempotencyKey = 255

func idempotencyKey(r *http.Request) (string, error) {
	const name = "Idempotency-Key"
	given := r.Header.Values(name)
	if len(given) == 0 {
		return "", nil
	}
	odd := func(c rune) bool { return c < ' ' || c > '~' }
	key := given[0]
	if len(given) > 1 || key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, odd) {
		return "", taskyard.Invalid(name, "%s must be given once, as 1 to %d printable ASCII characters", name, maxIdempotencyKey)
	}
	return key, nil
}

// apiKey takes the key from the body or from upstream's own header. Two that differ are a mistake that could
// bill the wrong account.
func apiKey(r *http.Request, fromBody taskyard.Hidden) (taskyard.Hidden, error) {
	fromHeader := taskyard.Hide(r.Header.Get("X-Api-Key"))
	if !fromBody.IsZero() && !fromHeader.IsZero() && fromBody != fromHeader {
		return taskyard.Hidden{}, taskyard.Invalid("apiKey", "apiKey differs from the header x-api-key; give one of them")
	}
	if !fromBody.IsZero() {
		return fromBody, nil
	}
	return fromHeader, nil
}
