package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/taskyard/taskyard"
)

func TestDocumentIsOpenAPI31AndItsExamplesFit(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	for name, schema := range doc.Components.Schemas {
		for _, example := range schema.Value.Examples {
			body, _ := json.Marshal(example)
			checkSchema(t, name, body)
		}
	}
}

func TestEveryRouteIsInTheDocumentAndNoOther(t *testing.T) {
	var served, described []string
	for _, r := range New(Config{}).routes() {
		served = append(served, r.method+" "+r.path)
	}
	for path, item := range contract().Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served\n  %s\ndescribed\n  %s", strings.Join(served, "\n  "), strings.Join(described, "\n  "))
	}
}

func TestEveryQueryParameterIsInTheDocument(t *testing.T) {
	for _, r := range New(Config{}).routes() {
		var described []string
		for _, p := range contract().Paths.Value(r.path).GetOperation(r.method).Parameters {
			if p.Value.In == "query" {
				described = append(described, p.Value.Name)
			}
		}
		if !slices.Equal(described, r.query) {
			t.Errorf("%s %s takes %q, the document says %q", r.method, r.path, r.query, described)
		}
	}
}

func TestEveryCreateFieldIsInTheDocument(t *testing.T) {
	described := contract().Components.Schemas["TaskCreate"].Value.Properties
	for name := range createFields {
		if described[name] == nil {
			t.Errorf("%s is checked and not described", name)
		}
	}
}

func TestEveryCodeIsInTheDocumentAndTheTable(t *testing.T) {
	described := contract().Components.Schemas["Problem"].Value.Properties["code"].Value.Enum
	if len(described) != len(answers) {
		t.Errorf("the document has %d codes, the table %d", len(described), len(answers))
	}
	for _, code := range described {
		if answers[taskyard.Code(code.(string))].status == 0 {
			t.Errorf("%s has no status", code)
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	w := newServer().get(t, "/openapi.json")
	if w.Code != http.StatusOK || w.Body.String() != string(openAPI) {
		t.Errorf("%d and %d bytes, want the document's %d", w.Code, w.Body.Len(), len(openAPI))
	}
}

// A contract that lets everything through would make every other test here worthless.
func TestContractNoticesWhatDoesNotFit(t *testing.T) {
	for name, bad := range map[string]string{
		"a field that is not described": `{"task":{},"events":[],"more":1}`,
		"a missing field":               `{"events":[]}`,
		"a wrong type, two levels down": `{"task":{},"events":[{"seq":"1","type":"a","data":{},"timestamp":"2026-01-31T12:00:00Z"}]}`,
	} {
		var v any
		must(json.Unmarshal([]byte(bad), &v))
		if contract().Components.Schemas["TaskDetail"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()) == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
}
