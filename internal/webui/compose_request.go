package webui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// request makes the body of upstream's create call. Only what cannot be sent is refused here; upstream's own
// limits are upstream's to enforce, since they change and people come to see what it says.
func (v values) request(simulated bool) (json.RawMessage, error) {
	if sealed := v.sealedFields(); len(sealed) > 0 {
		return nil, taskyard.Invalid(sealed[0], "%s", sealedFault(sealed[0]))
	}
	return v.build(simulated)
}

func (v values) build(simulated bool) (json.RawMessage, error) {
	if v.ByHand {
		return parseJSON("body", v.Body, '{')
	}
	body := map[string]json.RawMessage{}
	for _, set := range v.parts(simulated) {
		if err := set(body); err != nil {
			return nil, err
		}
	}
	return encode(body), nil
}

func (v values) parts(simulated bool) []func(map[string]json.RawMessage) error {
	if simulated && v.Scenario != "" {
		v.Metadata = append(slices.Clone(v.Metadata), pair{scenarioKey, v.Scenario})
	}
	return []func(map[string]json.RawMessage) error{v.setInput, v.setOutput, v.setPolicy, v.setRest, v.setServers, v.setExtra}
}

// written is what the fields say, of a form of which some cannot be sent yet.
func (v values) written(simulated bool) map[string]json.RawMessage {
	body := map[string]json.RawMessage{}
	for _, set := range v.parts(simulated) {
		_ = set(body) // it is left out
	}
	return body
}

// scenarioKey is the metadata that tells the simulator how a run behaves.
const scenarioKey = "sandbox"

func (v values) setInput(body map[string]json.RawMessage) error {
	body["processor"] = encode(v.processorName())
	if strings.TrimSpace(v.Input) == "" {
		return taskyard.Invalid("input", "Write what should be found out.")
	}
	if v.InputMode != "json" && v.InputMode != "form" {
		body["input"] = encode(v.Input)
		return nil
	}
	raw, err := parseJSON("input", v.Input, '{')
	body["input"] = raw
	return err
}

func (v values) setOutput(body map[string]json.RawMessage) error {
	var schema json.RawMessage
	switch v.Output {
	case "auto":
		schema = encode(map[string]string{"type": "auto"})
	case "json":
		raw, err := parseJSON("schema", v.Schema, '{')
		if err != nil {
			return err
		}
		schema = wrapSchema(raw)
	case "bare":
		bare := strings.TrimSpace(v.Bare)
		if bare == "" {
			return taskyard.Invalid("bare", "Write what should come back.")
		}
		schema = encode(bare)
	default:
		text := map[string]string{"type": "text"}
		if d := strings.TrimSpace(v.Description); d != "" {
			text["description"] = d
		}
		schema = encode(text)
	}
	spec := map[string]json.RawMessage{"output_schema": schema}
	if strings.TrimSpace(v.InputSchema) != "" {
		raw, err := parseJSON("input_schema", v.InputSchema, '{')
		if err != nil {
			return err
		}
		spec["input_schema"] = wrapSchema(raw)
	}
	body["task_spec"] = encode(spec)
	return nil
}

// wrapSchema takes a JSON schema, and also one that is wrapped already as upstream wants it.
func wrapSchema(raw json.RawMessage) json.RawMessage {
	var wrapped struct {
		Schema json.RawMessage `json:"json_schema"`
	}
	if json.Unmarshal(raw, &wrapped) == nil && wrapped.Schema != nil {
		return raw
	}
	return encode(map[string]json.RawMessage{"type": encode("json"), "json_schema": raw})
}

func (v values) setPolicy(body map[string]json.RawMessage) error {
	policy := map[string]any{}
	if list := words(v.Include); len(list) > 0 {
		policy["include_domains"] = list
	}
	if list := words(v.Exclude); len(list) > 0 {
		policy["exclude_domains"] = list
	}
	if v.After != "" {
		if _, err := time.Parse(time.DateOnly, v.After); err != nil {
			return taskyard.Invalid("after", "Write the date as year-month-day, for example 2025-01-31.")
		}
		policy["after_date"] = v.After
	}
	if len(policy) > 0 {
		body["source_policy"] = encode(policy)
	}
	return nil
}

// webhookEvents are those that upstream has.
var webhookEvents = []string{"task_run.status"}

func (v values) setRest(body map[string]json.RawMessage) error {
	if l := strings.TrimSpace(v.Location); l != "" {
		body["advanced_settings"] = encode(map[string]string{"location": l})
	}
	if v.Events != "" {
		body["enable_events"] = encode(v.Events == "on")
	}
	if id := strings.TrimSpace(v.Previous); id != "" {
		body["previous_interaction_id"] = encode(id)
	}
	if address := strings.TrimSpace(v.Webhook); address != "" {
		if linkTo(address).URL == "" && address != taskyard.Redacted { // which request refuses
			return taskyard.Invalid("webhook", "Write a whole web address, for example https://example.com/hook.")
		}
		body["webhook"] = encode(map[string]any{"url": address, "event_types": webhookEvents})
	}
	return v.setMetadata(body)
}

func (v values) setMetadata(body map[string]json.RawMessage) error {
	metadata := map[string]string{}
	for _, p := range v.Metadata {
		key := strings.TrimSpace(p.Key)
		if key == "" {
			return taskyard.Invalid("metadata", "Give each value of the metadata a key.")
		}
		metadata[key] = p.Value
	}
	if len(metadata) > 0 {
		body["metadata"] = encode(metadata)
	}
	return nil
}

func (v values) setServers(body map[string]json.RawMessage) error {
	if strings.TrimSpace(v.MCP) == "" {
		return nil
	}
	raw, err := parseJSON("mcp", v.MCP, '[')
	body["mcp_servers"] = raw
	return err
}

// setExtra comes last: what is written there replaces what the fields say, so that nothing the API can take
// is out of reach.
func (v values) setExtra(body map[string]json.RawMessage) error {
	if strings.TrimSpace(v.Extra) == "" {
		return nil
	}
	raw, err := parseJSON("extra", v.Extra, '{')
	if err != nil {
		return err
	}
	var extra map[string]json.RawMessage
	if err := json.Unmarshal(raw, &extra); err != nil {
		return taskyard.Invalid("extra", "Write a JSON object.")
	}
	for name, value := range extra {
		body[name] = value
	}
	return nil
}

// parseJSON checks a field that holds JSON, and says where it goes wrong.
func parseJSON(field, text string, first byte) (json.RawMessage, error) {
	raw := json.RawMessage(text)
	var any json.RawMessage
	if err := json.Unmarshal(raw, &any); err != nil {
		return nil, taskyard.Invalid(field, "This is not JSON: %s.", jsonFault(text, err))
	}
	if firstByte(raw) != first {
		return nil, taskyard.Invalid(field, "Write %s.", map[byte]string{'{': "a JSON object, in braces", '[': "a JSON array, in brackets"}[first])
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, fmt.Errorf("compact %s: %w", field, err)
	}
	return compact.Bytes(), nil
}

func jsonFault(text string, err error) string {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err.Error()
	}
	before := text[:min(int(syntax.Offset), len(text))]
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf("%s, in line %d", syntax, line)
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) })
}

// encode marshals strings, booleans and maps of them, which always works.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // the request should read as it was written
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("encode request: %v", err))
	}
	return bytes.TrimSpace(b.Bytes())
}
