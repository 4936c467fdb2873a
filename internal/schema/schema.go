// Package schema reads JSON Schemas as Parallel takes them: to say which of upstream's rules one breaks and to repair
// it, to check an input against one, and to make up a value that conforms to one. What the pages advise and what the
// simulator refuses is therefore the same.
//
// Known are the keywords of draft 2020-12 that describe values, with references inside the document. Formats
// guide what is made and are not checked. Not known, and without effect: $dynamicRef, unevaluatedItems,
// unevaluatedProperties, dependentSchemas and the content keywords.
package schema

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Schema is a JSON Schema.
type Schema struct {
	root any // *Object, or a bool
}

// Parse reads a schema. The error says what is malformed, and where.
func Parse(raw []byte) (*Schema, error) {
	root, err := Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	s := &Schema{root: root}
	if err := s.wellFormed(root, place{path: "#"}); err != nil {
		return nil, err
	}
	return s, nil
}

// Object returns the root, nil if the schema is true or false.
func (s *Schema) Object() *Object {
	o, _ := s.root.(*Object)
	return o
}

// Property is a named part of an object.
type Property struct {
	Name        string
	Description string
}

// Properties returns the properties of the root in order.
func (s *Schema) Properties() []Property {
	var list []Property
	for name, sub := range each(s.Object(), "properties") {
		p := Property{Name: name}
		if o, ok := sub.(*Object); ok {
			p.Description = text(o, "description")
		}
		list = append(list, p)
	}
	return list
}

// resolve returns what a reference inside the document points to.
func (s *Schema) resolve(ref string) (any, bool) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	at := s.root
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		if step == "" && path == "" {
			break
		}
		step, err := url.PathUnescape(step)
		if err != nil {
			return nil, false
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch v := at.(type) {
		case *Object:
			if at, ok = v.Get(step); !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	switch at.(type) {
	case *Object, bool:
		return at, true
	}
	return nil, false
}

// each yields the members of an object-valued keyword in order.
func each(o *Object, keyword string) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		v, _ := o.Get(keyword)
		members, ok := v.(*Object)
		if !ok {
			return
		}
		for _, name := range members.names {
			if !yield(name, members.values[name]) {
				return
			}
		}
	}
}

func list(o *Object, keyword string) []any {
	v, _ := o.Get(keyword)
	l, _ := v.([]any)
	return l
}

func text(o *Object, keyword string) string {
	v, _ := o.Get(keyword)
	s, _ := v.(string)
	return s
}

func stringsOf(o *Object, keyword string) []string {
	var all []string
	for _, v := range list(o, keyword) {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// types returns the names in "type", nil if there is none.
func types(o *Object) []string {
	if t := text(o, "type"); t != "" {
		return []string{t}
	}
	return stringsOf(o, "type")
}
