package schema

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
)

// Writer words the strings that a schema leaves open.
type Writer interface {
	// Write returns a text for the field of that name and description. The name is that of the nearest
	// member; in a list it is the list's.
	Write(r *rand.Rand, name, description string) string
}

// Make makes up a value that conforms to the schema, the same for the same r and w. A schema that cannot be
// met, or only beyond the bounds below, gets a value that comes near.
func (s *Schema) Make(r *rand.Rand, w Writer) any {
	var v any
	steps, joined := 0, 0
	for range maxTries {
		m := &maker{Schema: s, rand: r, writer: w, steps: steps, joined: joined}
		v = m.value(s.root, "", "", 0)
		if m.conforms(s.root, v) {
			break
		}
		steps, joined = m.steps, m.joined
	}
	return v
}

const (
	maxTries = 12
	// lean is the depth of nesting from which the maker leaves out whatever may be left out; floor is the one
	// at which it gives up on a schema that has no finite value.
	lean  = 6
	floor = 40
	// roomy is the number of values after which it does the same as from lean on; full the one after which it
	// gives up.
	roomy = 1_500
	full  = 20_000

	maxMadeItems  = 1_000     // of one list, whatever minItems says
	maxMadeLength = 10_000    // of one string, whatever minLength says
	maxMadeText   = 512 << 10 // bytes of a value's texts that are the schema's; beyond it the maker gives up, as at full

	// maxJoined bounds the keywords and members that are copied to join schemas: thirty references that each lead to the
	// next one twice would be a thousand million.
	maxJoined = 200_000
)

type maker struct {
	*Schema
	rand   *rand.Rand
	writer Writer
	made   int // values so far
	text   int // bytes of their texts, as far as they are the schema's
	joined int // keywords and members so far, earlier tries included
	steps  int // of checking so far, earlier tries included
}

// maxMakeSteps bounds the checking that making one value takes, some tenths of a second; beyond it the maker trusts
// what it made.
const maxMakeSteps = 200_000

func (m *maker) conforms(schema, v any) bool {
	if m.steps > maxMakeSteps {
		return true
	}
	c := m.checker()
	ok := c.check(schema, v, "", 0) == nil
	m.steps += c.steps
	return ok
}

func (m *maker) sparing(depth int) bool { return depth >= lean || m.made > roomy }
func (m *maker) spent(depth int) bool {
	return depth >= floor || m.made > full || m.text > maxMadeText
}

// value makes a value for one schema. Keywords that cannot be made by construction are tried for.
func (m *maker) value(schema any, name, description string, depth int) any {
	m.made++
	o, ok := schema.(*Object)
	if !ok || m.spent(depth) {
		if m.spent(depth) {
			return nil
		}
		return m.write(name, description)
	}
	var v any
	for range m.tries(o) {
		flat := m.flatten(o, depth, 0)
		v = m.flat(flat, name, description, depth)
		if !uncertain(o) || m.conforms(o, v) {
			return v
		}
	}
	return v
}

// tries is fewer deep down, so that the tries of all levels together stay bounded.
func (m *maker) tries(o *Object) int {
	if !uncertain(o) || m.made > roomy {
		return 1
	}
	return maxTries
}

// uncertain reports whether a schema has keywords that the maker can only try for.
func uncertain(o *Object) bool {
	return slices.ContainsFunc(o.names, func(name string) bool {
		switch name {
		case "oneOf", "anyOf", "allOf", "not", "if", "contains", "uniqueItems", "pattern", "patternProperties", "propertyNames", "minProperties", "enum", "$ref":
			return true
		}
		return false
	})
}

// flatten follows references, takes one of the alternatives and joins it all into one schema.
func (m *maker) flatten(o *Object, depth, hops int) *Object {
	if hops > maxDepth || m.joined > maxJoined {
		return o
	}
	flat := &Object{}
	for _, name := range o.names {
		switch name {
		case "$ref", "allOf", "anyOf", "oneOf", "if", "then", "else":
		default:
			flat.Set(name, o.values[name])
		}
	}
	for _, part := range m.parts(o, depth) {
		if part, ok := part.(*Object); ok {
			other := m.flatten(part, depth, hops+1)
			m.joined += 1 + weight(other) + weight(flat)
			flat = merge(other, flat)
		}
	}
	return flat
}

// weight is how much of a schema is copied when it is joined to another.
func weight(o *Object) int {
	n := o.Len()
	for _, name := range o.names {
		switch v := o.values[name].(type) {
		case *Object:
			n += v.Len()
		case []any:
			n += len(v)
		}
	}
	return n
}

// parts returns the schemas that o joins to its own keywords, one of each group of alternatives.
func (m *maker) parts(o *Object, depth int) []any {
	var parts []any
	if ref, ok := o.values["$ref"].(string); ok {
		if target, ok := m.resolve(ref); ok {
			parts = append(parts, target)
		}
	}
	parts = append(parts, list(o, "allOf")...)
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if alternatives := list(o, keyword); alternatives != nil {
			parts = append(parts, m.choose(alternatives, depth))
		}
	}
	if cond, ok := o.Get("if"); ok {
		if then, ok := o.Get("then"); ok && m.rand.IntN(2) == 0 {
			parts = append(parts, cond, then)
		} else if other, ok := o.Get("else"); ok {
			parts = append(parts, other)
		}
	}
	return parts
}

// choose takes one of several schemas, null seldom. From lean on it takes one without parts if it can.
func (m *maker) choose(alternatives []any, depth int) any {
	if m.sparing(depth) {
		if i := slices.IndexFunc(alternatives, plain); i >= 0 {
			return alternatives[i]
		}
	}
	choice := alternatives[m.rand.IntN(len(alternatives))]
	if isNull(choice) && m.rand.IntN(3) > 0 {
		choice = alternatives[m.rand.IntN(len(alternatives))]
	}
	return choice
}

func isNull(schema any) bool {
	o, ok := schema.(*Object)
	return ok && slices.Equal(types(o), []string{"null"})
}

func plain(schema any) bool {
	o, ok := schema.(*Object)
	if !ok {
		return schema != false
	}
	names := types(o)
	return len(names) > 0 && !slices.Contains(names, "object") && !slices.Contains(names, "array") || list(o, "enum") != nil
}

// flat makes a value for a schema without references and alternatives.
func (m *maker) flat(o *Object, name, description string, depth int) any {
	if v, ok := o.Get("const"); ok {
		m.text += textIn(v)
		return v
	}
	if enum := list(o, "enum"); enum != nil {
		v := m.fromEnum(o, enum)
		m.text += textIn(v)
		return v
	}
	if d := text(o, "description"); d != "" {
		description = d
	}
	switch m.typeOf(o) {
	case "null":
		return nil
	case "boolean":
		return m.rand.IntN(2) == 0
	case "integer":
		return m.number(o, name, true)
	case "number":
		return m.number(o, name, false)
	case "array":
		return m.array(o, name, description, depth)
	case "object":
		return m.object(o, depth)
	}
	return m.words(o, name, description)
}

// write has a text worded. What it may repeat of the schema counts; how much more the writer writes is its own affair.
func (m *maker) write(name, description string) string {
	made := m.writer.Write(m.rand, name, description)
	m.text += min(len(made), len(name)+len(description))
	return made
}

// textIn is how much text a value has, in bytes.
func textIn(v any) int {
	n := 0
	switch v := v.(type) {
	case string:
		n = len(v)
	case json.Number:
		n = len(v)
	case []any:
		for _, item := range v {
			n += 1 + textIn(item)
		}
	case *Object:
		for _, name := range v.names {
			n += len(name) + textIn(v.values[name])
		}
	}
	return n
}

// fromEnum takes a value that the other keywords allow, if there is one.
func (m *maker) fromEnum(o *Object, enum []any) any {
	from := m.rand.IntN(len(enum))
	for i := range enum {
		if v := enum[(from+i)%len(enum)]; m.conforms(o, v) {
			return v
		}
	}
	return enum[from]
}

// typeOf takes one of the types that a schema allows, null seldom; without any, the one its keywords are about.
func (m *maker) typeOf(o *Object) string {
	names := types(o)
	if len(names) > 1 {
		choice := names[m.rand.IntN(len(names))]
		if choice == "null" && m.rand.IntN(3) > 0 {
			choice = names[m.rand.IntN(len(names))]
		}
		return choice
	}
	if len(names) == 1 {
		return names[0]
	}
	for _, name := range o.names {
		switch name {
		case "properties", "required", "additionalProperties", "minProperties", "patternProperties", "propertyNames":
			return "object"
		case "items", "prefixItems", "minItems", "contains", "uniqueItems":
			return "array"
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
			return "number"
		}
	}
	return "string"
}
