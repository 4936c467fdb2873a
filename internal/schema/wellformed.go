package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// maxDepth bounds how deep a schema document may nest: far beyond upstream's five levels of objects, and
// little enough for recursion.
const maxDepth = 200

var typeNames = []string{"null", "boolean", "object", "array", "number", "string", "integer"}

// The keywords by what their values must be.
var (
	schemaKeywords = []string{"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"}
	listKeywords   = []string{"anyOf", "oneOf", "allOf", "prefixItems"}
	mapKeywords    = []string{"properties", "patternProperties", "$defs", "definitions"}
	countKeywords  = []string{"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties", "minContains", "maxContains"}
	numberKeywords = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
	textKeywords   = []string{"$ref", "format", "description", "title", "pattern"}
)

// place is where in a document a schema stands.
type place struct {
	path  string
	depth int
}

func (p place) in(name string) place { return place{p.path + "/" + name, p.depth + 1} }

// wellFormed checks a schema and all schemas in it, and that its references lead somewhere.
func (s *Schema) wellFormed(v any, at place) error {
	if _, ok := v.(bool); ok {
		return nil
	}
	o, ok := v.(*Object)
	if !ok {
		return fmt.Errorf("%s: a schema must be an object", at.path)
	}
	if at.depth > maxDepth {
		return fmt.Errorf("the schema nests more than %d levels deep", maxDepth)
	}
	if err := formType(o, at); err != nil {
		return err
	}
	if err := formValues(o, at); err != nil {
		return err
	}
	if ref, ok := o.values["$ref"].(string); ok {
		if _, ok := s.resolve(ref); !ok {
			return fmt.Errorf("%s/$ref: %q is not a schema in this document", at.path, ref)
		}
	}
	return s.formParts(o, at)
}

func formType(o *Object, at place) error {
	v, ok := o.Get("type")
	if !ok {
		return nil
	}
	names := types(o)
	if l, isList := v.([]any); len(names) == 0 || isList && len(l) != len(names) {
		return fmt.Errorf("%s/type: must be the name of a type or a list of names", at.path)
	}
	for _, name := range names {
		if !slices.Contains(typeNames, name) {
			return fmt.Errorf("%s/type: %q is not a type", at.path, name)
		}
	}
	return nil
}

func formValues(o *Object, at place) error {
	for _, name := range o.names {
		v := o.values[name]
		want := ""
		switch {
		case slices.Contains(countKeywords, name) && !isCount(v):
			want = "a whole number, 0 or more"
		case slices.Contains(numberKeywords, name) && !isNumber(v):
			want = "a number"
		case slices.Contains(textKeywords, name) && !isText(v):
			want = "a string"
		case name == "enum" && len(list(o, name)) == 0:
			want = "a list of at least one value"
		case name == "required" && !isNames(v):
			want = "a list of names"
		case name == "multipleOf" && rat(v.(json.Number)).Sign() <= 0:
			want = "more than 0"
		}
		if want != "" {
			return fmt.Errorf("%s/%s: must be %s", at.path, name, want)
		}
	}
	return nil
}

func (s *Schema) formParts(o *Object, at place) error {
	for _, name := range o.names {
		v, at := o.values[name], at.in(name)
		switch {
		case slices.Contains(schemaKeywords, name):
			if err := s.wellFormed(v, at); err != nil {
				return err
			}
		case slices.Contains(listKeywords, name):
			if err := s.formList(v, at); err != nil {
				return err
			}
		case slices.Contains(mapKeywords, name):
			if err := s.formMap(v, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Schema) formList(v any, at place) error {
	l, ok := v.([]any)
	if !ok || len(l) == 0 {
		return fmt.Errorf("%s: must be a list of at least one schema", at.path)
	}
	for i, sub := range l {
		if err := s.wellFormed(sub, at.in(strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) formMap(v any, at place) error {
	members, ok := v.(*Object)
	if !ok {
		return fmt.Errorf("%s: must be an object", at.path)
	}
	for _, name := range members.names {
		if err := s.wellFormed(members.values[name], at.in(name)); err != nil {
			return err
		}
	}
	return nil
}

func isText(v any) bool {
	_, ok := v.(string)
	return ok
}

func isNumber(v any) bool {
	_, ok := v.(json.Number)
	return ok
}

func isCount(v any) bool {
	n, ok := v.(json.Number)
	f, err := n.Float64()
	return ok && err == nil && f >= 0 && f <= 1<<53 && f == float64(int64(f))
}

func isNames(v any) bool {
	l, ok := v.([]any)
	if !ok {
		return false
	}
	for _, name := range l {
		if !isText(name) {
			return false
		}
	}
	return true
}
