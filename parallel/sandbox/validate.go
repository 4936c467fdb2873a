package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard/internal/schema"
	"github.com/taskyard/taskyard/parallel"
)

// Upstream's limits on a create, from its documentation.
const (
	maxCharacters    = 25_000 // of task spec and input together
	maxMetadataKey   = 16     // characters
	maxMetadataValue = 512    // characters
	maxDomains       = 200    // included and excluded together
	maxMCPServers    = 10
)

// problem is why a create is refused.
type problem struct {
	status  int
	message string
	field   string // path within the body; "" is the whole
	reason  string
}

func (p *problem) detail() any {
	if p.reason == "" {
		return nil
	}
	return invalid(p.field, p.reason)
}

// invalid is the detail of a refusal that concerns one field.
func invalid(field, reason string) map[string]any {
	return map[string]any{"field": field, "reason": reason}
}

func unprocessable(field, format string, args ...any) *problem {
	reason := fmt.Sprintf(format, args...)
	message := "Unprocessable content: " + reason
	if field != "" {
		message = "Unprocessable content: " + field + ": " + reason
	}
	return &problem{status: http.StatusUnprocessableEntity, message: message, field: field, reason: reason}
}

// validate holds a create to upstream's rules and returns its warnings.
func (s *Sandbox) validate(body []byte, from account) (*parallel.TaskRunInput, []parallel.Warning, *problem) {
	if !utf8.Valid(body) {
		return nil, nil, unprocessable("", "the body is not UTF-8")
	}
	var in parallel.TaskRunInput
	if err := json.Unmarshal(body, &in); err != nil {
		if fe, ok := errors.AsType[*parallel.FieldError](err); ok {
			return nil, nil, unprocessable(fe.Field, "must be %s", fe.Want)
		}
		return nil, nil, unprocessable("", "the body is not JSON: %v", err)
	}
	c := &checker{in: &in}
	c.processor()
	c.inputs()
	c.spec()
	c.metadata()
	c.sources()
	c.settings()
	c.servers()
	c.webhook()
	c.previous(s, from)
	return &in, c.warnings, c.problem
}

// checker goes through a create; only the first problem is told.
type checker struct {
	in       *parallel.TaskRunInput
	problem  *problem
	warnings []parallel.Warning
}

func (c *checker) fail(p *problem) {
	if c.problem == nil {
		c.problem = p
	}
}

func (c *checker) warn(kind, message, field string) {
	c.warnings = append(c.warnings, parallel.Warning{Type: kind, Message: message, Detail: encode(map[string]any{"field": field})})
}

func (c *checker) processor() {
	if c.in.Processor == "" {
		c.fail(unprocessable("processor", "is required"))
		return
	}
	p, ok := parallel.LookupProcessor(c.in.Processor)
	if !ok {
		c.fail(&problem{
			status: http.StatusForbidden, message: "Forbidden: invalid processor in request",
			field: "processor", reason: fmt.Sprintf("there is no processor %q", shorten(c.in.Processor, 64)),
		})
		return
	}
	if !p.Auto && c.auto() {
		c.warn("warning", "Auto output is meant for processors from pro upwards", "task_spec.output_schema")
	}
}

// auto reports whether the shape of the output is left to upstream.
func (c *checker) auto() bool {
	return c.in.TaskSpec == nil || c.in.TaskSpec.OutputSchema == nil || c.in.TaskSpec.OutputSchema.Kind() == parallel.SchemaAuto
}

func (c *checker) inputs() {
	if len(c.in.Input) == 0 {
		c.fail(unprocessable("input", "is required"))
		return
	}
	if first := c.in.Input[0]; first != '"' && first != '{' {
		c.fail(unprocessable("input", "must be a string or an object"))
		return
	}
	n := utf8.RuneCountInString(inputText(c.in.Input))
	if c.in.TaskSpec != nil {
		n += utf8.RuneCount(encode(c.in.TaskSpec))
	}
	if n > maxCharacters {
		c.fail(unprocessable("input", "task spec and input have %d characters; at most %d are allowed", n, maxCharacters))
	}
}

// inputText is a text input as it is, and the JSON of an object.
func inputText(input json.RawMessage) string {
	var text string
	if json.Unmarshal(input, &text) == nil {
		return text
	}
	return string(input)
}

func (c *checker) spec() {
	spec := c.in.TaskSpec
	if spec == nil {
		return
	}
	if spec.OutputSchema == nil {
		c.fail(unprocessable("task_spec.output_schema", "is required"))
		return
	}
	switch spec.OutputSchema.Kind() {
	case parallel.SchemaText, parallel.SchemaBare, parallel.SchemaAuto:
	case parallel.SchemaJSON:
		c.jsonSchema("task_spec.output_schema.json_schema", spec.OutputSchema.JSONSchema(), true)
	default:
		c.fail(unprocessable("task_spec.output_schema.type", "must be text, json or auto"))
	}
	if spec.InputSchema == nil {
		return
	}
	switch spec.InputSchema.Kind() {
	case parallel.SchemaText, parallel.SchemaBare:
	case parallel.SchemaJSON:
		if parsed := c.jsonSchema("task_spec.input_schema.json_schema", spec.InputSchema.JSONSchema(), false); parsed != nil {
			c.fits(parsed)
		}
	default:
		c.fail(unprocessable("task_spec.input_schema.type", "must be text or json"))
	}
}

func (c *checker) jsonSchema(field string, raw json.RawMessage, output bool) *schema.Schema {
	if len(raw) == 0 || raw[0] != '{' {
		c.fail(unprocessable(field, "must be an object"))
		return nil
	}
	parsed, err := schema.Parse(raw)
	if err != nil {
		c.fail(unprocessable(field, "%v", err))
		return nil
	}
	review := parsed.Review(output)
	if errs := review.Errors(); len(errs) > 0 {
		c.fail(unprocessable(field, "%s", strings.Join(errs, "; ")))
		return nil
	}
	for _, w := range review.Warnings() {
		c.warn("spec_validation_warning", w, field)
	}
	return parsed
}

// fits warns of an input that does not conform to its schema; upstream takes it all the same.
func (c *checker) fits(s *schema.Schema) {
	if len(c.in.Input) == 0 {
		return
	}
	if err := s.CheckJSON(c.in.Input); err != nil {
		field := "input"
		if m, ok := errors.AsType[*schema.Mismatch](err); ok && m.Path != "" {
			field += "." + m.Path
		}
		c.warn("input_validation_warning", "The input does not fit its schema: "+err.Error(), field)
	}
}

func (c *checker) metadata() {
	for key, value := range c.in.Metadata {
		if n := utf8.RuneCountInString(key); n > maxMetadataKey {
			c.fail(unprocessable("metadata", "key %q has %d characters; at most %d are allowed", shorten(key, 40), n, maxMetadataKey))
		}
		var v any
		_ = json.Unmarshal(value, &v) // it was decoded with the body
		switch v := v.(type) {
		case string:
			if n := utf8.RuneCountInString(v); n > maxMetadataValue {
				c.fail(unprocessable("metadata."+key, "has %d characters; at most %d are allowed", n, maxMetadataValue))
			}
		case float64, bool:
		default:
			c.fail(unprocessable("metadata."+key, "must be a string, a number or a boolean"))
		}
	}
	if text, ok := c.in.Metadata.Text(scenarioKey); ok {
		if _, err := parseScenario(text); err != nil {
			c.fail(unprocessable("metadata."+scenarioKey, "%v", err))
		}
	}
}

// domain is an apex domain or subdomain, or a bare suffix such as ".edu"; "*.edu" is the same.
var domain = regexp.MustCompile(`^(\*?\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

func (c *checker) sources() {
	p := c.in.SourcePolicy
	if p == nil {
		return
	}
	if n := len(p.IncludeDomains) + len(p.ExcludeDomains); n > maxDomains {
		c.fail(unprocessable("source_policy", "has %d domains; at most %d are allowed, included and excluded together", n, maxDomains))
	}
	for field, list := range map[string][]string{"include_domains": p.IncludeDomains, "exclude_domains": p.ExcludeDomains} {
		for i, d := range list {
			if len(d) > 253 || !domain.MatchString(strings.ToLower(d)) {
				c.fail(unprocessable(fmt.Sprintf("source_policy.%s.%d", field, i),
					"%q is no domain such as example.com or .edu (no scheme, no path)", shorten(d, 80)))
			}
		}
	}
	if p.AfterDate != "" {
		if _, err := time.Parse(time.DateOnly, p.AfterDate); err != nil {
			c.fail(unprocessable("source_policy.after_date", "must be a date such as 2024-01-31"))
		}
	}
}

var country = regexp.MustCompile(`^[A-Za-z]{2}$`)

func (c *checker) settings() {
	if a := c.in.AdvancedSettings; a != nil && a.Location != "" && !country.MatchString(a.Location) {
		c.fail(unprocessable("advanced_settings.location", "must be the two letters of a country, such as us"))
	}
}

func (c *checker) servers() {
	if n := len(c.in.MCPServers); n > maxMCPServers {
		c.fail(unprocessable("mcp_servers", "has %d servers; at most %d are allowed", n, maxMCPServers))
	}
	for i, server := range c.in.MCPServers {
		at := fmt.Sprintf("mcp_servers.%d.", i)
		if server.Type != "" && server.Type != "url" {
			c.fail(unprocessable(at+"type", "must be url"))
		}
		if server.Name == "" {
			c.fail(unprocessable(at+"name", "is required"))
		}
		if !webAddress(server.URL) {
			c.fail(unprocessable(at+"url", "must be an http or https address"))
		}
	}
}

func (c *checker) webhook() {
	h := c.in.Webhook
	if h == nil {
		return
	}
	if !webAddress(h.URL) {
		c.fail(unprocessable("webhook.url", "must be an http or https address"))
	}
	for i, kind := range h.EventTypes {
		if kind != "task_run.status" {
			c.fail(unprocessable(fmt.Sprintf("webhook.event_types.%d", i), "must be task_run.status"))
		}
	}
}

func (c *checker) previous(s *Sandbox, from account) {
	id := c.in.PreviousInteractionID
	if id == "" {
		return
	}
	if earlier, err := s.find(s.life, id); err != nil || earlier.Key != from.id {
		c.fail(unprocessable("previous_interaction_id", "there is no such interaction"))
	}
}

func webAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// shorten bounds what a message repeats of the request.
func shorten(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
