package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const bareSchema = `{"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`

func TestLintSaysWhatIsWrongAndMakesNothing(t *testing.T) {
	s := newServer()
	for spelling, spec := range map[string]string{"snake": "task_spec", "camel": "taskSpec"} {
		body := `{"apiKey":"secret-key","processor":"core","input":"x","metadata":{"a-key-that-is-too-long":"v"},"` + spec + `":{"output_schema":{"type":"json","json_schema":` + bareSchema + `}}}`
		w := s.post(t, "/api/lint", body)
		var found []struct {
			Field, Message, Repair string
			IsError                bool
			Fixed                  json.RawMessage
		}
		if err := json.Unmarshal(w.Body.Bytes(), &found); err != nil || w.Code != http.StatusOK || len(found) != 2 {
			t.Fatalf("%s: %d %s, %v", spelling, w.Code, w.Body, err)
		}
		if f := found[0]; f.Field != "metadata" || !f.IsError || f.Message == "" || string(f.Fixed) != "null" {
			t.Errorf("%s: %+v", spelling, f)
		}
		want := strings.TrimSuffix(bareSchema, "}") + `,"type":"object"}`
		if f := found[1]; f.Field != "task_spec.output_schema.json_schema" || f.Repair != "Add type object" || string(f.Fixed) != want {
			t.Errorf("%s: %+v", spelling, f)
		}
		if strings.Contains(w.Body.String(), "secret-key") {
			t.Errorf("%s: the key is in the answer", spelling)
		}
	}
	if w := s.post(t, "/api/lint", `{"processor":"core","input":"x"}`); w.Body.String() != "[]\n" {
		t.Errorf("of a good request: %d %s", w.Code, w.Body)
	}
	if len(s.submits) != 0 {
		t.Errorf("submitted: %+v", s.submits)
	}
}

func TestLintRefusesWhatACreateRefuses(t *testing.T) {
	s := newServer()
	for body, field := range map[string]string{
		`{"processor":"core"}`: "input", `{"processor":"core","input":"x","Metadata":{}}`: "Metadata", `{"processor":7,"input":"x"}`: "processor",
		`{"processor":"core","input":"x","webhook":{"url":"[sealed]"}}`: "webhook.url", `{"processor":"core","input":"x","mcp_servers":[{"headers":{"a":"[sealed]"}}]}`: "mcp_servers[0].headers.a", `[]`: "", `{`: "",
	} {
		if p := problemOf(t, s.post(t, "/api/lint", body)); p.Status != http.StatusBadRequest || p.Field != field || p.Detail == "" {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if w := s.post(t, "/api/lint", `{}`, "Content-Type", "text/plain"); w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d", w.Code)
	}
}
