// Package lint says before money is spent what Parallel will refuse of a request, and what it will warn of, with a
// repair where one is safe. It never stops anybody: Parallel's limits are Parallel's, and its documents disagree here
// and there; people also come to see what it says.
package lint

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/taskyard/taskyard/internal/schema"
	"github.com/taskyard/taskyard/parallel"
)

// Bounds of what is looked at, and Parallel's own (its documents: "Limits").
const (
	MaxFindings = 30      // told of one request: each carries a whole schema
	maxSchema   = 100_000 // bytes of a schema; four times what Parallel takes of everything
	characters  = 25_000  // of task spec and input together
	keyLength   = 16      // characters of a key of metadata
	valueLength = 512     // characters of a value of metadata
	domains     = 200     // included and excluded together
	servers     = 10      // MCP servers
)

// Finding is one rule that a request breaks.
type Finding struct {
	Field   string // where in the request, as in task_spec.output_schema.json_schema
	Message string
	IsError bool            // Parallel refuses the request for it
	Repair  string          // what Fixed has done to the schema; "" where nothing safe is known
	Fixed   json.RawMessage // the whole schema, repaired
}

// Request checks the body of a create call. What is not of its shape is left to Parallel's own words.
func Request(body json.RawMessage) []Finding {
	var in parallel.TaskRunInput
	err := json.Unmarshal(body, &in)
	if _, odd := errors.AsType[*parallel.FieldError](err); err != nil && !odd {
		return nil
	}
	l := &linter{}
	l.sizes(&in)
	l.spec(in.TaskSpec)
	return l.findings
}

type linter struct{ findings []Finding }

func (l *linter) add(f Finding) {
	if len(l.findings) < MaxFindings {
		l.findings = append(l.findings, f)
	}
}

func (l *linter) fail(field, format string, args ...any) {
	l.add(Finding{Field: field, Message: fmt.Sprintf(format, args...), IsError: true})
}

func (l *linter) sizes(in *parallel.TaskRunInput) {
	n := utf8.RuneCountInString(textOf(in.Input))
	if in.TaskSpec != nil {
		if spec, err := json.Marshal(in.TaskSpec); err == nil {
			n += utf8.RuneCount(spec)
		}
	}
	if n > characters {
		l.fail("input", "task spec and input have %d characters together; %d are allowed", n, characters)
	}
	for key, raw := range in.Metadata {
		if n := utf8.RuneCountInString(key); n > keyLength {
			l.fail("metadata", "the key %q has %d characters; %d are allowed", key, n, keyLength)
		}
		if n := utf8.RuneCountInString(textOf(raw)); n > valueLength {
			l.fail("metadata", "the value of %q has %d characters; %d are allowed", key, n, valueLength)
		}
	}
	if p := in.SourcePolicy; p != nil && len(p.IncludeDomains)+len(p.ExcludeDomains) > domains {
		l.fail("source_policy", "there are %d domains; %d are allowed, included and excluded together", len(p.IncludeDomains)+len(p.ExcludeDomains), domains)
	}
	if n := len(in.MCPServers); n > servers {
		l.fail("mcp_servers", "there are %d MCP servers; %d are allowed", n, servers)
	}
}

// textOf is a text as it is, and anything else as JSON.
func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func (l *linter) spec(spec *parallel.TaskSpec) {
	if spec == nil {
		return
	}
	if out := spec.OutputSchema; out != nil && out.Kind() == parallel.SchemaJSON {
		l.schema("task_spec.output_schema.json_schema", out.JSONSchema(), true)
	}
	if in := spec.InputSchema; in != nil && in.Kind() == parallel.SchemaJSON {
		l.schema("task_spec.input_schema.json_schema", in.JSONSchema(), false)
	}
}

func (l *linter) schema(field string, raw json.RawMessage, output bool) {
	for _, f := range Schema(raw, output) {
		f.Field = field
		l.add(f)
	}
}

// Schema checks a JSON schema; output adds the rules for those of outputs.
func Schema(raw json.RawMessage, output bool) []Finding {
	if len(raw) > maxSchema {
		return []Finding{{Message: fmt.Sprintf("the schema has more than %d bytes", maxSchema), IsError: true}}
	}
	parsed, err := schema.Parse(raw)
	if err != nil {
		return []Finding{{Message: err.Error(), IsError: true}}
	}
	var list []Finding
	for n, found := range parsed.Review(output).Findings {
		if len(list) == MaxFindings {
			break
		}
		f := Finding{Message: found.Text, IsError: found.IsError, Repair: found.Repair}
		if f.Repair != "" {
			f.Fixed = fixed(raw, n, output)
		}
		list = append(list, f)
	}
	return list
}

// fixed repairs a copy.
func fixed(raw json.RawMessage, n int, output bool) json.RawMessage {
	parsed, err := schema.Parse(raw)
	if err != nil || !parsed.Fix(n, output) {
		return nil
	}
	text, err := json.Marshal(parsed)
	if err != nil {
		return nil
	}
	return text
}
