package app

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
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
	f := facts{processor: r.Processor, mode: "auto", text: strings.ReplaceAll(textOf(r.Input), "\x00", "\uFFFD")} // the store takes no NUL in a text of its own
	f.preview = preview(f.text)
	f.metadata = metadataOf(r.Metadata)
	_ = json.Unmarshal(r.Previous, &f.previous) // what is no text is upstream's to refuse
	if r.TaskSpec != nil {
		f.mode = modeOf(r.TaskSpec.OutputSchema)
	}
	return f, nil
}

// maxMetadata bounds the keys of metadata by which a task is found: each is a row, and a body has room for 80,000.
const maxMetadata = 100

// metadataOf returns metadata with its values as text, the first ones by their names; what is neither text nor number nor a
// truth value is left out.
func metadataOf(raw json.RawMessage) map[string]string {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil || len(values) == 0 {
		return nil
	}
	list := make(map[string]string, min(len(values), maxMetadata))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		value := values[key]
		if len(list) == maxMetadata {
			break
		}
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
