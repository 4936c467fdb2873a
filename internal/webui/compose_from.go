package webui

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// valuesFrom fills the composer from a stored request, for "duplicate and edit". What has no field of its own
// goes into the extra fields, so nothing of the request is lost but the secrets that were never stored: where they were
// stands [taskyard.Redacted].
func valuesFrom(t taskyard.Task, request json.RawMessage, simulated bool) values {
	v := fresh()
	v.Upstream, v.Betas, v.Visibility = t.Upstream, t.Betas, string(keptPrivate(t))
	var body map[string]json.RawMessage
	if json.Unmarshal(request, &body) != nil {
		return v
	}
	take := func(name string) json.RawMessage { raw := body[name]; delete(body, name); return raw }
	v.takeProcessor(take("processor"))
	v.takeInput(take("input"))
	if v.takeSpec(body["task_spec"]) {
		take("task_spec")
	}
	if v.takePolicy(body["source_policy"]) {
		take("source_policy")
	}
	if v.takeMetadata(body["metadata"], simulated) {
		take("metadata")
	}
	var location struct {
		Location string `json:"location"`
	}
	if strict(body["advanced_settings"], &location) {
		v.Location = location.Location
		take("advanced_settings")
	}
	var events bool
	if strict(body["enable_events"], &events) {
		v.Events = map[bool]string{true: "on", false: "off"}[events]
		take("enable_events")
	}
	if strict(body["previous_interaction_id"], &v.Previous) {
		take("previous_interaction_id")
	}
	if v.takeWebhook(body["webhook"]) {
		take("webhook")
	}
	if v.takeServers(body["mcp_servers"]) {
		take("mcp_servers")
	}
	if len(body) > 0 {
		v.Extra = indented(encode(body))
	}
	return v
}

func (v *values) takeProcessor(raw json.RawMessage) {
	var name string
	_ = json.Unmarshal(raw, &name) // a stored request has one
	tierName, fast := strings.CutSuffix(name, "-fast")
	for _, t := range tiers("") {
		if t.Name == tierName {
			v.Processor, v.Fast = tierName, fast
			return
		}
	}
	v.Other = name
}

func (v *values) takeInput(raw json.RawMessage) {
	if json.Unmarshal(raw, &v.Input) != nil {
		v.InputMode, v.Input = "json", indented(raw)
	}
}

// takeSpec reports whether the form has a field for everything in the task spec.
func (v *values) takeSpec(raw json.RawMessage) bool {
	if len(raw) == 0 || string(raw) == "null" {
		v.Output = "auto"
		return true
	}
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
	switch {
	case schema.Type == "json" && schema.Description == "":
		v.Schema = indented(schema.Schema)
	case schema.Type == "text":
		v.Description = schema.Description
	case schema.Type != "auto":
		return false
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

func (v *values) takeMetadata(raw json.RawMessage, simulated bool) bool {
	var metadata map[string]string
	if !strict(raw, &metadata) {
		return false
	}
	if simulated { // for any other upstream it is metadata like all else
		v.Scenario = metadata["sandbox"]
		delete(metadata, "sandbox")
	}
	for _, key := range sortedKeys(metadata) {
		v.Metadata = append(v.Metadata, pair{key, metadata[key]})
	}
	return true
}

// takeWebhook reports whether the form, which writes one kind of webhook, writes this one.
func (v *values) takeWebhook(raw json.RawMessage) bool {
	var webhook struct {
		URL    string   `json:"url"`
		Events []string `json:"event_types"`
	}
	if string(raw) == "null" {
		return true
	}
	if !strict(raw, &webhook) || !slices.Equal(webhook.Events, webhookEvents) {
		return false
	}
	v.Webhook = webhook.URL
	return true
}

func (v *values) takeServers(raw json.RawMessage) bool {
	if isArray(raw) {
		v.MCP = indented(raw)
	}
	return isArray(raw) || string(raw) == "null"
}

// strict decodes raw only if dst has a place for everything in it.
func strict(raw json.RawMessage, dst any) bool {
	if len(raw) == 0 || string(raw) == "null" {
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
