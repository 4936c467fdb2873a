package parallel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FieldError reports a JSON value that does not fit the type of its field.
type FieldError struct {
	Field string // path of the field, such as "mcp_servers.0.url"; "" is the value as a whole
	Want  string // what would have fitted, such as "a string"
	kept  bool   // the value is in some Extra already
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return "must be " + e.Want
	}
	return e.Field + ": must be " + e.Want
}

func (e *FieldError) under(name string) *FieldError {
	if e.Field != "" {
		name += "." + e.Field
	}
	return &FieldError{Field: name, Want: e.Want, kept: e.kept}
}

// objectField is one field of a Go struct that has a name in JSON.
type objectField struct {
	name  string
	index int
	zero  string // what the zero value is written as; "" if it is left out
}

type objectType struct {
	fields []objectField
	byName map[string]objectField
	extra  int // index of the field Extra
}

var objectTypes sync.Map // of reflect.Type to *objectType, filled as types are met

func objectTypeOf(t reflect.Type) *objectType {
	if known, ok := objectTypes.Load(t); ok {
		return known.(*objectType)
	}
	o := &objectType{byName: map[string]objectField{}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Name == "Extra":
			o.extra = i
		case name != "":
			of := objectField{name: name, index: i}
			if option != "omitzero" {
				of.zero = zeroJSON(f.Type)
			}
			o.fields = append(o.fields, of)
			o.byName[name] = of
		}
	}
	known, _ := objectTypes.LoadOrStore(t, o)
	return known.(*objectType)
}

var rawMessageType = reflect.TypeFor[json.RawMessage]()

// zeroJSON returns what a required field is written as when it was not set.
func zeroJSON(t reflect.Type) string {
	if t.Kind() == reflect.Slice && t != rawMessageType {
		return "[]"
	}
	b, err := json.Marshal(reflect.Zero(t).Interface())
	if err != nil {
		panic(fmt.Sprintf("parallel: zero value of %s: %v", t, err))
	}
	return string(b)
}

// marshalObject writes the fields of the struct v in their order, then those of its Extra by name.
func marshalObject(v any) ([]byte, error) {
	s := reflect.ValueOf(v)
	o := objectTypeOf(s.Type())
	extra, _ := s.Field(o.extra).Interface().(map[string]json.RawMessage)
	w := objectWriter{}
	for _, f := range o.fields {
		value := s.Field(f.index)
		raw, inExtra := extra[f.name]
		switch {
		case !value.IsZero():
			w.write(f.name, value.Interface())
		case inExtra:
			w.write(f.name, raw)
		case f.zero != "":
			w.write(f.name, json.RawMessage(f.zero))
		}
	}
	var names []string
	for name := range extra {
		if _, known := o.byName[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		w.write(name, extra[name])
	}
	return w.close()
}

type objectWriter struct {
	buf bytes.Buffer
	err error // the first
}

func (w *objectWriter) write(name string, value any) {
	if w.buf.Len() == 0 {
		w.buf.WriteByte('{')
	} else {
		w.buf.WriteByte(',')
	}
	err := w.encode(name)
	w.buf.WriteByte(':')
	err = errors.Join(err, w.encode(value))
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w", name, err)
	}
}

// encode leaves <, > and & as they are: nothing here is put into HTML.
func (w *objectWriter) encode(value any) error {
	e := json.NewEncoder(&w.buf)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	if err == nil {
		w.buf.Truncate(w.buf.Len() - 1) // Encode ends each value with a newline
	}
	return err
}

func (w *objectWriter) close() ([]byte, error) {
	if w.buf.Len() == 0 {
		w.buf.WriteByte('{')
	}
	w.buf.WriteByte('}')
	return w.buf.Bytes(), w.err
}

// unmarshalObject fills the struct that v points to with all that fits, keeps the rest in its Extra, and
// returns the first *FieldError.
func unmarshalObject(data []byte, v any) error {
	if isNull(data) {
		return nil
	}
	members, err := objectMembers(data)
	if err != nil {
		return err
	}
	s := reflect.ValueOf(v).Elem()
	s.SetZero()
	o := objectTypeOf(s.Type())
	var first *FieldError
	for _, f := range o.fields {
		raw, ok := members[f.name]
		if !ok {
			continue
		}
		value := s.Field(f.index)
		if err := unmarshalField(raw, value); err != nil && first == nil {
			first = err.under(f.name)
		}
		if !value.IsZero() || string(raw) == f.zero {
			delete(members, f.name) // the field itself can express it
		}
	}
	if len(members) > 0 {
		s.Field(o.extra).Set(reflect.ValueOf(members))
	}
	if first != nil {
		return first
	}
	return nil
}

func objectMembers(data []byte) (members map[string]json.RawMessage, err error) {
	err = json.Unmarshal(data, &members)
	if err != nil && json.Valid(data) {
		err = &FieldError{Want: "an object"}
	}
	return members, err
}

// unmarshalField leaves v zero if raw does not fit, unless what does not fit is deeper down and kept there.
func unmarshalField(raw json.RawMessage, v reflect.Value) *FieldError {
	err := unmarshalValue(raw, v)
	if err != nil && !err.kept {
		v.SetZero()
	}
	if err != nil {
		err.kept = true
	}
	return err
}

// unmarshalValue is json.Unmarshal, but for errors that name the place, and for null, which leaves v zero.
func unmarshalValue(raw json.RawMessage, v reflect.Value) *FieldError {
	if isNull(raw) {
		return nil
	}
	switch t := v.Type(); {
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return unmarshalValue(raw, v.Elem())
	case t.Kind() == reflect.Slice && t != rawMessageType:
		return unmarshalSlice(raw, v)
	case t.Kind() == reflect.Map && t.Elem() != rawMessageType:
		return unmarshalMap(raw, v)
	}
	err := json.Unmarshal(raw, v.Addr().Interface())
	if err == nil {
		return nil
	}
	if fe := (*FieldError)(nil); errors.As(err, &fe) {
		return fe
	}
	return &FieldError{Want: wanted(v.Type())}
}

func unmarshalSlice(raw json.RawMessage, v reflect.Value) (first *FieldError) {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return &FieldError{Want: wanted(v.Type())}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(elements), len(elements)))
	for i, element := range elements {
		err := unmarshalElement(element, v.Index(i))
		if err != nil && (first == nil || !err.kept) {
			first = err.under(strconv.Itoa(i))
		}
		if err != nil && !err.kept {
			return first
		}
	}
	return first
}

func unmarshalMap(raw json.RawMessage, v reflect.Value) *FieldError {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return &FieldError{Want: wanted(v.Type())}
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := unmarshalElement(members[name], value); err != nil {
			return err.under(name)
		}
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
	return nil
}

// unmarshalElement refuses null: no element of a list or map here could express it.
func unmarshalElement(raw json.RawMessage, v reflect.Value) *FieldError {
	if isNull(raw) {
		return &FieldError{Want: wanted(v.Type())}
	}
	return unmarshalValue(raw, v)
}

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int64:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	case reflect.Pointer:
		return wanted(t.Elem())
	default:
		return "an object"
	}
}

func isNull(raw []byte) bool { return string(bytes.TrimSpace(raw)) == "null" }
