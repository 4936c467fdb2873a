package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Mismatch is the first place in which a value does not conform to a schema.
type Mismatch struct {
	Path    string // of the value, such as "items.0.name"; "" is the whole
	Message string
}

func (m *Mismatch) Error() string {
	if m.Path == "" {
		return m.Message
	}
	return m.Path + ": " + m.Message
}

// Check returns nil if v conforms, else a *Mismatch. Formats are not checked.
func (s *Schema) Check(v any) error {
	if m := s.checker().check(s.root, v, "", 0); m != nil {
		return m
	}
	return nil
}

// checker does one check. Its bounds end the work on a schema that refers to itself without end, or in
// more ways than could ever be tried.
type checker struct {
	*Schema
	steps int
}

const (
	maxCheckDepth = 400
	maxCheckSteps = 200_000
)

func (s *Schema) checker() *checker { return &checker{Schema: s} }

func (s *checker) check(schema, v any, path string, depth int) *Mismatch {
	o, ok := schema.(*Object)
	if !ok {
		if schema == false {
			return mismatch(path, "no value is allowed here")
		}
		return nil
	}
	if s.steps++; depth > maxCheckDepth || s.steps > maxCheckSteps {
		return mismatch(path, "cannot be checked: the schema refers to itself too often")
	}
	if m := checkAny(o, v, path); m != nil {
		return m
	}
	if m := s.checkCombined(o, v, path, depth+1); m != nil {
		return m
	}
	switch v := v.(type) {
	case json.Number:
		return checkNumber(o, v, path)
	case string:
		return checkString(o, v, path)
	case []any:
		return s.checkArray(o, v, path, depth+1)
	case *Object:
		return s.checkObject(o, v, path, depth+1)
	}
	return nil
}

func mismatch(path, format string, args ...any) *Mismatch {
	return &Mismatch{Path: path, Message: fmt.Sprintf(format, args...)}
}

// checkAny checks the keywords that apply to values of any type.
func checkAny(o *Object, v any, path string) *Mismatch {
	if names := types(o); names != nil && !slices.ContainsFunc(names, func(name string) bool { return isType(name, v) }) {
		return mismatch(path, "must be of type %s", orList(names))
	}
	if want, ok := o.Get("const"); ok && !equal(want, v) {
		return mismatch(path, "is not the one value that is allowed")
	}
	if enum := list(o, "enum"); enum != nil && !slices.ContainsFunc(enum, func(e any) bool { return equal(e, v) }) {
		return mismatch(path, "is none of the values that are allowed")
	}
	return nil
}

func isType(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case json.Number:
		return name == "number" || name == "integer" && rat(v).IsInt()
	case []any:
		return name == "array"
	case *Object:
		return name == "object"
	}
	return false
}

func orList(names []string) string {
	s := names[0]
	for _, name := range names[1:] {
		s += " or " + name
	}
	return s
}

// checkCombined checks the keywords that apply other schemas to the same value.
func (s *checker) checkCombined(o *Object, v any, path string, depth int) *Mismatch {
	if ref, ok := o.values["$ref"].(string); ok {
		target, _ := s.resolve(ref)
		if m := s.check(target, v, path, depth); m != nil {
			return m
		}
	}
	for _, sub := range list(o, "allOf") {
		if m := s.check(sub, v, path, depth); m != nil {
			return m
		}
	}
	fits := func(sub any) bool { return s.check(sub, v, path, depth) == nil }
	if any := list(o, "anyOf"); any != nil && !slices.ContainsFunc(any, fits) {
		return mismatch(path, "fits none of the alternatives")
	}
	if one := list(o, "oneOf"); one != nil {
		if n := count(one, fits); n != 1 {
			return mismatch(path, "fits %d of the alternatives, not exactly one", n)
		}
	}
	if not, ok := o.Get("not"); ok && fits(not) {
		return mismatch(path, "fits what is ruled out")
	}
	if cond, ok := o.Get("if"); ok {
		branch := "else"
		if fits(cond) {
			branch = "then"
		}
		if sub, ok := o.Get(branch); ok {
			return s.check(sub, v, path, depth)
		}
	}
	return nil
}

func count(all []any, fits func(any) bool) (n int) {
	for _, v := range all {
		if fits(v) {
			n++
		}
	}
	return n
}

func checkNumber(o *Object, n json.Number, path string) *Mismatch {
	bound := func(keyword string) (json.Number, bool) {
		b, ok := o.values[keyword].(json.Number)
		return b, ok
	}
	if b, ok := bound("minimum"); ok && compare(n, b) < 0 {
		return mismatch(path, "must be at least %s", b)
	}
	if b, ok := bound("maximum"); ok && compare(n, b) > 0 {
		return mismatch(path, "must be at most %s", b)
	}
	if b, ok := bound("exclusiveMinimum"); ok && compare(n, b) <= 0 {
		return mismatch(path, "must be more than %s", b)
	}
	if b, ok := bound("exclusiveMaximum"); ok && compare(n, b) >= 0 {
		return mismatch(path, "must be less than %s", b)
	}
	if m, ok := bound("multipleOf"); ok && rat(m).Sign() > 0 && !rat(n).Quo(rat(n), rat(m)).IsInt() {
		return mismatch(path, "must be a multiple of %s", m)
	}
	return nil
}

func checkString(o *Object, v, path string) *Mismatch {
	n := len([]rune(v))
	if least, ok := countOf(o, "minLength"); ok && n < least {
		return mismatch(path, "must have at least %d characters", least)
	}
	if most, ok := countOf(o, "maxLength"); ok && n > most {
		return mismatch(path, "must have at most %d characters", most)
	}
	if pattern := text(o, "pattern"); pattern != "" {
		// A pattern that Go cannot read, such as one with a lookahead, has no effect.
		if re, err := regexp.Compile(pattern); err == nil && !re.MatchString(v) {
			return mismatch(path, "must match %s", pattern)
		}
	}
	return nil
}

// countOf returns a count keyword, at most what fits an int.
func countOf(o *Object, keyword string) (int, bool) {
	n, ok := o.values[keyword].(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return int(f), err == nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func joinIndex(path string, i int) string { return join(path, strconv.Itoa(i)) }
