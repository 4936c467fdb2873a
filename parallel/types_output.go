package parallel

import "encoding/json"

// TaskRunResult is a completed run with its output.
type TaskRunResult struct {
	Run    TaskRun       `json:"run"`
	Output TaskRunOutput `json:"output"`

	Extra map[string]json.RawMessage `json:"-"`
	raw   json.RawMessage
}

func (r TaskRunResult) MarshalJSON() ([]byte, error)     { return marshalObject(r) }
func (r *TaskRunResult) UnmarshalJSON(data []byte) error { return unmarshalObject(data, r) }

// RawJSON returns the bytes that [Client.Result] received; nil if the value is from elsewhere.
func (r *TaskRunResult) RawJSON() json.RawMessage { return r.raw }

// TaskRunOutput is what a run has found.
type TaskRunOutput struct {
	Type         string          `json:"type"`    // "text" or "json"; the set is open
	Content      json.RawMessage `json:"content"` // a string for text, an object for json
	Basis        []FieldBasis    `json:"basis"`   // of each top-level field; of "output" for text
	MCPToolCalls []MCPToolCall   `json:"mcp_tool_calls,omitzero"`
	OutputSchema json.RawMessage `json:"output_schema,omitzero"` // the schema that upstream chose for auto

	Extra map[string]json.RawMessage `json:"-"`
}

func (o TaskRunOutput) MarshalJSON() ([]byte, error)     { return marshalObject(o) }
func (o *TaskRunOutput) UnmarshalJSON(data []byte) error { return unmarshalObject(data, o) }

// Text returns the content of a text output, and the JSON of any other.
func (o *TaskRunOutput) Text() string {
	if text, ok := unquote(o.Content); ok {
		return text
	}
	return string(o.Content)
}

// FieldBasis is why a field of the output has its value.
type FieldBasis struct {
	Field      string     `json:"field"` // with beta field-basis-2025-11-25 also "field.0" for elements of lists
	Reasoning  string     `json:"reasoning"`
	Citations  []Citation `json:"citations,omitzero"`
	Confidence string     `json:"confidence,omitzero"` // low, medium, high; "" from processors that give none

	Extra map[string]json.RawMessage `json:"-"`
}

func (b FieldBasis) MarshalJSON() ([]byte, error)     { return marshalObject(b) }
func (b *FieldBasis) UnmarshalJSON(data []byte) error { return unmarshalObject(data, b) }

// Citation is a page that supports a field.
type Citation struct {
	URL      string   `json:"url"`
	Title    string   `json:"title,omitzero"`
	Excerpts []string `json:"excerpts,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

func (c Citation) MarshalJSON() ([]byte, error)     { return marshalObject(c) }
func (c *Citation) UnmarshalJSON(data []byte) error { return unmarshalObject(data, c) }

// MCPToolCall is a call that the run made to one of its MCP servers.
type MCPToolCall struct {
	ToolCallID string `json:"tool_call_id"`
	ServerName string `json:"server_name"`
	ToolName   string `json:"tool_name"`
	Arguments  string `json:"arguments"`
	Content    string `json:"content,omitzero"` // what the tool answered
	Error      string `json:"error,omitzero"`   // why the call failed

	Extra map[string]json.RawMessage `json:"-"`
}

func (c MCPToolCall) MarshalJSON() ([]byte, error)     { return marshalObject(c) }
func (c *MCPToolCall) UnmarshalJSON(data []byte) error { return unmarshalObject(data, c) }
