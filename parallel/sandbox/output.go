package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/taskyard/taskyard/internal/schema"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox/internal/fiction"
)

// betaElementBasis switches on a basis for each element of a list.
const betaElementBasis = "field-basis-2025-11-25"

// content makes up the content and its basis.
func (s *story) content() parallel.TaskRunOutput {
	var asked *parallel.Schema
	if spec := s.run.input.TaskSpec; spec != nil {
		asked = spec.OutputSchema
	}
	switch {
	case asked == nil || asked.Kind() == parallel.SchemaAuto:
		raw := encode(autoSchema(s.topic().AutoSchema(s.run.random(ofContent, 1))))
		out := s.jsonOutput(raw)
		out.OutputSchema = raw
		return out
	case asked.Kind() == parallel.SchemaJSON:
		return s.jsonOutput(asked.JSONSchema())
	}
	return s.textOutput(asked.Description())
}

// bytesPerWord is about what a word of a report takes, with its space.
const bytesPerWord = 5

func (s *story) textOutput(description string) parallel.TaskRunOutput {
	words := max(s.shape().words, s.bulk/bytesPerWord)
	cited := s.sources()[:min(len(s.sources()), 4+s.shape().words/120)]
	report := s.topic().Report(s.run.random(ofContent, 0), description, cited, words)
	return parallel.TaskRunOutput{
		Type: "text", Content: parallel.TextInput(report),
		Basis: []parallel.FieldBasis{s.basis("output", description, 0)},
	}
}

func (s *story) jsonOutput(raw []byte) parallel.TaskRunOutput {
	out := parallel.TaskRunOutput{Type: "json"}
	asked, err := schema.Parse(raw)
	if err != nil { // it was checked when the run was made
		out.Content = encode(map[string]string{"error": err.Error()})
		return out
	}
	value := asked.Make(s.run.random(ofContent, 0), s.writer())
	out.Content = encode(value)
	made, _ := value.(*schema.Object)
	for i, p := range asked.Properties() {
		content, ok := made.Get(p.Name)
		if !ok {
			continue
		}
		out.Basis = append(out.Basis, s.basis(p.Name, p.Description, i))
		if list, ok := content.([]any); ok && s.run.hasBeta(betaElementBasis) {
			for k := range list {
				out.Basis = append(out.Basis, s.basis(fmt.Sprintf("%s.%d", p.Name, k), p.Description, (i+1)<<10+k))
			}
		}
	}
	return out
}

// basis makes up why a field has its value; i tells the fields apart.
func (s *story) basis(field, description string, i int) parallel.FieldBasis {
	random := s.run.random(ofBasis, i)
	pages := s.sources()
	n := min(1+random.IntN(s.shape().citations), len(pages))
	first := random.IntN(len(pages) - n + 1)
	cited := pages[first : first+n]
	confidence := s.topic().Confidence(random)
	b := parallel.FieldBasis{Field: field, Reasoning: s.topic().Reasoning(random, field, description, cited, confidence)}
	if s.shape().confident {
		b.Confidence = confidence
	}
	for _, page := range cited {
		b.Citations = append(b.Citations, parallel.Citation{
			URL: page.URL, Title: page.Title, Excerpts: s.topic().Excerpts(random, field, 1+random.IntN(2)),
		})
	}
	return b
}

// writer words the strings of a JSON output.
func (s *story) writer() schema.Writer {
	if s.bulk == 0 {
		return s.topic()
	}
	return &longWriter{topic: s.topic(), left: s.bulk}
}

// longWriter lets the first string be so long that the whole has the size.
type longWriter struct {
	topic *fiction.Topic
	left  int // bytes
}

func (w *longWriter) Write(r *rand.Rand, name, description string) string {
	text := w.topic.Write(r, name, description)
	if w.left <= 0 {
		return text
	}
	var b strings.Builder
	b.WriteString(text)
	for b.Len() < w.left {
		for _, sentence := range w.topic.Excerpts(r, name, 8) {
			b.WriteString(" ")
			b.WriteString(sentence)
		}
	}
	w.left = 0
	return b.String()
}

// autoSchema is the JSON Schema of the fields that the simulation chose.
func autoSchema(fields []fiction.Field) *schema.Object {
	properties, required := new(schema.Object), []any{}
	for _, f := range fields {
		properties.Set(f.Name, autoField(f))
		required = append(required, f.Name)
	}
	o := new(schema.Object)
	o.Set("type", "object")
	o.Set("properties", properties)
	o.Set("required", required)
	o.Set("additionalProperties", false)
	return o
}

func autoField(f fiction.Field) *schema.Object {
	o := new(schema.Object)
	switch {
	case f.Type == "array" && len(f.Fields) > 0:
		o.Set("type", "array")
		o.Set("items", autoSchema(f.Fields))
	case f.Type == "array":
		item := new(schema.Object)
		item.Set("type", "string")
		o.Set("type", "array")
		o.Set("items", item)
	case f.Type == "object":
		o = autoSchema(f.Fields)
	default:
		o.Set("type", f.Type)
	}
	o.Set("description", f.Description)
	return o
}
