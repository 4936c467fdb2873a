package parallel

import (
	"encoding/json"
	"fmt"
)

// TaskRunInput is the body of the create call. Processor and Input are required.
type TaskRunInput struct {
	Processor             string            `json:"processor"`
	Input                 json.RawMessage   `json:"input"` // a string or an object; see [TextInput] and [ObjectInput]
	TaskSpec              *TaskSpec         `json:"task_spec,omitzero"`
	Metadata              Metadata          `json:"metadata,omitzero"`
	SourcePolicy          *SourcePolicy     `json:"source_policy,omitzero"`
	AdvancedSettings      *AdvancedSettings `json:"advanced_settings,omitzero"`
	PreviousInteractionID string            `json:"previous_interaction_id,omitzero"`
	MCPServers            []MCPServer       `json:"mcp_servers,omitzero"`
	EnableEvents          *bool             `json:"enable_events,omitzero"` // nil: upstream decides by processor
	Webhook               *Webhook          `json:"webhook,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
	raw   json.RawMessage
}

func (in TaskRunInput) MarshalJSON() ([]byte, error)     { return marshalObject(in) }
func (in *TaskRunInput) UnmarshalJSON(data []byte) error { return unmarshalObject(data, in) }

// RawJSON returns the bytes that [Client.Input] received; nil if the value is from elsewhere.
func (in *TaskRunInput) RawJSON() json.RawMessage { return in.raw }

// TextInput is an input of plain text.
func TextInput(text string) json.RawMessage { return quote(text) }

// ObjectInput is an input of named values: v must marshal to a JSON object.
func ObjectInput(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("marshal input: %w", err)
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil, &FieldError{Field: "input", Want: "an object"}
	}
	return raw, nil
}

// Metadata is what the user attaches to a run. Values are strings of at most 512 characters by upstream's
// description, and strings, numbers or booleans by its schema; here they may be anything.
type Metadata map[string]json.RawMessage

// StringMetadata is metadata of strings alone.
func StringMetadata(values map[string]string) Metadata {
	m := make(Metadata, len(values))
	for key, value := range values {
		m[key] = quote(value)
	}
	return m
}

// Text returns the value of key if it is a string.
func (m Metadata) Text(key string) (string, bool) { return unquote(m[key]) }

// SourcePolicy says which sources may be used.
type SourcePolicy struct {
	IncludeDomains []string `json:"include_domains,omitzero"` // "example.com" or a bare suffix such as ".edu"
	ExcludeDomains []string `json:"exclude_domains,omitzero"`
	AfterDate      string   `json:"after_date,omitzero"` // YYYY-MM-DD

	Extra map[string]json.RawMessage `json:"-"`
}

func (p SourcePolicy) MarshalJSON() ([]byte, error)     { return marshalObject(p) }
func (p *SourcePolicy) UnmarshalJSON(data []byte) error { return unmarshalObject(data, p) }

// AdvancedSettings tunes the search.
type AdvancedSettings struct {
	Location string `json:"location,omitzero"` // ISO 3166-1 alpha-2 country

	Extra map[string]json.RawMessage `json:"-"`
}

func (s AdvancedSettings) MarshalJSON() ([]byte, error)     { return marshalObject(s) }
func (s *AdvancedSettings) UnmarshalJSON(data []byte) error { return unmarshalObject(data, s) }

// MCPServer is a tool server that the run may call. Upstream takes at most ten.
type MCPServer struct {
	Type         string            `json:"type,omitzero"` // "url"; so too if it is left out
	URL          string            `json:"url"`
	Name         string            `json:"name"`
	Headers      map[string]string `json:"headers,omitzero"` // the values are secrets
	AllowedTools []string          `json:"allowed_tools,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (s MCPServer) MarshalJSON() ([]byte, error)     { return marshalObject(s) }
func (s *MCPServer) UnmarshalJSON(data []byte) error { return unmarshalObject(data, s) }

// Webhook is where upstream reports the end of a run.
type Webhook struct {
	URL        string   `json:"url"`
	EventTypes []string `json:"event_types,omitzero"` // "task_run.status"

	Extra map[string]json.RawMessage `json:"-"`
}

func (h Webhook) MarshalJSON() ([]byte, error)     { return marshalObject(h) }
func (h *Webhook) UnmarshalJSON(data []byte) error { return unmarshalObject(data, h) }

// TaskSpec says what goes in and what comes out. Without one, or without an output schema, the output is auto.
type TaskSpec struct {
	OutputSchema *Schema `json:"output_schema,omitzero"`
	InputSchema  *Schema `json:"input_schema,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (s TaskSpec) MarshalJSON() ([]byte, error)     { return marshalObject(s) }
func (s *TaskSpec) UnmarshalJSON(data []byte) error { return unmarshalObject(data, s) }
