package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

type words struct{}

func (words) Write(r *rand.Rand, name, description string) string {
	return strings.TrimSpace(fmt.Sprintf("simulated %s %d %s", name, r.IntN(1000), description))
}

// judge compiles a schema with an independent implementation that checks formats too.
func judge(t *testing.T, raw string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("schema is not JSON: %v\n%s", err, raw)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem://schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("mem://schema.json")
	if err != nil {
		t.Fatalf("compile: %v\n%s", err, raw)
	}
	return compiled
}

func makeAndJudge(t *testing.T, raw string, seeds int) {
	t.Helper()
	s, err := Parse([]byte(raw))
	if err != nil {
		t.Fatalf("parse: %v\n%s", err, raw)
	}
	compiled := judge(t, raw)
	for seed := range seeds {
		v := s.Make(rand.New(rand.NewPCG(uint64(seed), 1)), words{})
		got, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Fatalf("seed %d: %v\nschema %s\nvalue  %s", seed, err, raw, got)
		}
		if err := s.CheckJSON(got); err != nil {
			t.Fatalf("seed %d: our check disagrees: %v\nschema %s\nvalue  %s", seed, err, raw, got)
		}
	}
}

func TestMadeValuesConform(t *testing.T) {
	for name, raw := range map[string]string{
		"flat":                  `{"type":"object","properties":{"name":{"type":"string"},"founded_year":{"type":"integer"},"revenue":{"type":"number"},"listed":{"type":"boolean"}},"required":["name","founded_year","revenue","listed"],"additionalProperties":false}`,
		"nested":                `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"array","items":{"type":"integer"}}},"required":["c"]}}},"required":["b"]}},"required":["a"]}`,
		"enum and const":        `{"type":"object","properties":{"e":{"enum":["x",2,null,{"a":1}]},"c":{"const":[1,"two"]},"s":{"type":"string","enum":["only"]},"n":{"type":["string","null"],"enum":["a",null]}},"required":["e","c","s","n"]}`,
		"enum within bounds":    `{"type":"object","properties":{"e":{"type":"integer","enum":["x",5,50],"maximum":10}},"required":["e"]}`,
		"unions with null":      `{"type":"object","properties":{"a":{"type":["number","null"]},"b":{"anyOf":[{"type":"string"},{"type":"null"}]},"c":{"oneOf":[{"type":"integer"},{"type":"number"},{"type":"null"}]}},"required":["a","b","c"]}`,
		"one of overlapping":    `{"type":"object","properties":{"v":{"oneOf":[{"type":"number","multipleOf":3},{"type":"number","multipleOf":5}]}},"required":["v"]}`,
		"one of required names": `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}`,
		"tagged union":          `{"type":"object","properties":{"items":{"type":"array","minItems":3,"items":{"oneOf":[{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer","minimum":1,"maximum":9}},"required":["kind","lives"],"additionalProperties":false},{"type":"object","properties":{"kind":{"const":"dog"},"good":{"const":true}},"required":["kind","good"],"additionalProperties":false}]}}},"required":["items"]}`,
		"references":            `{"type":"object","properties":{"home":{"$ref":"#/$defs/address"},"work":{"$ref":"#/$defs/address"}},"required":["home","work"],"$defs":{"address":{"type":"object","properties":{"street":{"type":"string"},"zip":{"type":"string","pattern":"^[0-9]{5}$"}},"required":["street","zip"],"additionalProperties":false}}}`,
		"a tree":                `{"type":"object","properties":{"root":{"$ref":"#/$defs/node"}},"required":["root"],"$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["name","children"]}}}`,
		"a linked list":         `{"type":"object","properties":{"head":{"$ref":"#/definitions/cell"}},"required":["head"],"definitions":{"cell":{"anyOf":[{"type":"null"},{"type":"object","properties":{"value":{"type":"integer"},"next":{"$ref":"#/definitions/cell"}},"required":["value","next"]}]}}}`,
		"root refers to itself": `{"type":"object","properties":{"name":{"type":"string"},"child":{"$ref":"#"}},"required":["name"]}`,
		"escaped reference":     `{"type":"object","properties":{"a":{"$ref":"#/$defs/x~1y%20z"}},"required":["a"],"$defs":{"x/y z":{"type":"integer"}}}`,
		"number bounds":         `{"type":"object","properties":{"a":{"type":"integer","minimum":5,"maximum":5},"b":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.001},"c":{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5},"d":{"type":"number","minimum":-1e12,"maximum":-1e11},"e":{"type":"integer","maximum":-7},"f":{"type":"integer","minimum":1000000},"percent":{"type":"number","minimum":0,"maximum":1}},"required":["a","b","c","d","e","f","percent"]}`,
		"multiples":             `{"type":"object","properties":{"a":{"type":"number","multipleOf":0.01},"b":{"type":"integer","multipleOf":7,"minimum":50,"maximum":60},"c":{"type":"integer","multipleOf":2.5},"d":{"multipleOf":1e-3}},"required":["a","b","c","d"]}`,
		"string bounds":         `{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"type":"string","minLength":300},"c":{"type":"string","minLength":2,"maxLength":2},"d":{"type":"string","maxLength":0}},"required":["a","b","c","d"]}`,
		"formats":               `{"type":"object","properties":{"a":{"type":"string","format":"date"},"b":{"type":"string","format":"date-time"},"c":{"type":"string","format":"time"},"d":{"type":"string","format":"email"},"e":{"type":"string","format":"uri"},"f":{"type":"string","format":"uuid"},"g":{"type":"string","format":"hostname"},"h":{"type":"string","format":"ipv4"},"i":{"type":"string","format":"ipv6"},"j":{"type":"string","format":"duration"},"k":{"type":"string","format":"json-pointer"},"l":{"type":"string","format":"regex"},"m":{"type":"string","format":"uri-template"},"n":{"type":"string","format":"relative-json-pointer"}},"required":["a","b","c","d","e","f","g","h","i","j","k","l","m","n"]}`,
		"patterns":              `{"type":"object","properties":{"a":{"type":"string","pattern":"^[A-Z]{3}-\\d{2,4}$"},"b":{"type":"string","pattern":"^(foo|bar)+$"},"c":{"type":"string","pattern":"^\\S+@example\\.com$"},"d":{"type":"string","pattern":"[^a-z]","minLength":1},"e":{"type":"string","pattern":"^\\$[0-9]+(\\.[0-9])? (million|billion)$"}},"required":["a","b","c","d","e"]}`,
		"list bounds":           `{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"},"minItems":7,"maxItems":9},"b":{"type":"array","maxItems":1,"items":{"type":"string"}},"c":{"type":"array","maxItems":0,"items":{"type":"string"}},"d":{"type":"array"}},"required":["a","b","c","d"]}`,
		"unique items":          `{"type":"object","properties":{"a":{"type":"array","items":{"enum":["a","b","c"]},"uniqueItems":true,"minItems":3,"maxItems":3},"b":{"type":"array","items":{"type":"boolean"},"uniqueItems":true,"maxItems":2}},"required":["a","b"]}`,
		"tuples":                `{"type":"object","properties":{"a":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false,"minItems":2},"b":{"type":"array","prefixItems":[{"type":"boolean"}],"items":{"type":"number"},"minItems":4}},"required":["a","b"]}`,
		"contains":              `{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"},"contains":{"type":"integer","minimum":5000},"minContains":2,"maxItems":3}},"required":["a"]}`,
		"all of":                `{"type":"object","allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer","minimum":3}},"required":["b"]}],"properties":{"b":{"maximum":4}},"required":["b"]}`,
		"conditions":            `{"type":"object","properties":{"kind":{"enum":["person","company"]},"name":{"type":"string"},"vat":{"type":"string"}},"required":["kind","name"],"if":{"properties":{"kind":{"const":"company"}}},"then":{"required":["vat"]},"else":{"properties":{"vat":false}}}`,
		"not":                   `{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":3,"not":{"const":2}}},"required":["a"]}`,
		"additional properties": `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"integer"},"required":["a","b"],"minProperties":4}`,
		"pattern properties":    `{"type":"object","properties":{},"patternProperties":{"^x_[a-z]{4}$":{"type":"boolean"}},"additionalProperties":false,"minProperties":2}`,
		"property names":        `{"type":"object","properties":{},"propertyNames":{"pattern":"^[a-z]{6}$"},"minProperties":3}`,
		"dependent names":       `{"type":"object","properties":{"card":{"type":"string"},"address":{"type":"string"}},"required":["card"],"dependentRequired":{"card":["address"]}}`,
		"no types":              `{"type":"object","properties":{"a":{},"b":true,"c":{"description":"anything"},"d":{"properties":{"x":{"type":"null"}}},"e":{"items":{"type":"integer"}},"f":{"minimum":3}},"required":["a","b","c","d","e","f"]}`,
		"deep":                  deep(30),
		"wide lists":            `{"type":"object","properties":{"a":{"type":"array","minItems":5,"items":{"type":"array","minItems":5,"items":{"type":"array","minItems":5,"items":{"type":"array","minItems":5,"items":{"type":"array","minItems":5,"items":{"type":"string"}}}}}}},"required":["a"]}`,
		"unreadable pattern":    `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`,
	} {
		t.Run(name, func(t *testing.T) { makeAndJudge(t, raw, 40) })
	}
}

func deep(n int) string {
	s := `{"type":"string"}`
	for range n {
		s = `{"type":"object","properties":{"in":` + s + `},"required":["in"]}`
	}
	return s
}

func TestValuesOfRandomSchemasConform(t *testing.T) {
	for seed := range 400 {
		g := &schemaMaker{rand.New(rand.NewPCG(uint64(seed), 7))}
		makeAndJudge(t, g.object(0), 4)
	}
}

// schemaMaker makes up satisfiable schemas.
type schemaMaker struct{ *rand.Rand }

func (g *schemaMaker) object(depth int) string {
	var members, needed []string
	for i := range 1 + g.IntN(4) {
		name := fmt.Sprintf("f%d", i)
		members = append(members, fmt.Sprintf("%q:%s", name, g.any(depth+1)))
		if g.IntN(4) > 0 {
			needed = append(needed, fmt.Sprintf("%q", name))
		}
	}
	extra := []string{"", `,"additionalProperties":false`, `,"additionalProperties":true`, `,"additionalProperties":{"type":"integer"}`}[g.IntN(4)]
	return fmt.Sprintf(`{"type":"object","properties":{%s},"required":[%s]%s}`, strings.Join(members, ","), strings.Join(needed, ","), extra)
}

func (g *schemaMaker) any(depth int) string {
	kinds := 10
	if depth > 3 {
		kinds = 7
	}
	switch low := g.IntN(20) - 10; g.IntN(kinds) {
	case 0:
		return fmt.Sprintf(`{"type":"integer","minimum":%d,"maximum":%d}`, low, low+g.IntN(5))
	case 1:
		return fmt.Sprintf(`{"type":"number","exclusiveMinimum":%d,"maximum":%d,"multipleOf":0.25}`, low, low+1+g.IntN(5))
	case 2:
		n := g.IntN(20)
		return fmt.Sprintf(`{"type":["string","null"],"minLength":%d,"maxLength":%d}`, n, n+g.IntN(10))
	case 3:
		return []string{`{"type":"boolean"}`, `{}`, `true`, `{"const":{"a":[1,2]}}`}[g.IntN(4)]
	case 4:
		return fmt.Sprintf(`{"type":"string","format":%q}`, []string{"date", "uri", "email", "uuid", "date-time"}[g.IntN(5)])
	case 5:
		return fmt.Sprintf(`{"enum":["a",%d,null,true,1.5]}`, g.IntN(9))
	case 6:
		return []string{`{"type":"string","pattern":"^[a-f]{2,6}$"}`, `{"type":["integer","null"]}`}[g.IntN(2)]
	case 7:
		least := g.IntN(4)
		return fmt.Sprintf(`{"type":"array","items":%s,"minItems":%d,"maxItems":%d}`, g.any(depth+1), least, least+g.IntN(3))
	case 8:
		return fmt.Sprintf(`{%q:[%s,{"type":"null"},%s]}`, []string{"anyOf", "anyOf", "allOfNot"}[g.IntN(2)], g.any(depth+1), g.object(depth+1))
	}
	return g.object(depth + 1)
}

func TestMakingIsDeterministic(t *testing.T) {
	s, err := Parse([]byte(`{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}},"b":{"anyOf":[{"type":"integer"},{"type":"null"}]},"c":{"type":"number"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	once, _ := json.Marshal(s.Make(rand.New(rand.NewPCG(1, 2)), words{}))
	again, _ := json.Marshal(s.Make(rand.New(rand.NewPCG(1, 2)), words{}))
	other, _ := json.Marshal(s.Make(rand.New(rand.NewPCG(3, 4)), words{}))
	if !bytes.Equal(once, again) || bytes.Equal(once, other) {
		t.Errorf("same seed: %s and %s; other seed: %s", once, again, other)
	}
}

func TestFieldsComeInTheOrderOfTheSchema(t *testing.T) {
	s, err := Parse([]byte(`{"type":"object","properties":{"zebra":{"type":"null"},"apple":{"type":"null"},"mango":{"type":"null"}},"required":["mango","zebra","apple"]}`))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(s.Make(rand.New(rand.NewPCG(1, 2)), words{}))
	if want := `{"zebra":null,"apple":null,"mango":null}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// twice is a chain of n schemas that each ask for the next one twice, by a keyword.
func twice(n int, keyword string) string {
	var defs strings.Builder
	for i := range n {
		next := fmt.Sprintf(`{"$ref":"#/$defs/l%d"}`, i+1)
		body := "[" + next + "," + next + "]"
		if keyword == "properties" {
			body = `{"l":` + next + `,"r":` + next + `},"required":["l","r"]`
		}
		fmt.Fprintf(&defs, `"l%d":{"%s":%s},`, i, keyword, body)
	}
	return fmt.Sprintf(`{"$ref":"#/$defs/l0","$defs":{%s"l%d":{"type":"object","properties":{"x":{"type":"string"}}}}}`, defs.String(), n)
}

func TestSchemasWithoutAFiniteValueEndAllTheSame(t *testing.T) {
	for name, raw := range map[string]string{
		"joined twice":   twice(60, "allOf"),
		"choices twice":  twice(60, "anyOf"),
		"members twice":  twice(60, "properties"),
		"much text":      `{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"string","minLength":10000}}}`,
		"long constants": `{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"const":"` + strings.Repeat("x", 20_000) + `"}}}`,
		"long names":     `{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"object","required":["` + strings.Repeat("x", 20_000) + `"]}}}`,
		"endless":        `{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`,
		"endless twice":  `{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}]}}}`,
		"endless lists":  `{"type":"array","minItems":1000000000,"items":{"$ref":"#"}}`,
		"long string":    `{"type":"string","minLength":1000000000}`,
		"long pattern":   `{"type":"string","pattern":"^((a{1000}){1000}){1000}$"}`,
		"contradiction":  `{"type":"integer","minimum":5,"maximum":1,"multipleOf":7}`,
		"nothing":        `{"not":{}}`,
		"huge numbers":   `{"type":"integer","minimum":1e300,"multipleOf":1e-300}`,
		"beyond numbers": `{"type":"number","minimum":1e400000000,"maximum":1e999999999}`,
		"pathological":   `{"type":"object","properties":{"a":{"$ref":"#/$defs/l0"}},"required":["a"],"$defs":{"l0":{"oneOf":[{"$ref":"#/$defs/l1"},{"$ref":"#/$defs/l1"}]},"l1":{"oneOf":[{"$ref":"#/$defs/l2"},{"$ref":"#/$defs/l2"}]},"l2":{"oneOf":[{"$ref":"#/$defs/l0"},{"$ref":"#/$defs/l0"}]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			v := s.Make(rand.New(rand.NewPCG(1, 2)), words{})
			got, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) > 1<<20 {
				t.Errorf("made %d bytes", len(got))
			}
		})
	}
}
