package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Upstream's limits on the JSON Schemas of a task spec, from its documentation.
const (
	maxLevels        = 5 // of objects and lists; one page says 3, so 4 and 5 are warned about
	adviseLevels     = 3
	maxProperties    = 100
	maxEnumValues    = 500
	manyEnumValues   = 250
	maxManyEnumRunes = 7_500
)

// ignored are the keywords that upstream documents as unsupported: it warns and does not obey them.
var ignored = []string{
	"contains", "format", "maximum", "minimum", "multipleOf", "pattern", "patternProperties", "propertyNames",
	"uniqueItems", "unevaluatedItems", "unevaluatedProperties", "minContains", "maxContains", "minItems", "maxItems",
	"minLength", "maxLength", "minProperties", "maxProperties",
}

// covered are the field names that upstream advises against in an output, as its basis has them already.
var covered = []string{"citations", "confidence", "evidence", "reasoning", "source", "sources", "source_urls"}

// Review is what upstream's rules say of a schema: any error refuses it, a warning is only passed on.
type Review struct {
	Findings []Finding

	schema                               *Schema
	levels, properties, enums, enumRunes int
}

// Finding is one rule that a schema breaks.
type Finding struct {
	Text    string
	IsError bool
	Repair  string // what Fix would do; "" where nothing safe is known
	fix     func()
}

// Errors are the texts of what refuses the schema.
func (r *Review) Errors() []string { return r.texts(true) }

// Warnings are the texts of what is only passed on.
func (r *Review) Warnings() []string { return r.texts(false) }

func (r *Review) texts(errors bool) []string {
	var list []string
	for _, f := range r.Findings {
		if f.IsError == errors {
			list = append(list, f.Text)
		}
	}
	return list
}

// Fix repairs what the nth finding of a review of this schema is about, and nothing else: all other members stay as
// they are and where they are. It reports whether there was a repair.
func (s *Schema) Fix(n int, output bool) bool {
	findings := s.Review(output).Findings
	if n < 0 || n >= len(findings) || findings[n].fix == nil {
		return false
	}
	findings[n].fix()
	return true
}

// MarshalJSON writes the schema with its members in their order.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if o := s.Object(); o != nil {
		return o.MarshalJSON()
	}
	return json.Marshal(s.root)
}

// Review applies upstream's rules; output adds those for schemas of outputs.
func (s *Schema) Review(output bool) *Review {
	r := &Review{schema: s}
	r.root(s.Object())
	r.visit(s.root, "", visit{output: output})
	r.limits(output)
	return r
}

func (r *Review) fail(format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf(format, args...), IsError: true})
}

func (r *Review) warn(format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf(format, args...)})
}

// fixable adds a repair to the finding that was added last.
func (r *Review) fixable(repair string, fix func()) {
	last := &r.Findings[len(r.Findings)-1]
	last.Repair, last.fix = repair, fix
}

func (r *Review) root(o *Object) {
	if o == nil || !slices.Equal(types(o), []string{"object"}) {
		r.fail("the root must have type object")
		if o != nil {
			r.fixRoot(o)
		}
		return
	}
	if _, ok := o.Get("properties"); !ok {
		r.fail("the root must have properties")
	}
	if _, ok := o.Get("anyOf"); ok {
		r.fail("the root must not use anyOf")
	}
}

// fixRoot makes an object of a root that is none: what it was becomes its one field.
func (r *Review) fixRoot(o *Object) {
	if _, named := o.Get("properties"); named && len(types(o)) == 0 {
		r.fixable("Add type object", func() { o.Set("type", "object") })
		return
	}
	name := "answer"
	if slices.Equal(types(o), []string{"array"}) {
		name = "items"
	}
	r.fixable("Move it under a field "+name, func() {
		fields, root := &Object{}, &Object{}
		fields.Set(name, o)
		root.Set("type", "object")
		root.Set("properties", fields)
		root.Set("required", []any{name})
		root.Set("additionalProperties", false)
		r.schema.root = root
	})
}

func (r *Review) limits(output bool) {
	switch {
	case r.levels > maxLevels:
		r.fail("it nests %d levels deep; at most %d are allowed", r.levels, maxLevels)
	case output && r.levels > adviseLevels:
		r.warn("it nests %d levels deep; at most %d are advised", r.levels, adviseLevels)
	}
	if r.properties > maxProperties {
		r.fail("it has %d properties; at most %d are allowed", r.properties, maxProperties)
	}
	if r.enums > maxEnumValues {
		r.fail("it has %d enum values; at most %d are allowed", r.enums, maxEnumValues)
	}
	if r.enums > manyEnumValues && r.enumRunes > maxManyEnumRunes {
		r.fail("its %d enum values have %d characters; at most %d are allowed above %d values",
			r.enums, r.enumRunes, maxManyEnumRunes, manyEnumValues)
	}
}

// visit is where a review has come to.
type visit struct {
	output bool
	levels int  // of objects and lists around this schema
	union  bool // it is one of several alternatives
}

func (r *Review) visit(schema any, path string, at visit) {
	o, ok := schema.(*Object)
	if !ok {
		return
	}
	names := types(o)
	if slices.Equal(names, []string{"null"}) && !at.union {
		r.fail("%s: null is allowed only beside another type", where(path))
	}
	_, named := o.Get("properties")
	if named || slices.Contains(names, "object") || slices.Contains(names, "array") {
		at.levels++
		r.levels = max(r.levels, at.levels)
	}
	r.keywords(o, path)
	r.members(o, path, at, named || slices.Contains(names, "object"))
	r.parts(o, path, at)
}

func (r *Review) keywords(o *Object, path string) {
	for _, name := range o.names {
		if slices.Contains(ignored, name) {
			r.warn("%s: the keyword %s is not supported", where(path), name)
			r.fixable("Remove "+name, func() { o.Remove(name) })
		}
	}
	for _, v := range list(o, "enum") {
		r.enums++
		if s, ok := v.(string); ok {
			r.enumRunes += len([]rune(s))
		}
	}
}

func (r *Review) members(o *Object, path string, at visit, isObject bool) {
	if !isObject {
		return
	}
	if additional, ok := o.Get("additionalProperties"); !ok || additional != false {
		r.warn("%s: additionalProperties should be false", where(path))
		r.fixable("Set additionalProperties to false", func() { o.Set("additionalProperties", false) })
	}
	needed := stringsOf(o, "required")
	var optional []string
	for name, sub := range each(o, "properties") {
		r.properties++
		if !slices.Contains(needed, name) {
			optional = append(optional, name)
		}
		if at.output && slices.Contains(covered, name) {
			r.warn("%s: the basis of the output covers this field", join(path, name))
			r.fixable("Remove the field "+name, func() { removeField(o, name) })
		}
		r.visit(sub, join(path, name), visit{output: at.output, levels: at.levels})
	}
	if optional != nil {
		r.warn("%s: all fields should be required; not so %s", where(path), strings.Join(optional, ", "))
		r.fixable("Require all of them", func() { requireAll(o) })
	}
}

// parts visits what is neither a property nor referred to: a reference is reviewed where its target stands.
func (r *Review) parts(o *Object, path string, at visit) {
	inner := visit{output: at.output, levels: at.levels}
	if items, ok := o.Get("items"); ok {
		r.visit(items, join(path, "items"), inner)
	}
	for _, sub := range list(o, "prefixItems") {
		r.visit(sub, join(path, "prefixItems"), inner)
	}
	for _, keyword := range []string{"anyOf", "oneOf", "allOf"} {
		alternatives := list(o, keyword)
		inner.union = keyword != "allOf" && len(alternatives) > 1
		for _, sub := range alternatives {
			r.visit(sub, path, inner)
		}
	}
	for _, keyword := range []string{"$defs", "definitions"} {
		for name, sub := range each(o, keyword) {
			// What a reference points to stands at least one level down, wherever it is used.
			r.visit(sub, keyword+"."+name, visit{output: at.output, levels: 1, union: true})
		}
	}
}

// removeField takes a property out of an object, and out of what it requires.
func removeField(o *Object, name string) {
	properties, _ := o.Get("properties")
	if fields, ok := properties.(*Object); ok {
		fields.Remove(name)
	}
	if _, given := o.Get("required"); !given {
		return
	}
	var kept []any
	for _, needed := range stringsOf(o, "required") {
		if needed != name {
			kept = append(kept, needed)
		}
	}
	if kept == nil {
		o.Remove("required")
		return
	}
	o.Set("required", kept)
}

// requireAll requires every property, those that were required first.
func requireAll(o *Object) {
	var names []any
	needed := stringsOf(o, "required")
	for _, name := range needed {
		names = append(names, name)
	}
	for name := range each(o, "properties") {
		if !slices.Contains(needed, name) {
			names = append(names, name)
		}
	}
	o.Set("required", names)
}

func where(path string) string {
	if path == "" {
		return "root"
	}
	return path
}
