package schema

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// Whatever a schema is, what was read is written so that it is the same, a value that is made for it is JSON, and the same
// each time, and the judgement of any value is an answer.
func FuzzParse(f *testing.F) {
	for _, s := range []struct{ schema, value string }{
		{`{"type":"object","properties":{"b":{"type":"string"},"a":{"type":["integer","null"]}},"required":["b"],"additionalProperties":false}`, `{"b":1}`}, {`true`, `null`}, {`{"$ref":"#"}`, `1`}, {`{"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"$ref":"#"}}}`, `[]`},
		{`{"type":"string","pattern":"(a+)+$","minLength":3}`, `"aaaaaaaaaaaaaaaaaaaaaaaab"`}, {`{"multipleOf":1e-400}`, `1e400`}, {`{"minimum":1e999999999}`, `1e-999999999`}, {`{"minItems":1e9,"items":{"$ref":"#"}}`, `[[]]`}, {`{"enum":[{"a":1,"b":2}]}`, `{"b":2.0,"a":1}`}, {`{"allOf":[{"not":{}}]}`, `0`},
		{`{"type":"object","properties":{"__proto__":{},"a":{}},"properties":{"a":false}}`, `{"a":1,"a":2}`}, {`{"minLength":1e308,"maxLength":-1}`, `"\ud800"`}, {`{"uniqueItems":true,"contains":{},"minContains":1e30}`, `[1,1.0]`},
	} {
		f.Add([]byte(s.schema), []byte(s.value))
	}
	f.Fuzz(func(t *testing.T, raw, value []byte) {
		s, err := Parse(raw)
		if err != nil {
			if err.Error() == "" || len(err.Error()) > 10_000+len(raw) {
				t.Errorf("%q is refused with %q", raw, err)
			}
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", raw, err)
		}
		again, err := Parse(written)
		if err != nil || !equal(again.root, s.root) {
			t.Errorf("%q is written as %q (%v)", raw, written, err)
		}
		made, err := json.Marshal(s.Make(rand.New(rand.NewPCG(1, 2)), words{}))
		if err != nil {
			t.Errorf("for %q there is no value: %v", raw, err)
		}
		if same, err := json.Marshal(again.Make(rand.New(rand.NewPCG(1, 2)), words{})); !bytes.Equal(same, made) {
			t.Errorf("for %q there is %s and then %s (%v)", raw, made, same, err)
		}
		if v, err := Decode(value); err == nil {
			one, other := s.Check(v), s.CheckJSON(value)
			if (one == nil) != (other == nil) {
				t.Errorf("%q against %q: %v and %v", value, raw, one, other)
			}
		}
	})
}
