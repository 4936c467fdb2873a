package app

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/taskyard/taskyard"
)

// facts are what Taskyard itself needs to know of a request; the rest is upstream's matter.
type facts struct {
	processor string
	mode      string // "text", "json" or "auto"
	preview   string
	text      string // the input, to be found by
}

// readRequest reads the facts of upstream's create body. Callers from outside have had its types checked; here
// only what a task cannot do without is.
func readRequest(body json.RawMessage) (facts, error) {
	var r struct {
		Processor string          `json:"processor"`
		Input     json.RawMessage `json:"input"`
		TaskSpec  *struct {
			OutputSchema json.RawMessage `json:"output_schema"`
		} `json:"task_spec"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return facts{}, taskyard.Invalid("", "the request is not a create call of the Task API: %v", err)
	}
	if r.Processor == "" {
		return facts{}, taskyard.Invalid("processor", "processor is missing")
	}
	if len(r.Input) == 0 || string(r.Input) == "null" {
		return facts{}, taskyard.Invalid("input", "input is missing")
	}
	f := facts{processor: r.Processor, mode: "auto", text: textOf(r.Input)}
	f.preview = preview(f.text)
	if r.TaskSpec != nil {
		f.mode = modeOf(r.TaskSpec.OutputSchema)
	}
	return f, nil
}

// textOf returns a text as it is, and an object as compact JSON.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return string(raw)
	}
	return compact.String()
}

// preview returns the first characters of a text, as the original's list shows them.
func preview(text string) string {
	n := 0
	for i := range text {
		if n == taskyard.PreviewLength {
			return text[:i]
		}
		n++
	}
	return text
}

// modeOf names the output that a schema asks for. A bare string describes a text; no schema is auto.
func modeOf(schema json.RawMessage) string {
	var bare string
	if json.Unmarshal(schema, &bare) == nil && len(schema) > 0 && string(schema) != "null" {
		return "text"
	}
	var s struct {
		Type       string          `json:"type"`
		JSONSchema json.RawMessage `json:"json_schema"`
	}
	switch _ = json.Unmarshal(schema, &s); {
	case s.Type == "" && s.JSONSchema != nil:
		return "json"
	case s.Type == "":
		return "auto"
	default:
		return s.Type
	}
}

// redact returns the request without its secrets, and whether it had any: MCP header values and the webhook's
// address. A request without secrets comes back byte for byte.
func redact(body json.RawMessage) (json.RawMessage, bool, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, false, fmt.Errorf("read request: %w", err)
	}
	servers, hasHeaders := redactServers(fields["mcp_servers"])
	webhook, hasURL := redactKey(fields["webhook"], "url")
	if !hasHeaders && !hasURL {
		return body, false, nil
	}
	if hasHeaders {
		fields["mcp_servers"] = servers
	}
	if hasURL {
		fields["webhook"] = webhook
	}
	public, err := json.Marshal(fields)
	if err != nil {
		return nil, false, fmt.Errorf("redact request: %w", err)
	}
	return public, true, nil
}

func redactServers(raw json.RawMessage) (json.RawMessage, bool) {
	var servers []json.RawMessage
	if json.Unmarshal(raw, &servers) != nil {
		return raw, false
	}
	found := false
	for i, server := range servers {
		var s map[string]json.RawMessage
		var headers map[string]json.RawMessage
		if json.Unmarshal(server, &s) != nil || json.Unmarshal(s["headers"], &headers) != nil {
			continue
		}
		for name := range headers {
			headers[name] = redacted
			found = true
		}
		s["headers"] = mustMarshal(headers)
		servers[i] = mustMarshal(s)
	}
	return mustMarshal(servers), found
}

func redactKey(raw json.RawMessage, key string) (json.RawMessage, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || object[key] == nil {
		return raw, false
	}
	object[key] = redacted
	return mustMarshal(object), true
}

var redacted = json.RawMessage(`"` + taskyard.Redacted + `"`)

// mustMarshal marshals what was unmarshalled a moment ago.
func mustMarshal(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal again: %v", err))
	}
	return out
}
