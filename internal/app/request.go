package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
)

// facts are what Taskyard itself needs to know of a request; the rest is upstream's matter.
type facts struct {
	processor string
	mode      string // "text", "json" or "auto"
	preview   string
	metadata  map[string]string
	previous  string // the interaction that it goes on from
	text      string // the input, to be found by
}

// readRequest reads the facts of upstream's create body. Callers from outside have had its types checked; here
// only what a task cannot do without is.
func readRequest(body json.RawMessage) (facts, error) {
	var r struct {
		Processor string          `json:"processor"`
		Input     json.RawMessage `json:"input"`
		Previous  json.RawMessage `json:"previous_interaction_id"`
		Metadata  json.RawMessage `json:"metadata"`
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
	f.metadata = metadataOf(r.Metadata)
	_ = json.Unmarshal(r.Previous, &f.previous) // what is no text is upstream's to refuse
	if r.TaskSpec != nil {
		f.mode = modeOf(r.TaskSpec.OutputSchema)
	}
	return f, nil
}

// metadataOf returns metadata with its values as text; what is neither text nor number nor a truth value is left out.
func metadataOf(raw json.RawMessage) map[string]string {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil || len(values) == 0 {
		return nil
	}
	list := make(map[string]string, len(values))
	for key, value := range values {
		if text := textOf(value); len(value) > 0 && value[0] != '{' && value[0] != '[' && text != "null" {
			list[key] = text
		}
	}
	return list
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
// address, however their names are written, as a misspelt secret is one too. A request without secrets comes back byte
// for byte.
func redact(body json.RawMessage) (json.RawMessage, bool, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, false, fmt.Errorf("read request: %w", err)
	}
	found := false
	for name, value := range fields {
		var had bool
		switch {
		case strings.EqualFold(name, "mcp_servers"), strings.EqualFold(name, "mcpServers"):
			fields[name], had = redactServers(value)
		case strings.EqualFold(name, "webhook"):
			fields[name], had = redactMember(value, "url", hideAll)
		}
		found = found || had
	}
	if !found {
		return body, false, nil
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
		var had bool
		if servers[i], had = redactMember(server, "headers", hideHeaders); had {
			found = true
		}
	}
	if !found {
		return raw, false
	}
	return mustMarshal(servers), true
}

// redactMember hides the members of an object that have a name, in whatever case.
func redactMember(raw json.RawMessage, name string, hide func(json.RawMessage) (json.RawMessage, bool)) (json.RawMessage, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return raw, false
	}
	found := false
	for key, value := range object {
		if !strings.EqualFold(key, name) {
			continue
		}
		var had bool
		if object[key], had = hide(value); had {
			found = true
		}
	}
	if !found {
		return raw, false
	}
	return mustMarshal(object), true
}

// hideAll leaves nothing of a value.
func hideAll(json.RawMessage) (json.RawMessage, bool) { return redacted, true }

// hideHeaders leaves the names of headers, or nothing of what is no object of headers.
func hideHeaders(raw json.RawMessage) (json.RawMessage, bool) {
	if string(raw) == "null" {
		return raw, false
	}
	var headers map[string]json.RawMessage
	if json.Unmarshal(raw, &headers) != nil {
		return redacted, true
	}
	for name := range headers {
		headers[name] = redacted
	}
	return mustMarshal(headers), len(headers) > 0
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
