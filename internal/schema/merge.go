package schema

import (
	"encoding/json"
	"slices"
)

// merge returns a schema that asks for what both a and b ask for, as far as keywords can be joined; where they
// cannot, b's wins, and checking the made value finds out.
func merge(a, b *Object) *Object {
	m := a.clone()
	for _, name := range b.names {
		theirs := b.values[name]
		ours, both := m.Get(name)
		if !both {
			m.Set(name, theirs)
			continue
		}
		m.Set(name, mergeKeyword(name, ours, theirs))
	}
	return m
}

func mergeKeyword(name string, a, b any) any {
	switch name {
	case "properties", "patternProperties", "$defs", "definitions":
		return mergeMembers(a, b)
	case "required":
		return union(a, b)
	case "type":
		return mergeTypes(a, b)
	case "enum":
		return intersection(a, b)
	case "items", "additionalProperties":
		return both(a, b)
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
		return outer(a, b, 1)
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
		return outer(a, b, -1)
	}
	return b
}

func mergeMembers(a, b any) any {
	ours, ok := a.(*Object)
	theirs, ok2 := b.(*Object)
	if !ok || !ok2 {
		return b
	}
	m := ours.clone()
	for _, name := range theirs.names {
		if sub, ok := m.Get(name); ok {
			m.Set(name, both(sub, theirs.values[name]))
			continue
		}
		m.Set(name, theirs.values[name])
	}
	return m
}

// both asks for two schemas at once; the generator takes it apart.
func both(a, b any) any {
	if a == true {
		return b
	}
	if b == true {
		return a
	}
	o := &Object{}
	o.Set("allOf", []any{a, b})
	return o
}

func union(a, b any) any {
	ours, _ := a.([]any)
	theirs, _ := b.([]any)
	all := slices.Clone(ours)
	for _, v := range theirs {
		if !slices.ContainsFunc(all, func(have any) bool { return equal(have, v) }) {
			all = append(all, v)
		}
	}
	return all
}

func intersection(a, b any) any {
	ours, _ := a.([]any)
	theirs, _ := b.([]any)
	var common []any
	for _, v := range ours {
		if slices.ContainsFunc(theirs, func(have any) bool { return equal(have, v) }) {
			common = append(common, v)
		}
	}
	if common == nil {
		return b
	}
	return common
}

// mergeTypes keeps the types in both; an integer is a number too.
func mergeTypes(a, b any) any {
	ours, theirs := typeList(a), typeList(b)
	var common []any
	for _, name := range ours {
		switch {
		case slices.Contains(theirs, name), name == "integer" && slices.Contains(theirs, "number"):
			common = append(common, name)
		case name == "number" && slices.Contains(theirs, "integer"):
			common = append(common, "integer")
		}
	}
	if common == nil {
		return b
	}
	return common
}

func typeList(v any) []string {
	o := &Object{}
	o.Set("type", v)
	return types(o)
}

// outer returns the greater of two numbers if sign is 1, the lesser if it is -1.
func outer(a, b any, sign int) any {
	ours, ok := a.(json.Number)
	theirs, ok2 := b.(json.Number)
	if ok && ok2 && compare(ours, theirs)*sign > 0 {
		return a
	}
	return b
}
