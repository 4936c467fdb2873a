package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestReadRequestTellsWhatAListShows(t *testing.T) {
	long := strings.Repeat("ä", taskyard.PreviewLength+1)
	for _, tt := range []struct {
		name, body          string
		mode, preview, text string
	}{
		{"a text with no spec", `{"processor":"p","input":"hello"}`, "auto", "hello", "hello"},
		{"an object is compact JSON", `{"processor":"p","input":{ "a" : 1 }}`, "auto", `{"a":1}`, `{"a":1}`},
		{"a long text is cut by characters", `{"processor":"p","input":"` + long + `"}`, "auto", long[:2*taskyard.PreviewLength], long},
		{"a NUL is shown as what it is not", `{"processor":"p","input":"a\u0000b"}`, "auto", "a\uFFFDb", "a\uFFFDb"},
		{"a bare string is a text", `{"processor":"p","input":"x","task_spec":{"output_schema":"a year"}}`, "text", "x", "x"},
		{"a text schema", `{"processor":"p","input":"x","task_spec":{"output_schema":{"type":"text"}}}`, "text", "x", "x"},
		{"a JSON schema", `{"processor":"p","input":"x","task_spec":{"output_schema":{"type":"json","json_schema":{}}}}`, "json", "x", "x"},
		{"a JSON schema that names no type", `{"processor":"p","input":"x","task_spec":{"output_schema":{"json_schema":{}}}}`, "json", "x", "x"},
		{"auto", `{"processor":"p","input":"x","task_spec":{"output_schema":{"type":"auto"}}}`, "auto", "x", "x"},
		{"a null schema", `{"processor":"p","input":"x","task_spec":{"output_schema":null}}`, "auto", "x", "x"},
		{"a type of tomorrow", `{"processor":"p","input":"x","task_spec":{"output_schema":{"type":"audio"}}}`, "audio", "x", "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readRequest(json.RawMessage(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if want := (facts{processor: "p", mode: tt.mode, preview: tt.preview, text: tt.text}); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v\nwant %+v", got, want)
			}
		})
	}
}

// A task is found by the first keys of its metadata: each is a row, and there may be 80,000.
func TestReadRequestKeepsSoMuchMetadata(t *testing.T) {
	var all strings.Builder
	for i := range 10 * maxMetadata {
		fmt.Fprintf(&all, `,"k%04d":%d`, i, i)
	}
	got, err := readRequest(json.RawMessage(`{"processor":"p","input":"x","metadata":{"a":{}` + all.String() + `}}`))
	if err != nil || len(got.metadata) != maxMetadata || got.metadata["k0099"] != "99" || got.metadata["k0100"] != "" {
		t.Errorf("%d keys, %v", len(got.metadata), err)
	}
}

func TestReadRequestNamesWhatIsMissing(t *testing.T) {
	for body, field := range map[string]string{
		`{"input":"x"}`:                     "processor",
		`{"processor":"p"}`:                 "input",
		`{"processor":"p","input":null}`:    "input",
		`{"processor":1,"input":"x"}`:       "",
		`not JSON`:                          "",
		`{"processor":"p","input":"x","tas`: "",
	} {
		_, err := readRequest(json.RawMessage(body))
		e, ok := errors.AsType[*taskyard.Error](err)
		if !ok || e.Code != taskyard.CodeInvalid || e.Field != field {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestCheckKeyRefusesWhatNoHeaderCarries(t *testing.T) {
	own := taskyard.Upstream{Name: "parallel", HasKey: true}
	for _, tt := range []struct {
		key  string
		up   taskyard.Upstream
		want taskyard.Code
	}{
		{"", own, ""},
		{"abc-123", taskyard.Upstream{}, ""},
		{"", taskyard.Upstream{Name: "parallel"}, taskyard.CodeUnauthorized},
		{"a b", own, taskyard.CodeInvalid},
		{"a\r\nX: y", own, taskyard.CodeInvalid},
		{"ключ", own, taskyard.CodeInvalid},
		{strings.Repeat("k", maxKeyLength+1), own, taskyard.CodeInvalid},
	} {
		err := checkKey(taskyard.Hide(tt.key), tt.up)
		if (err == nil) != (tt.want == "") || err != nil && taskyard.CodeOf(err) != tt.want {
			t.Errorf("key of %d characters: %v, want %q", len(tt.key), err, tt.want)
		}
		if err != nil && tt.key != "" && strings.Contains(err.Error(), tt.key) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}
