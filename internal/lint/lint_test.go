package lint_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/lint"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

const good = `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`

func TestEachRepairDoesWhatItSaysAndNoMore(t *testing.T) {
	for name, c := range map[string]struct{ schema, repair, fixed string }{
		"a field that is not required": {
			`{"title":"T","type":"object","properties":{"b":{"type":"string","x-mine":1.50},"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`, "Require all of them",
			`{"title":"T","type":"object","properties":{"b":{"type":"string","x-mine":1.50},"a":{"type":"string"}},"required":["a","b"],"additionalProperties":false}`,
		},
		"additional properties": {
			`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"]}},"required":["a"],"additionalProperties":false}`, "Set additionalProperties to false",
			`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}},"required":["b"],"additionalProperties":false}},"required":["a"],"additionalProperties":false}`,
		},
		"a keyword that is not supported": {
			`{"type":"object","properties":{"a":{"type":"string","pattern":"x","description":"d"}},"required":["a"],"additionalProperties":false}`, "Remove pattern",
			`{"type":"object","properties":{"a":{"type":"string","description":"d"}},"required":["a"],"additionalProperties":false}`,
		},
		"a field that the basis has": {
			`{"type":"object","properties":{"a":{"type":"string"},"sources":{"type":"string"}},"required":["a","sources"],"additionalProperties":false}`, "Remove the field sources", good,
		},
		"a list as the root": {
			`{"type":"array","items":{"type":"string"}}`, "Move it under a field items",
			`{"type":"object","properties":{"items":{"type":"array","items":{"type":"string"}}},"required":["items"],"additionalProperties":false}`,
		},
		"a root without its type": {
			`{"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`, "Add type object",
			`{"properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false,"type":"object"}`,
		},
	} {
		found := lint.Schema(json.RawMessage(c.schema), true)
		if len(found) != 1 || found[0].Repair != c.repair || string(found[0].Fixed) != c.fixed {
			t.Errorf("%s: %+v", name, found)
			for _, f := range found {
				t.Logf("%s", f.Fixed)
			}
		}
	}
	if found := lint.Schema(json.RawMessage(good), true); len(found) != 0 {
		t.Errorf("a good schema: %+v", found)
	}
}

// What lint calls an error the simulator refuses, and nothing else; repaired until nothing is left to repair, a schema
// has no more findings with a repair.
func TestLintAgreesWithWhatIsRefused(t *testing.T) {
	box, err := sandbox.New(sandbox.WithScale(1000))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	}()
	client, err := parallel.New("key", parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(box.Client()))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	refused, taken := 0, 0
	for range 1500 {
		text := randomSchema(random, 0)
		body := fmt.Sprintf(`{"processor":"core","input":"x","task_spec":{"output_schema":{"type":"json","json_schema":%s}}}`, text)
		isRefused := false
		_, err := client.CreateRunJSON(t.Context(), json.RawMessage(body))
		if api, ok := err.(*parallel.APIError); ok && api.StatusCode == http.StatusUnprocessableEntity {
			isRefused = true
		} else if err != nil {
			t.Fatal(err)
		}
		found := lint.Request(json.RawMessage(body))
		hasError := false
		for _, f := range found {
			hasError = hasError || f.IsError
		}
		if hasError != isRefused {
			t.Fatalf("refused: %v, lint: %+v, of %s", isRefused, found, text)
		}
		if isRefused {
			refused++
		} else {
			taken++
		}
		repairAll(t, text)
	}
	if refused < 100 || taken < 100 {
		t.Errorf("%d were refused and %d taken: the schemas are too much alike", refused, taken)
	}
}

func repairAll(t *testing.T, text string) {
	t.Helper()
	raw := json.RawMessage(text)
	for range 500 {
		next := json.RawMessage(nil)
		for _, f := range lint.Schema(raw, true) {
			if f.Repair != "" {
				next = f.Fixed
				break
			}
		}
		if next == nil {
			return
		}
		if !json.Valid(next) {
			t.Fatalf("%s is repaired to %s", raw, next)
		}
		raw = next
	}
	t.Fatalf("repairs never end for %s", text)
}

// randomSchema is a schema of which some rules hold and others do not.
func randomSchema(r *rand.Rand, depth int) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	if depth > 0 && r.IntN(3) > 0 || depth > 6 {
		return pick(`{"type":"string"}`, `{"type":"integer","minimum":1}`, `{"type":["string","null"]}`, `{"type":"null"}`, `{"enum":["a","b"]}`,
			`{"type":"number","description":"n"}`, `{"anyOf":[{"type":"null"},{"type":"string"}]}`, `true`, `{"type":"strnig"}`, `{"type":"boolean","format":"x"}`)
	}
	if depth > 0 && r.IntN(3) == 0 || depth == 0 && r.IntN(12) == 0 {
		return `{"type":"array","items":` + randomSchema(r, depth+1) + `}`
	}
	var fields, names []string
	for i := range r.IntN(4) {
		name := pick("sources", "confidence", fmt.Sprint("f", i), fmt.Sprint("g", i))
		fields = append(fields, fmt.Sprintf("%q:%s", name, randomSchema(r, depth+1)))
		if r.IntN(2) == 0 {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	parts := []string{`"properties":{` + strings.Join(fields, ",") + `}`}
	if r.IntN(10) > 0 {
		parts = append(parts, `"type":"object"`)
	}
	if r.IntN(2) == 0 {
		parts = append(parts, `"required":[`+strings.Join(names, ",")+`]`)
	}
	if r.IntN(2) == 0 {
		parts = append(parts, `"additionalProperties":`+pick("false", "true"))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestLimitsOfTheWholeRequest(t *testing.T) {
	for field, body := range map[string]string{
		"input":         `{"processor":"core","input":"` + strings.Repeat("ü", 25_001) + `"}`,
		"metadata":      `{"processor":"core","input":"x","metadata":{"` + strings.Repeat("k", 17) + `":"v"}}`,
		"mcp_servers":   `{"processor":"core","input":"x","mcp_servers":[` + strings.Repeat(`{"name":"n","url":"https://e.example"},`, 10) + `{"name":"n","url":"https://e.example"}]}`,
		"source_policy": `{"processor":"core","input":"x","source_policy":{"include_domains":[` + strings.Repeat(`"a.example",`, 200) + `"b.example"]}}`,
	} {
		found := lint.Request(json.RawMessage(body))
		if len(found) != 1 || found[0].Field != field || !found[0].IsError {
			t.Errorf("%s: %+v", field, found)
		}
	}
	for _, body := range []string{`{`, `[]`, `{"input":1}`, `{}`} {
		if found := lint.Request(json.RawMessage(body)); len(found) != 0 {
			t.Errorf("%s: %+v", body, found)
		}
	}
}

func FuzzSchema(f *testing.F) {
	f.Add(good)
	f.Add(`{"type":"array","items":{"$ref":"#"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range lint.Schema(json.RawMessage(text), true) {
			if found.Repair != "" && !json.Valid(found.Fixed) {
				t.Errorf("%q is repaired to %q", text, found.Fixed)
			}
		}
	})
}
