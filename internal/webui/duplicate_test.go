package webui

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/taskyard/taskyard"
)

// randomRequest is a create body with some of everything that the API takes, and things that it does not know yet.
func randomRequest(r *rand.Rand) map[string]any {
	pick := func(list ...any) any { return list[r.IntN(len(list))] }
	body := map[string]any{
		"processor": pick("lite", "pro-fast", "ultra8x", "core2x", "a-new-one"),
		"input":     pick("text", "two\nlines ", map[string]any{"company": "X", "n": 1.5}, map[string]any{}),
	}
	maybe := func(name string, values ...any) {
		if r.IntN(2) == 0 {
			body[name] = pick(values...)
		}
	}
	schema := map[string]any{"type": "object", "properties": map[string]any{"b": map[string]any{"type": "string"}, "a": map[string]any{"type": []any{"null", "integer"}}}}
	maybe("task_spec",
		map[string]any{"output_schema": map[string]any{"type": "text", "description": "d"}}, map[string]any{"output_schema": map[string]any{"type": "text"}},
		map[string]any{"output_schema": map[string]any{"type": "auto"}}, map[string]any{"output_schema": "A bare sentence"},
		map[string]any{"output_schema": map[string]any{"type": "json", "json_schema": schema}},
		map[string]any{"output_schema": map[string]any{"type": "json", "json_schema": schema, "name": "kept"}},
		map[string]any{"output_schema": map[string]any{"type": "json", "json_schema": schema}, "input_schema": "What comes in"},
		map[string]any{"output_schema": map[string]any{"type": "auto"}, "input_schema": map[string]any{"type": "json", "json_schema": schema}},
		map[string]any{"output_schema": map[string]any{"type": "a-new-type"}})
	maybe("source_policy", map[string]any{"include_domains": []any{"a.example", ".edu"}}, map[string]any{"exclude_domains": []any{"b.example"}, "after_date": "2024-01-31"}, map[string]any{"new": true})
	maybe("metadata", map[string]any{"a": "b", "c": "d"}, map[string]any{"n": 1.0}, map[string]any{"sandbox": "fail"})
	maybe("advanced_settings", map[string]any{"location": "gb"}, map[string]any{"location": "gb", "depth": 2.0})
	maybe("enable_events", true, false)
	maybe("previous_interaction_id", "trun_1")
	maybe("mcp_servers", []any{map[string]any{"type": "url", "name": "n", "url": "https://m.example", "allowed_tools": []any{"find"}}}, []any{}, map[string]any{"docs": map[string]any{}}, "odd")
	maybe("webhook", map[string]any{"url": "https://a.example/h", "event_types": []any{"task_run.status"}}, map[string]any{"url": "https://a.example/h"},
		map[string]any{"url": "https://a.example/h", "event_types": []any{"task_run.status"}, "new": 1.0}, "https://a.example/h")
	maybe("mcpServers", map[string]any{"docs": map[string]any{"url": "https://m.example"}})
	maybe("memory_scope_key", "team-a")
	maybe("a_new_field", []any{1.0, map[string]any{"x": nil}})
	return body
}

// "Duplicate and edit", sent as it is, asks for the same: whatever was in the request is in the copy.
func TestADuplicateLosesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		body := randomRequest(r)
		request, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		simulated := r.IntN(2) == 0
		again, err := valuesFrom(taskyard.Task{Upstream: "parallel"}, request, simulated).request(simulated)
		if err != nil {
			t.Fatalf("%s cannot be sent again: %v", request, err)
		}
		var got map[string]any
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if _, given := body["task_spec"]; !given { // no spec and automatic output are the same
			body["task_spec"] = map[string]any{"output_schema": map[string]any{"type": "auto"}}
		}
		if !reflect.DeepEqual(got, body) {
			t.Fatalf("%s\ncomes back as\n%s", fmt.Sprint(body), fmt.Sprint(got))
		}
	}
}
