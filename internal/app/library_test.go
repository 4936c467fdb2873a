package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/webui"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// Each template is a request that the API takes, without a warning.
func TestLibraryIsTakenByTheAPI(t *testing.T) {
	box, err := sandbox.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, template := range webui.Library() {
		r := httptest.NewRequest(http.MethodPost, "/v1/tasks/runs", strings.NewReader(string(template.Request)))
		r.Header.Set("X-Api-Key", "any")
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		var run struct{ Warnings json.RawMessage }
		if err := json.Unmarshal(w.Body.Bytes(), &run); err != nil || w.Code != http.StatusAccepted || len(run.Warnings) > 0 && string(run.Warnings) != "null" {
			t.Errorf("%s: %d %s %v", template.Slug, w.Code, w.Body, err)
		}
	}
}
