package schema

import (
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
	Errors   []string
	Warnings []string

	levels, properties, enums, enumRunes int
}

// Review applies upstream's rules; output adds those for schemas of outputs.
func (s *Schema) Review(output bool) *Review {
	r := &Review{}
	r.root(s.Object())
	r.visit(s.root, "", visit{output: output})
	r.limits(output)
	return r
}

func (r *Review) fail(format string, args ...any) {
	r.Errors = append(r.Errors, fmt.Sprintf(format, args...))
}

func (r *Review) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (r *Review) root(o *Object) {
	if o == nil || !slices.Equal(types(o), []string{"object"}) {
		r.fail("the root must have type object")
		return
	}
	if _, ok := o.Get("properties"); !ok {
		r.fail("the root must have properties")
	}
	if _, ok := o.Get("anyOf"); ok {
		r.fail("the root must not use anyOf")
	}
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
		}
		r.visit(sub, join(path, name), visit{output: at.output, levels: at.levels})
	}
	if optional != nil {
		r.warn("%s: all fields should be required; not so %s", where(path), strings.Join(optional, ", "))
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

func where(path string) string {
	if path == "" {
		return "root"
	}
	return path
}
