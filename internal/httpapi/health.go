package httpapi

import (
	"context"
	_ "embed" // for openapi.json
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

//go:embed openapi.json
var openAPI []byte

func (a *API) showOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache")
	return newOut(w).send(openAPI)
}

type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// showHealth says that the process answers.
func (a *API) showHealth(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, health{Status: "ok", Version: a.version})
}

// readyTimeout bounds the question to the database: whoever asks whether we are ready does not wait long.
const readyTimeout = 2 * time.Second

// showReadiness says whether requests should be sent here.
func (a *API) showReadiness(w http.ResponseWriter, r *http.Request) error {
	if a.draining.Err() != nil {
		return taskyard.Errorf(taskyard.CodeUnavailable, "the server is shutting down")
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := a.ready(ctx); err != nil {
		return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: "the server is not ready", Err: err}
	}
	return writeJSON(w, http.StatusOK, health{Status: "ready", Version: a.version})
}
