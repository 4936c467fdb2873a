package parallel

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// targets are all types that keep what they do not know.
func targets() []any {
	return []any{
		&TaskRunInput{}, &SourcePolicy{}, &AdvancedSettings{}, &MCPServer{}, &Webhook{}, &TaskSpec{},
		&TaskRun{}, &Warning{}, &Error{}, &TaskRunResult{}, &TaskRunOutput{}, &FieldBasis{}, &Citation{},
		&MCPToolCall{}, &StateEvent{}, &StatsEvent{}, &SourceStats{}, &MessageEvent{}, &ErrorEvent{},
	}
}

const (
	fullRun = `{"run_id":"trun_1","interaction_id":"trun_1","status":"failed","is_active":false,
		"warnings":[{"type":"new_warning","message":"m","detail":{"a":1},"more":2}],
		"error":{"ref_id":"r","message":"m","detail":{"b":[1]},"more":3},"processor":"core",
		"metadata":{"n":12345678901234567890,"s":"x"},"taskgroup_id":null,"created_at":"2025-04-23T20:21:48.037943Z",
		"modified_at":null,"eta_seconds":12.50}`
	fullOutput = `{"type":"json","content":{"a":1.10},"basis":[{"field":"a","reasoning":"r","confidence":null,
		"citations":[{"url":"https://example.com","title":null,"excerpts":["e"],"rank":1},{"url":"u"}],"x":{}}],
		"mcp_tool_calls":[{"tool_call_id":"1","server_name":"s","tool_name":"t","arguments":"{}","content":null,"error":"e"}],
		"output_schema":{"type":"object"},"beta_fields":null}`
	fullInput = `{"processor":"new9x","input":{"q":"<&>"},"task_spec":{"output_schema":{"type":"auto","v":2},"input_schema":"bare","y":1},
		"metadata":{"a":"b","c":true,"sandbox":{"scenario":"fails"}},"source_policy":{"include_domains":[],"exclude_domains":["example.com"],"after_date":null,"z":0},
		"advanced_settings":{"location":"fr","tilt":9},"previous_interaction_id":null,"memory_scope_key":"k",
		"mcp_servers":[{"type":"url","url":"https://example.com","name":"n","headers":{"A":"b"},"allowed_tools":null}],
		"enable_events":false,"webhook":{"url":"https://example.com","event_types":["task_run.status"],"secret_id":7}}`
)

func TestObjectsSurviveARoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		into any
		json string
	}{
		"input":                              {&TaskRunInput{}, fullInput},
		"run":                                {&TaskRun{}, fullRun},
		"result":                             {&TaskRunResult{}, `{"run":` + fullRun + `,"output":` + fullOutput + `,"trace":[]}`},
		"state event":                        {&StateEvent{}, `{"type":"task_run.state","event_id":null,"input":` + fullInput + `,"run":` + fullRun + `,"output":null,"k":{}}`},
		"stats event":                        {&StatsEvent{}, `{"type":"task_run.progress_stats","source_stats":{"num_sources_considered":0,"num_sources_read":null,"sources_read_sample":null,"p":1},"progress_meter":0,"q":""}`},
		"message event":                      {&MessageEvent{}, `{"type":"task_run.progress_msg.new","message":"","timestamp":null,"tool":{"a":null}}`},
		"error event":                        {&ErrorEvent{}, `{"type":"error","error":{"ref_id":"r","message":"m","detail":null}}`},
		"empty strings that could be absent": {&Citation{}, `{"url":"","title":"","excerpts":[]}`},
		"required field that is null":        {&Error{}, `{"ref_id":null,"message":null}`},
		"name in another letter case":        {&Webhook{}, `{"url":"a","URL":"b","Url":1}`},
		"member called Extra":                {&Webhook{}, `{"url":"a","Extra":{"b":1},"extra":2,"-":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := json.Unmarshal([]byte(c.json), c.into); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(c.into)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(value(t, got), value(t, []byte(c.json))) {
				t.Errorf("got  %s\nwant %s", got, c.json)
			}
		})
	}
}

// value decodes for comparison; numbers stay text, so that digits count.
func value(t testing.TB, data []byte) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

func TestAValueOfAnUnexpectedTypeIsKeptAndNamed(t *testing.T) {
	for field, c := range map[string]struct {
		into any
		json string
		want string
	}{
		"":                                    {&TaskRun{}, `[1]`, "an object"},
		"processor":                           {&TaskRunInput{}, `{"processor":7,"input":"x"}`, "a string"},
		"enable_events":                       {&TaskRunInput{}, `{"processor":"p","input":"x","enable_events":"yes"}`, "true or false"},
		"metadata":                            {&TaskRunInput{}, `{"processor":"p","input":"x","metadata":[]}`, "an object"},
		"mcp_servers.1.url":                   {&TaskRunInput{}, `{"processor":"p","input":"x","mcp_servers":[{"url":"u","name":"n"},{"url":{},"name":"n"}]}`, "a string"},
		"mcp_servers.0":                       {&TaskRunInput{}, `{"processor":"p","input":"x","mcp_servers":[null]}`, "an object"},
		"mcp_servers.0.headers.b":             {&TaskRunInput{}, `{"processor":"p","input":"x","mcp_servers":[{"url":"u","name":"n","headers":{"a":"x","b":1}}]}`, "a string"},
		"task_spec.output_schema":             {&TaskRunInput{}, `{"processor":"p","input":"x","task_spec":{"output_schema":5}}`, "a string or an object"},
		"source_policy.include_domains.1":     {&TaskRunInput{}, `{"processor":"p","input":"x","source_policy":{"include_domains":["a",null]}}`, "a string"},
		"output.basis.0.citations.0.excerpts": {&TaskRunResult{}, `{"run":` + fullRun + `,"output":{"type":"t","content":1,"basis":[{"field":"f","reasoning":"","citations":[{"url":"u","excerpts":"e"}]}]}}`, "an array"},
		"source_stats.num_sources_read":       {&StatsEvent{}, `{"type":"t","progress_meter":1,"source_stats":{"num_sources_considered":1,"num_sources_read":1.5,"sources_read_sample":[]}}`, "an integer"},
		"progress_meter":                      {&StatsEvent{}, `{"type":"t","progress_meter":"half","source_stats":{"num_sources_considered":1,"num_sources_read":1,"sources_read_sample":[]}}`, "a number"},
		"output":                              {&StateEvent{}, `{"type":"task_run.state","event_id":null,"run":` + fullRun + `,"output":"soon"}`, "an object"},
	} {
		t.Run(field, func(t *testing.T) {
			err := json.Unmarshal([]byte(c.json), c.into)
			fe := (*FieldError)(nil)
			if !errors.As(err, &fe) || fe.Field != field || fe.Want != c.want {
				t.Fatalf("error %v, want %s: must be %s", err, field, c.want)
			}
			if field == "" {
				return
			}
			got, err := json.Marshal(c.into)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(value(t, got), value(t, []byte(c.json))) {
				t.Errorf("got  %s\nwant %s", got, c.json)
			}
		})
	}
}

func TestWhatDoesNotFitLeavesTheOtherFieldsFilled(t *testing.T) {
	var run TaskRun
	err := json.Unmarshal([]byte(`{"run_id":"trun_1","metadata":"none","status":"queued"}`), &run)
	if err == nil || run.RunID != "trun_1" || run.Status != StatusQueued || string(run.Extra["metadata"]) != `"none"` {
		t.Errorf("run %+v, error %v", run, err)
	}
}

func TestAFieldThatIsSetWinsOverExtra(t *testing.T) {
	var in TaskRunInput
	if err := json.Unmarshal([]byte(`{"processor":"core","input":"x","webhook":null,"previous_interaction_id":null}`), &in); err != nil {
		t.Fatal(err)
	}
	in.Webhook = &Webhook{URL: "https://example.com"}
	got, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"processor":"core","input":"x","previous_interaction_id":null,"webhook":{"url":"https://example.com"}}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRequiredFieldsAreWrittenThoughNotSet(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{TaskRun{}, `{"run_id":"","interaction_id":"","status":"","is_active":false,"processor":"","created_at":null,"modified_at":null}`},
		{TaskRunOutput{}, `{"type":"","content":null,"basis":[]}`},
		{StatsEvent{}, `{"type":"","source_stats":{"num_sources_considered":null,"num_sources_read":null,"sources_read_sample":[]},"progress_meter":null}`},
		{TaskRunInput{Processor: "core", Input: TextInput("<b>")}, `{"processor":"core","input":"<b>"}`},
	} {
		got, err := c.v.(json.Marshaler).MarshalJSON()
		if err != nil || string(got) != c.want {
			t.Errorf("%T: got %s (%v), want %s", c.v, got, err, c.want)
		}
	}
}

func TestInvalidRawJSONIsRefusedWithItsField(t *testing.T) {
	_, err := json.Marshal(TaskRunInput{Input: json.RawMessage(`{`)})
	if err == nil || !strings.Contains(err.Error(), "input") {
		t.Errorf("error %v, want one that names input", err)
	}
}
