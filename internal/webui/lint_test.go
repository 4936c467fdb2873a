package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A form that is shown again says what Parallel will say of the request, as the script does while it is written.
func TestAFormThatIsShownAgainIsChecked(t *testing.T) {
	s := newSite(t)
	s.ui.askAbove = 1000
	const refused = "Parallel will refuse the root must have type object"
	form := url.Values{"upstream": {"parallel"}, "processor": {"ultra8x"}, "output": {"json"}, "schema": {`{"type":"array","items":{"type":"string"}}`}}
	if a := s.post("/tasks", form, ""); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(textOf(a.body), refused) {
		t.Errorf("without input: %d\n%s", a.StatusCode, textOf(a.body))
	}
	form.Set("input", "x")
	a := s.post("/tasks", form, "")
	if a.StatusCode != http.StatusConflict || !strings.Contains(textOf(a.body), refused) {
		t.Errorf("asked for its price: %d", a.StatusCode)
	}
	checkMarkup(t, "the question", a.body)
	form["output"], form["extra"] = []string{"text"}, []string{`{"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"array","items":{"description":"hush"}}}}}`}
	a = s.post("/tasks", form, "")
	if !strings.Contains(textOf(a.body), refused) {
		t.Errorf("what extra fields say is not checked: %d", a.StatusCode)
	}
	wantNone(t, a.body, "hush")
}
