package parallel

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzRoundTrip holds the promise of the package documentation for every type: decoding and encoding again gives
// an equal value, whatever the fields hold, but for required fields that were absent.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{
		fullInput, fullRun, fullOutput, `{"run":` + fullRun + `,"output":` + fullOutput + `}`, `{}`, `null`, `[]`,
		`{"url":"a","URL":null,"headers":{"a":1},"name":"","type":null}`,
		`{"output_schema":5,"input_schema":{"type":7,"description":[]}}`,
		`{"type":"error","error":{"ref_id":"r","message":null,"detail":"text"}}`,
		`{"type":"t","source_stats":{"num_sources_read":1e99},"progress_meter":50.50}`,
		`{"field":"a","citations":[{"url":"u","excerpts":[null]},null],"confidence":0.5}`,
		`{"include_domains":null,"exclude_domains":[],"after_date":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, comparable := comparableValue(data)
		if !comparable {
			t.Skip()
		}
		for _, target := range targets() {
			v := reflect.New(reflect.TypeOf(target).Elem()).Interface()
			if err := json.Unmarshal(data, v); err != nil && !keptWhole(err) {
				if _, isObject := want.(map[string]any); isObject {
					t.Errorf("%T: %s: %v", v, data, err)
				}
				continue
			}
			encoded, err := json.Marshal(v)
			if err != nil {
				t.Fatalf("%T: %s: %v", v, data, err)
			}
			got, _ := comparableValue(encoded)
			if want == nil {
				continue // null leaves the Go value as it was
			}
			if !equalButRequired(got, want, reflect.TypeOf(v).Elem()) {
				t.Errorf("%T\ngave %s\nfor  %s", v, encoded, data)
			}
		}
	})
}

// comparableValue decodes data; false if it holds what the package does not promise to keep: doubled names, or
// bytes that are not UTF-8.
func comparableValue(data []byte) (any, bool) {
	var v any
	if json.Unmarshal(data, &v) != nil || bytes.ContainsRune(data, '\uFFFD') || hasDoubles(data) {
		return nil, false
	}
	again, _ := json.Marshal(v)
	return v, !bytes.ContainsRune(again, '\uFFFD')
}

func hasDoubles(data []byte) bool {
	d := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		object bool
		isKey  bool
		names  map[string]bool
	}
	levels := []level{{}}
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		top := &levels[len(levels)-1]
		switch token {
		case json.Delim('{'), json.Delim('['):
			top.isKey = top.object
			object := token == json.Delim('{')
			levels = append(levels, level{object: object, isKey: object, names: map[string]bool{}})
			continue
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			continue
		}
		if name, ok := token.(string); ok && top.isKey {
			if top.names[name] {
				return true
			}
			top.names[name] = true
			top.isKey = false
			continue
		}
		top.isKey = top.object
	}
}

// equalButRequired compares decoded values; got may have more names than want where t requires them.
func equalButRequired(got, want any, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	g, isObject := got.(map[string]any)
	w, both := want.(map[string]any)
	if isObject && both && t.Kind() == reflect.Struct && t != reflect.TypeFor[Schema]() {
		return equalFields(g, w, t)
	}
	gs, isList := got.([]any)
	ws, both := want.([]any)
	if isList && both && len(gs) == len(ws) && t.Kind() == reflect.Slice && t != rawMessageType {
		for i := range gs {
			if !equalButRequired(gs[i], ws[i], t.Elem()) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(got, want)
}

func equalFields(got, want map[string]any, t reflect.Type) bool {
	o := objectTypeOf(t)
	for name, g := range got {
		of, known := o.byName[name]
		w, given := want[name]
		switch {
		case !given && (!known || of.zero == ""):
			return false
		case given && known && !equalButRequired(g, w, t.Field(of.index).Type):
			return false
		case given && !known && !reflect.DeepEqual(g, w):
			return false
		}
	}
	for name := range want {
		if _, kept := got[name]; !kept {
			return false
		}
	}
	return true
}
