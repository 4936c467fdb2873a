package parallel

import (
	"encoding/json"
	"testing"
)

func TestASchemaMarshalsToWhatItWas(t *testing.T) {
	for raw, want := range map[string]struct {
		kind        SchemaKind
		description string
		jsonSchema  string
	}{
		`"GDP in USD"`: {kind: SchemaBare, description: "GDP in USD"},
		`""`:           {kind: SchemaBare},
		`{"type":"text","description":"a \u003cb>"}`:         {kind: SchemaText, description: "a <b>"},
		`{"type":"text","description":null}`:                 {kind: SchemaText},
		`{"description":"d"}`:                                {kind: SchemaText, description: "d"},
		`{"type":"json","json_schema":{"type":"object"}}`:    {kind: SchemaJSON, jsonSchema: `{"type":"object"}`},
		`{"json_schema":{"a":1.50}}`:                         {kind: SchemaJSON, jsonSchema: `{"a":1.50}`},
		`{"type":"auto"}`:                                    {kind: SchemaAuto},
		`{"type":"auto","hint":{"a":[1]}}`:                   {kind: SchemaAuto},
		`{"type":"table","columns":["a"],"description":"x"}`: {kind: "table", description: "x"},
	} {
		var s Schema
		if err := json.Unmarshal([]byte(" "+raw+"\n"), &s); err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if s.Kind() != want.kind || s.Description() != want.description || string(s.JSONSchema()) != want.jsonSchema {
			t.Errorf("%s: kind %q, description %q, schema %s", raw, s.Kind(), s.Description(), s.JSONSchema())
		}
		if got, err := s.MarshalJSON(); err != nil || string(got) != raw {
			t.Errorf("%s: marshals to %s, %v", raw, got, err)
		}
	}
}

func TestMadeSchemasMarshalAndReadBack(t *testing.T) {
	for _, c := range []struct {
		schema *Schema
		want   string
	}{
		{TextSchema(""), `{"type":"text"}`},
		{TextSchema(`a "b"`), `{"type":"text","description":"a \"b\""}`},
		{BareSchema("d"), `"d"`},
		{AutoSchema(), `{"type":"auto"}`},
		{JSONSchema(json.RawMessage(`{"type":"object"}`)), `{"type":"json","json_schema":{"type":"object"}}`},
	} {
		got, err := json.Marshal(c.schema)
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
		var back Schema
		if err := json.Unmarshal(got, &back); err != nil || back.Kind() != c.schema.Kind() || back.Description() != c.schema.Description() ||
			string(back.JSONSchema()) != string(c.schema.JSONSchema()) {
			t.Errorf("%s reads back as %+v, %v", got, back, err)
		}
	}
	if got, err := json.Marshal(JSONSchema(json.RawMessage(`{"type":`))); err == nil {
		t.Errorf("a schema that is no JSON marshals to %s", got)
	}
}

func TestInputs(t *testing.T) {
	if got := string(TextInput("a \"b\" <c>\n")); got != `"a \"b\" <c>\n"` {
		t.Errorf("text: %s", got)
	}
	if got, err := ObjectInput(map[string]int{"a": 1}); err != nil || string(got) != `{"a":1}` {
		t.Errorf("object: %s, %v", got, err)
	}
	for _, v := range []any{"text", 1, nil, []int{1}, make(chan int)} {
		if got, err := ObjectInput(v); err == nil {
			t.Errorf("%v is taken as the object %s", v, got)
		}
	}
	m := StringMetadata(map[string]string{"a": "b"})
	m["n"] = json.RawMessage("1")
	a, okA := m.Text("a")
	_, okN := m.Text("n")
	if _, okMissing := m.Text("z"); a != "b" || !okA || okN || okMissing {
		t.Errorf("metadata %s: a is %q %v, n %v, z %v", m, a, okA, okN, okMissing)
	}
}
