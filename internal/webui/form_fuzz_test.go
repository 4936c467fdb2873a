package webui

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// formValues are what a form with a query as its body says.
func formValues(body string) values {
	form, _ := url.ParseQuery(body) // what of it can be read
	return readValues(&http.Request{PostForm: form})
}

// Whatever a form says, each request that is made of it is an object with what every create needs, or a field is to blame.
func FuzzForm(f *testing.F) {
	for _, body := range []string{
		"processor=pro&input=x&input_mode=text&output=text", "processor=core&fast=1&also=lite&also=pro&input={\"a\":1}&input_mode=json&output=json&schema={}",
		"other=new&input=x&output=bare&bare=y&input_schema={}", "by_hand=1&body={\"processor\":\"p\",\"input\":\"x\"}", "input=x&extra={\"metadata\":{\"a\":\"b\"}}&meta_key=a&meta_value=c&scenario=fail",
		"input=x&mcp=[{\"headers\":{\"a\":\"[sealed]\"}}]", "input=x&webhook=javascript:1&after=2025-02-30", "input=x&include=a.example,b.example&exclude=%00&events=on&location=%ff&betas=a,b", "%zz&input",
		"input=%ff&extra={\"a\":\"%ff\"}", "also=a&also=b&also=c&also=d",
	} {
		f.Add(body, true)
	}
	f.Fuzz(func(t *testing.T, body string, simulated bool) {
		list, err := formValues(body).each()
		if len(list) > mostCompared {
			t.Fatalf("%d requests", len(list))
		}
		for _, v := range list {
			var request json.RawMessage
			if request, err = v.request(simulated); err != nil {
				break
			}
			var sent map[string]json.RawMessage
			if err := json.Unmarshal(request, &sent); err != nil {
				t.Errorf("%q becomes %q: %v", body, request, err)
			}
			if !v.ByHand && (len(sent["processor"]) < 2 || len(sent["input"]) < 2) {
				t.Errorf("%q becomes %q", body, request)
			}
			if bytes.ContainsAny(request, "\n\r") {
				t.Errorf("%q becomes more than one line: %q", body, request)
			}
		}
		if err != nil && (taskyard.CodeOf(err) != taskyard.CodeInvalid || fieldOf(err) == "") {
			t.Errorf("%q is refused with %v", body, err)
		}
	})
}

// Whatever a request is, "Duplicate and edit", sent as it is, sends it again, or says which field is to blame. No spec
// and an automatic output are the same, and so are null and nothing.
func FuzzDuplicate(f *testing.F) {
	for _, request := range []string{
		`{"processor":"pro","input":"x"}`, `{"processor":"core-fast","input":{"a":1e999},"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object"}}}}`,
		`{"processor":"-fast","input":"x","task_spec":{"output_schema":{"type":"text","json_schema":{}}}}`, `{"processor":"lite","input":"x","task_spec":{"output_schema":{"type":"auto","description":"d"}}}`,
		`{"processor":"lite","input":"x","task_spec":{"output_schema":"bare "},"source_policy":{"include_domains":["a b",""],"after_date":"x"}}`,
		`{"processor":"lite","input":"x","metadata":{" a":"b","a":"c","sandbox":""},"webhook":{"URL":"https://a.example","event_types":["task_run.status"]}}`,
		`{"processor":"lite","input":"x","advanced_settings":{"location":""},"previous_interaction_id":" ","enable_events":null,"mcp_servers":[]}`,
		`{"processor":"lite","input":"x","task_spec":{"output_schema":{"type":"json"},"input_schema":{"type":"json","json_schema":{"json_schema":{}}}}}`,
		`{"processor":"lite","input":"x","task_spec":{"OUTPUT_SCHEMA":"x"},"source_policy":{},"webhook":{"url":"[sealed]","event_types":["task_run.status"]}}`,
	} {
		f.Add([]byte(request), true)
		f.Add([]byte(request), false)
	}
	f.Fuzz(func(t *testing.T, request []byte, simulated bool) {
		want := meant(request)
		if want == nil {
			return // nothing that is stored
		}
		again, err := valuesFrom(taskyard.Task{}, request, simulated).request(simulated)
		if err != nil {
			if taskyard.CodeOf(err) != taskyard.CodeInvalid || fieldOf(err) == "" {
				t.Errorf("%s: %v", request, err)
			}
			if what := fieldOf(err); what != "input" && !bytes.Contains(request, []byte(taskyard.Redacted)) { // an empty one is no task's
				t.Errorf("%s cannot be sent again for its %s: %v", request, what, err)
			}
			return
		}
		if got := meant(again); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ncomes back as\n%s", request, again)
		}
	})
}

// meant is what a request asks for; nil if it is none that the API takes.
func meant(request []byte) map[string]any {
	if !json.Valid(request) {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(request))
	dec.UseNumber()
	var body map[string]any
	if dec.Decode(&body) != nil {
		return nil
	}
	if _, isText := body["processor"].(string); !isText || body["input"] == nil {
		return nil
	}
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	if body["task_spec"] == nil {
		body["task_spec"] = map[string]any{"output_schema": map[string]any{"type": "auto"}}
	}
	_, isText := body["input"].(string)
	_, isObject := body["input"].(map[string]any)
	if !isText && !isObject {
		return nil
	}
	return body
}

// Whatever is typed where secrets are, a page that shows the form again has nothing that may be one.
func FuzzWithoutSecrets(f *testing.F) {
	for _, s := range []struct{ before, after string }{
		{`[{"type":"url","name":"n","url":"u","headers":{"a":"`, `"}}]`}, {`[{"headers":{"a":"`, `"},"headers":null}]`}, {`[] `, ``}, {`[{"Headers":{"a":"`, `"}}]`},
		{`[{"name":"`, `"}]`}, {`{"input":"`, `"}`}, {`{"webhook":"`, `"}`}, {`{"input":"x"}`, ``}, {`{"a":1,"input":"`, `"}`}, {`[{"headers":{"`, `":"x"}}]`}, {``, ``}, {`null `, ``},
	} {
		f.Add(s.before, s.after)
	}
	const mark = "THESECRETANDNOTHINGELSE"
	f.Fuzz(func(t *testing.T, before, after string) {
		text := before + mark + after
		shown, left := values{Webhook: text, MCP: text, Extra: text, Body: text}.withoutSecrets()
		if strings.Contains(shown.Webhook+shown.Extra, mark) || !slices.Contains(left, "webhook") || !slices.Contains(left, "extra") {
			t.Errorf("%q is shown as %+v", text, shown)
		}
		if strings.Contains(shown.MCP, mark) && hasSecret(t, shown.MCP, mark) {
			t.Errorf("%q is shown as servers %q", text, shown.MCP)
		}
		if strings.Contains(shown.Body, mark) {
			list, err := members([]byte(shown.Body))
			if err != nil || !json.Valid([]byte(shown.Body)) || slices.ContainsFunc(list, func(m member) bool { return !slices.Contains(openFields, m.Name) }) {
				t.Errorf("%q is shown as body %q", text, shown.Body)
			}
		}
	})
}

// hasSecret reports whether a mark stands in a list of servers elsewhere than in what says which they are.
func hasSecret(t *testing.T, servers, mark string) bool {
	t.Helper()
	list, err := elements(json.RawMessage(servers))
	if err != nil {
		return true
	}
	for _, server := range list {
		fields, err := members(server)
		if err != nil {
			return strings.Contains(string(server), mark)
		}
		for _, m := range fields {
			isOpen := slices.ContainsFunc([]string{"type", "name", "url", "allowed_tools"}, func(open string) bool { return strings.EqualFold(open, m.Name) })
			if strings.EqualFold(m.Name, "headers") && isObject(m.Raw) {
				headers, _ := members(m.Raw) // part of what was read
				isOpen = !slices.ContainsFunc(headers, func(h member) bool { return strings.Contains(string(h.Raw), mark) })
			}
			if strings.Contains(string(m.Raw)+m.Name, mark) && !isOpen {
				return true
			}
		}
	}
	return false
}
