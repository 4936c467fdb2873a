package schema

import (
	"encoding/json"
	"regexp"
	"slices"
)

func (s *checker) checkArray(o *Object, items []any, path string, depth int) *Mismatch {
	if least, ok := countOf(o, "minItems"); ok && len(items) < least {
		return mismatch(path, "must have at least %d items", least)
	}
	if most, ok := countOf(o, "maxItems"); ok && len(items) > most {
		return mismatch(path, "must have at most %d items", most)
	}
	for i, item := range items {
		if m := s.check(itemSchema(o, i), item, joinIndex(path, i), depth); m != nil {
			return m
		}
	}
	if o.values["uniqueItems"] == true && !distinct(items) {
		return mismatch(path, "must not hold a value twice")
	}
	return s.checkContains(o, items, path, depth)
}

// itemSchema returns the schema of the item at index i.
func itemSchema(o *Object, i int) any {
	prefix := list(o, "prefixItems")
	if i < len(prefix) {
		return prefix[i]
	}
	if items, ok := o.Get("items"); ok {
		return items
	}
	return true
}

func (s *checker) checkContains(o *Object, items []any, path string, depth int) *Mismatch {
	wanted, ok := o.Get("contains")
	if !ok {
		return nil
	}
	n := count(items, func(item any) bool { return s.check(wanted, item, path, depth) == nil })
	least, ok := countOf(o, "minContains")
	if !ok {
		least = 1
	}
	if n < least {
		return mismatch(path, "must hold at least %d items of a certain kind", least)
	}
	if most, ok := countOf(o, "maxContains"); ok && n > most {
		return mismatch(path, "must hold at most %d items of a certain kind", most)
	}
	return nil
}

func distinct(items []any) bool {
	for i, item := range items {
		if slices.ContainsFunc(items[:i], func(earlier any) bool { return equal(earlier, item) }) {
			return false
		}
	}
	return true
}

func (s *checker) checkObject(o *Object, v *Object, path string, depth int) *Mismatch {
	if least, ok := countOf(o, "minProperties"); ok && v.Len() < least {
		return mismatch(path, "must have at least %d members", least)
	}
	if most, ok := countOf(o, "maxProperties"); ok && v.Len() > most {
		return mismatch(path, "must have at most %d members", most)
	}
	for _, name := range required(o, v) {
		if _, ok := v.Get(name); !ok {
			return mismatch(join(path, name), "is required")
		}
	}
	names, namesRuled := o.Get("propertyNames")
	for _, name := range v.names {
		if namesRuled && s.check(names, name, path, depth) != nil {
			return mismatch(join(path, name), "is not an allowed name")
		}
		for _, sub := range memberSchemas(o, name) {
			if m := s.check(sub, v.values[name], join(path, name), depth); m != nil {
				return m
			}
		}
	}
	return nil
}

// required returns the names that o asks for, given the members that v has (dependentRequired).
func required(o, v *Object) []string {
	names := stringsOf(o, "required")
	for present, needs := range each(o, "dependentRequired") {
		if _, ok := v.Get(present); !ok {
			continue
		}
		l, _ := needs.([]any)
		for _, name := range l {
			if name, ok := name.(string); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// memberSchemas returns all schemas that a member of this name must conform to.
func memberSchemas(o *Object, name string) []any {
	var all []any
	if properties, ok := o.values["properties"].(*Object); ok {
		if sub, ok := properties.Get(name); ok {
			all = append(all, sub)
		}
	}
	for pattern, sub := range each(o, "patternProperties") {
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(name) {
			all = append(all, sub)
		}
	}
	if additional, ok := o.Get("additionalProperties"); ok && all == nil {
		all = append(all, additional)
	}
	return all
}

// CheckJSON decodes raw and checks it.
func (s *Schema) CheckJSON(raw json.RawMessage) error {
	v, err := Decode(raw)
	if err != nil {
		return err
	}
	return s.Check(v)
}
