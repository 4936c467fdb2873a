package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestRunIsImportedByAForm(t *testing.T) {
	s := newSite(t)
	wantAll(t, s.page(t, "/tasks"), `href="/tasks/import"`)
	wantAll(t, s.page(t, "/tasks/import?run=trun_9"), `action="/tasks/import"`, `value="trun_9"`)
	a := s.post("/tasks/import", url.Values{"run": {" trun_1 "}, "upstream": {"parallel"}, "api_key": {"secret-key"}}, "")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/tasks/") {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if got := s.service.Imported[0]; got != (taskyard.Import{RunID: "trun_1", Upstream: "parallel", APIKey: taskyard.Hide("secret-key")}) {
		t.Errorf("asked for %+v", got)
	}
	wantAll(t, s.page(t, a.Header.Get("Location")), "An imported run")
}

func TestImportThatIsRefusedSaysWhatIsWrongBesideTheField(t *testing.T) {
	for field, id := range map[string]string{"runId": "fault-run", "apiKey": "fault-api_key", "": "fault-"} {
		s := newSite(t)
		s.service.Err = &taskyard.Error{Code: taskyard.CodeNotFound, Field: field, Message: "upstream answered: 404"}
		a := s.post("/tasks/import", url.Values{"run": {"trun_1"}, "upstream": {"simulator"}, "api_key": {"secret-key"}}, "")
		if a.StatusCode != http.StatusNotFound {
			t.Errorf("%d", a.StatusCode)
		}
		wantAll(t, a.body, `id="`+id+`" data-fault="`+strings.TrimPrefix(id, "fault-")+`">Upstream answered: 404`, `value="trun_1"`)
		wantNone(t, a.body, "secret-key")
	}
}
