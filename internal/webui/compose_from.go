package webui

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// valuesFrom fills the composer from a stored request, for "duplicate and edit". What has no field of its own, or would be
// sent otherwise by it, goes into the extra fields, so nothing of the request is lost but the secrets that were never
// stored: where they were stands [taskyard.Redacted].
func valuesFrom(t taskyard.Task, request json.RawMessage, simulated bool) values {
	v := fresh()
	v.Upstream, v.Betas, v.Visibility = t.Upstream, t.Betas, string(keptPrivate(t))
	var body map[string]json.RawMessage
	if json.Unmarshal(request, &body) != nil {
		return v
	}
	if isNothing(body["task_spec"]) {
		v.Output = "auto"
	}
	for name, take := range map[string]func(*values, json.RawMessage) bool{
		"processor": (*values).takeProcessor, "input": (*values).takeInput, "task_spec": (*values).takeSpec, "source_policy": (*values).takePolicy,
		"metadata": (*values).takeMetadata, "advanced_settings": (*values).takeLocation, "enable_events": (*values).takeEvents,
		"previous_interaction_id": (*values).takePrevious, "webhook": (*values).takeWebhook, "mcp_servers": (*values).takeServers,
	} {
		filled := v
		switch given := body[name]; {
		case isNothing(given):
			delete(body, name)
		case take(&filled, given) && sameJSON(filled.written(simulated)[name], given): // it would be sent as it was
			v = filled
			delete(body, name)
		}
	}
	if simulated { // for any other upstream it is metadata like all else
		v.takeScenario()
	}
	if len(body) > 0 {
		v.Extra = indented(encode(body))
	}
	return v
}

func (v *values) takeProcessor(raw json.RawMessage) bool {
	var name string
	if json.Unmarshal(raw, &name) != nil {
		return false
	}
	tierName, fast := strings.CutSuffix(name, "-fast")
	for _, t := range tiers("") {
		if t.Name == tierName {
			v.Processor, v.Fast = tierName, fast
			return true
		}
	}
	v.Other = name
	return true
}

func (v *values) takeInput(raw json.RawMessage) bool {
	if json.Unmarshal(raw, &v.Input) != nil {
		v.InputMode, v.Input = "json", indented(raw)
	}
	return true
}

// takeSpec reports whether the form has a field for everything in the task spec.
func (v *values) takeSpec(raw json.RawMessage) bool {
	var spec struct {
		Output json.RawMessage `json:"output_schema"`
		Input  json.RawMessage `json:"input_schema"`
	}
	if !strict(raw, &spec) || len(spec.Input) > 0 && !v.takeInputSchema(spec.Input) {
		return false
	}
	var text string
	if json.Unmarshal(spec.Output, &text) == nil {
		v.Output, v.Bare = "bare", text
		return true
	}
	var schema struct {
		Type        string          `json:"type"`
		Description string          `json:"description"`
		Schema      json.RawMessage `json:"json_schema"`
	}
	if !strict(spec.Output, &schema) {
		return false
	}
	switch schema.Type {
	case "json":
		v.Schema = indented(schema.Schema)
	case "text":
		v.Description = schema.Description
	}
	v.Output = schema.Type
	return true
}

// takeInputSchema reports whether the form has a field for it.
func (v *values) takeInputSchema(raw json.RawMessage) bool {
	var schema struct {
		Type   string          `json:"type"`
		Schema json.RawMessage `json:"json_schema"`
	}
	if !strict(raw, &schema) || schema.Type != "json" || !isObject(schema.Schema) {
		return false
	}
	v.InputSchema = indented(schema.Schema)
	return true
}

func (v *values) takePolicy(raw json.RawMessage) bool {
	var policy struct {
		Include []string `json:"include_domains"`
		Exclude []string `json:"exclude_domains"`
		After   string   `json:"after_date"`
	}
	if !strict(raw, &policy) {
		return false
	}
	v.Include, v.Exclude, v.After = strings.Join(policy.Include, "\n"), strings.Join(policy.Exclude, "\n"), policy.After
	return true
}

func (v *values) takeMetadata(raw json.RawMessage) bool {
	var metadata map[string]string
	if !strict(raw, &metadata) {
		return false
	}
	for _, key := range sortedKeys(metadata) {
		v.Metadata = append(v.Metadata, pair{key, metadata[key]})
	}
	return true
}

// takeScenario gives the scenario of a simulated run its own field.
func (v *values) takeScenario() {
	at := slices.IndexFunc(v.Metadata, func(p pair) bool { return p.Key == scenarioKey && p.Value != "" })
	if at >= 0 {
		v.Scenario = v.Metadata[at].Value
		v.Metadata = slices.Delete(v.Metadata, at, at+1)
	}
}

func (v *values) takeLocation(raw json.RawMessage) bool {
	var settings struct {
		Location string `json:"location"`
	}
	ok := strict(raw, &settings)
	v.Location = settings.Location
	return ok
}

func (v *values) takeEvents(raw json.RawMessage) bool {
	var events bool
	ok := strict(raw, &events)
	v.Events = map[bool]string{true: "on", false: "off"}[events]
	return ok
}

func (v *values) takePrevious(raw json.RawMessage) bool { return strict(raw, &v.Previous) }

func (v *values) takeWebhook(raw json.RawMessage) bool {
	var webhook struct {
		URL    string   `json:"url"`
		Events []string `json:"event_types"`
	}
	ok := strict(raw, &webhook)
	v.Webhook = webhook.URL
	return ok
}

func (v *values) takeServers(raw json.RawMessage) bool {
	v.MCP = indented(raw)
	return isArray(raw)
}

func isNothing(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// sameJSON reports whether two texts are the same value, to the last digit.
func sameJSON(one, other json.RawMessage) bool {
	var a, b any
	return decodeExactly(one, &a) && decodeExactly(other, &b) && reflect.DeepEqual(a, b)
}

func decodeExactly(raw json.RawMessage, into *any) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(into) == nil
}

// strict decodes raw only if dst has a place for everything in it.
func strict(raw json.RawMessage, dst any) bool {
	if isNothing(raw) || !json.Valid(raw) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(dst) == nil
}

func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
