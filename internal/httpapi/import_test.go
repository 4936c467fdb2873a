package httpapi

import (
	"net/http"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestImportAnswersAsACreate(t *testing.T) {
	s := newServer()
	for body, want := range map[string]taskyard.Import{
		`{"runId":"trun_1","apiKey":"k","upstream":"parallel"}`: {RunID: "trun_1", APIKey: taskyard.Hide("k"), Upstream: "parallel"},
		`{"run_id":"trun_2","api_key":"k"}`:                     {RunID: "trun_2", APIKey: taskyard.Hide("k")},
		`{"runId":"trun_3"}`:                                    {RunID: "trun_3"},
	} {
		w := s.post(t, "/api/tasks/import", body)
		if w.Code != http.StatusCreated || w.Header().Get("Location") == "" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
		if got := s.imports[len(s.imports)-1]; got != want {
			t.Errorf("%s asks for %+v", body, got)
		}
		if w = s.post(t, "/api/tasks/import", body); w.Code != http.StatusOK || w.Header().Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s again: %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.post(t, "/api/tasks/import", `{"runId":"trun_4"}`, "X-Api-Key", "header-key"); w.Code != http.StatusCreated || s.imports[len(s.imports)-1].APIKey.Reveal() != "header-key" {
		t.Errorf("key in the header: %d %+v", w.Code, s.imports[len(s.imports)-1])
	}
}

func TestImportRefusesWhatIsWrongAndNamesIt(t *testing.T) {
	s := newServer()
	for body, field := range map[string]string{
		`{}`: "runId", `{"runId":""}`: "runId", `{"runId":7}`: "runId", `{"runId":"trun_1","run_id":"trun_2"}`: "run_id",
		`{"runId":"trun_1","processor":"core"}`: "processor", `{"runId":"trun_1","upstream":null}`: "upstream", `[]`: "", `{`: "",
	} {
		w := s.post(t, "/api/tasks/import", body)
		if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Field != field || p.Detail == "" {
			t.Errorf("%s: %d %+v", body, w.Code, p)
		}
	}
	if len(s.imports) != 0 {
		t.Errorf("imported: %+v", s.imports)
	}
}
