package parallel

import (
	"bytes"
	"encoding/json"
	"errors"
)

// SchemaKind is the kind of a [Schema]. The set is open.
type SchemaKind string

// The kinds of schemas.
const (
	SchemaText SchemaKind = "text"
	SchemaJSON SchemaKind = "json"
	SchemaAuto SchemaKind = "auto"
	// SchemaBare is a bare string, which upstream takes for a text schema with that description. It is no
	// value of "type".
	SchemaBare SchemaKind = "bare"
)

// Schema describes an input or an output: a bare string or an object with a type. It does not change once
// made, and marshals to what it was made from.
type Schema struct {
	kind        SchemaKind
	description string
	jsonSchema  json.RawMessage
	raw         json.RawMessage
}

// TextSchema asks for text; description, if not empty, says which.
func TextSchema(description string) *Schema {
	raw := json.RawMessage(`{"type":"text"}`)
	if description != "" {
		raw = join(`{"type":"text","description":`, quote(description), `}`)
	}
	return &Schema{kind: SchemaText, description: description, raw: raw}
}

// JSONSchema asks for an object that conforms to schema. What is not valid JSON makes an error when it is
// marshalled.
func JSONSchema(schema json.RawMessage) *Schema {
	schema = bytes.Clone(schema)
	return &Schema{kind: SchemaJSON, jsonSchema: schema, raw: join(`{"type":"json","json_schema":`, schema, `}`)}
}

// AutoSchema leaves the shape of the output to upstream.
func AutoSchema() *Schema {
	return &Schema{kind: SchemaAuto, raw: json.RawMessage(`{"type":"auto"}`)}
}

// BareSchema is a text schema in its short form.
func BareSchema(description string) *Schema {
	return &Schema{kind: SchemaBare, description: description, raw: quote(description)}
}

// Kind returns the kind: the object's "type" as it came or, where that is absent, the one that upstream
// takes as its default.
func (s *Schema) Kind() SchemaKind { return s.kind }

// Description returns the description of a bare or text schema, "" if there is none.
func (s *Schema) Description() string { return s.description }

// JSONSchema returns the JSON Schema of a schema that has one, else nil.
func (s *Schema) JSONSchema() json.RawMessage { return s.jsonSchema }

func (s Schema) MarshalJSON() ([]byte, error) {
	if s.raw == nil {
		return []byte("null"), nil
	}
	return s.raw, nil
}

func (s *Schema) UnmarshalJSON(data []byte) error {
	if isNull(data) {
		return nil
	}
	raw := bytes.Clone(bytes.TrimSpace(data))
	if description, ok := unquote(raw); ok {
		*s = Schema{kind: SchemaBare, description: description, raw: raw}
		return nil
	}
	members, err := objectMembers(raw)
	if err != nil {
		if fe := (*FieldError)(nil); errors.As(err, &fe) {
			fe.Want = "a string or an object"
		}
		return err
	}
	*s = Schema{kind: schemaKind(members), jsonSchema: members["json_schema"], raw: raw}
	s.description, _ = unquote(members["description"])
	return nil
}

func schemaKind(members map[string]json.RawMessage) SchemaKind {
	if kind, ok := unquote(members["type"]); ok {
		return SchemaKind(kind)
	}
	if _, ok := members["json_schema"]; ok {
		return SchemaJSON
	}
	return SchemaText
}

func join(before string, middle json.RawMessage, after string) json.RawMessage {
	return json.RawMessage(before + string(middle) + after)
}

// quote makes a JSON string.
func quote(s string) json.RawMessage {
	var w objectWriter
	_ = w.encode(s) // a string always encodes
	return w.buf.Bytes()
}

// unquote reads a JSON string.
func unquote(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}
