package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
)

// Object is a JSON object that keeps the order of its members: an answer lists its fields in the order in
// which the schema asked for them. The other JSON values are nil, bool, string, json.Number and []any.
type Object struct {
	names  []string
	values map[string]any
}

// Get returns the value of a member.
func (o *Object) Get(name string) (any, bool) {
	v, ok := o.values[name]
	return v, ok
}

// Names returns the names in order; the caller must not change them.
func (o *Object) Names() []string { return o.names }

// Set adds a member at the end, or replaces the value of one that is there.
func (o *Object) Set(name string, value any) {
	if o.values == nil {
		o.values = map[string]any{}
	}
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// Remove takes a member out.
func (o *Object) Remove(name string) {
	if _, ok := o.values[name]; ok {
		delete(o.values, name)
		o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
	}
}

// Len returns the number of members.
func (o *Object) Len() int { return len(o.names) }

func (o *Object) clone() *Object {
	c := &Object{}
	for _, name := range o.names {
		c.Set(name, o.values[name])
	}
	return c
}

// MarshalJSON writes the members in order.
func (o *Object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	buf.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := e.Encode(name); err != nil {
			return nil, err
		}
		buf.WriteByte(':')
		if err := e.Encode(o.values[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// Decode reads one JSON value, objects as *Object and numbers with all their digits.
func Decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := decode(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}

func decode(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		o := &Object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(d)
			if err != nil {
				return nil, err
			}
			o.Set(name.(string), v)
		}
		_, err := d.Token()
		return o, err
	}
	return token, nil
}

// equal compares two JSON values: numbers by value, objects without regard to order.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && compare(a, b) == 0
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for _, name := range a.names {
			v, ok := b.Get(name)
			if !ok || !equal(a.values[name], v) {
				return false
			}
		}
		return true
	}
	return a == b
}

func compare(a, b json.Number) int { return rat(a).Cmp(rat(b)) }

// maxExponent bounds the powers of ten that are worked out exactly: 1e400000000 would take the machine down.
const maxExponent = 400

// rat returns n exactly; numbers beyond maxExponent count as 0.
func rat(n json.Number) *big.Rat {
	f, err := n.Float64()
	if err != nil || f != 0 && (f > 1e300 || f < -1e300) || len(n) > maxExponent {
		return new(big.Rat)
	}
	if f == 0 {
		return new(big.Rat) // also what is too small for a float64
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return new(big.Rat)
	}
	return r
}
