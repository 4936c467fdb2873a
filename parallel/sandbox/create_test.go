package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestCreateAnswersAQueuedRun(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(`{"processor":"core","input":"x","metadata":{"a":"b"}}`)
		if run.Status != parallel.StatusQueued || !run.IsActive || run.Processor != "core" || !strings.HasPrefix(run.RunID, "trun_") {
			t.Errorf("got %s", run.RawJSON())
		}
		if run.InteractionID == "" || run.CreatedAt == "" || run.CreatedAt != run.ModifiedAt {
			t.Errorf("got %s", run.RawJSON())
		}
		if v, _ := run.Metadata.Text("a"); v != "b" {
			t.Errorf("metadata is %v", run.Metadata)
		}
		if w.box.Creates() != 1 {
			t.Errorf("%d creates", w.box.Creates())
		}
	})
}

func TestKeys(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("lite", ""))
		for _, c := range []struct {
			key    string
			status int
		}{{"key", 200}, {"", 401}, {"invalid-key", 401}, {"other", 404}} {
			if status, body := w.get("/v1/tasks/runs/"+run.RunID, c.key); status != c.status {
				t.Errorf("key %q: %d %s, want %d", c.key, status, body, c.status)
			}
		}
		_, err := w.as("nocredit-1").CreateRunJSON(w.Context(), json.RawMessage(simple("lite", "")))
		if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 402 || api.RefID == "" {
			t.Errorf("no credit: %v", err)
		}
		if status, _ := w.get("/v1/tasks/runs/trun_none", "key"); status != 404 {
			t.Errorf("an unknown run: %d", status)
		}
		if status, body := w.get("/v1/elsewhere", "key"); status != 404 || !strings.Contains(body, `"type":"error"`) {
			t.Errorf("an unknown call: %d %s", status, body)
		}
	})
}

func TestCreateRefusesWhatUpstreamRefuses(t *testing.T) {
	long := strings.Repeat("ü", 25_001)
	domains := func(n int) string { return `"` + strings.Join(slices.Repeat([]string{"a.com"}, n), `","`) + `"` }
	spec := func(s string) string { return simple("lite", "", `"task_spec":{"output_schema":`+s+`}`) }
	jsonSpec := func(s string) string { return spec(`{"type":"json","json_schema":` + s + `}`) }
	for name, c := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"no JSON":             {`{"processor"`, 422, ""},
		"no object":           {`[]`, 422, ""},
		"no processor":        {`{"input":"x"}`, 422, "processor"},
		"unknown processor":   {`{"processor":"mega","input":"x"}`, 403, "processor"},
		"wrong type":          {`{"processor":7,"input":"x"}`, 422, "processor"},
		"no input":            {`{"processor":"lite"}`, 422, "input"},
		"input a list":        {`{"processor":"lite","input":[1]}`, 422, "input"},
		"too long":            {`{"processor":"lite","input":"` + long + `"}`, 422, "input"},
		"no output schema":    {simple("lite", "", `"task_spec":{}`), 422, "task_spec.output_schema"},
		"unknown schema type": {spec(`{"type":"video"}`), 422, "task_spec.output_schema.type"},
		"root a list":         {jsonSpec(`{"type":"array"}`), 422, "task_spec.output_schema.json_schema"},
		"root with anyOf":     {jsonSpec(`{"type":"object","properties":{},"anyOf":[]}`), 422, "task_spec.output_schema.json_schema"},
		"schema malformed":    {jsonSpec(`{"type":"object","properties":7}`), 422, "task_spec.output_schema.json_schema"},
		"schema no object":    {jsonSpec(`7`), 422, "task_spec.output_schema.json_schema"},
		"auto as input":       {simple("lite", "", `"task_spec":{"output_schema":"x","input_schema":{"type":"auto"}}`), 422, "task_spec.input_schema.type"},
		"long metadata key":   {simple("lite", "", `"metadata":{"seventeen-letters":"x"}`), 422, "metadata"},
		"long metadata value": {simple("lite", "", `"metadata":{"a":"`+strings.Repeat("x", 513)+`"}`), 422, "metadata.a"},
		"metadata an object":  {simple("lite", "", `"metadata":{"a":{}}`), 422, "metadata.a"},
		"unknown scenario":    {simple("lite", "explode"), 422, "metadata.sandbox"},
		"too many domains":    {simple("lite", "", `"source_policy":{"include_domains":[`+domains(150)+`],"exclude_domains":[`+domains(51)+`]}`), 422, "source_policy"},
		"domain with scheme":  {simple("lite", "", `"source_policy":{"include_domains":["ok.com","https://a.com"]}`), 422, "source_policy.include_domains.1"},
		"domain with path":    {simple("lite", "", `"source_policy":{"exclude_domains":["a.com/b"]}`), 422, "source_policy.exclude_domains.0"},
		"no date":             {simple("lite", "", `"source_policy":{"after_date":"yesterday"}`), 422, "source_policy.after_date"},
		"no country":          {simple("lite", "", `"advanced_settings":{"location":"Utopia"}`), 422, "advanced_settings.location"},
		"server without name": {simple("lite", "", `"mcp_servers":[{"url":"https://a.example.com"}]`), 422, "mcp_servers.0.name"},
		"server elsewhere":    {simple("lite", "", `"mcp_servers":[{"name":"a","url":"ftp://a"}]`), 422, "mcp_servers.0.url"},
		"too many servers":    {simple("lite", "", `"mcp_servers":[`+strings.Join(slices.Repeat([]string{`{"name":"a","url":"https://a.example.com"}`}, 11), ",")+`]`), 422, "mcp_servers"},
		"webhook no address":  {simple("lite", "", `"webhook":{"url":"here"}`), 422, "webhook.url"},
		"webhook event":       {simple("lite", "", `"webhook":{"url":"https://a.example.com","event_types":["all"]}`), 422, "webhook.event_types.0"},
		"no such interaction": {simple("lite", "", `"previous_interaction_id":"trun_none"`), 422, "previous_interaction_id"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				api := w.refused(c.body)
				var detail struct{ Field, Reason string }
				if err := json.Unmarshal(api.Detail, &detail); err != nil {
					t.Fatalf("detail %s: %v", api.Detail, err)
				}
				if api.StatusCode != c.status || detail.Field != c.field || detail.Reason == "" || api.RefID == "" || !api.WellFormed {
					t.Errorf("got %d, field %q (%v), want %d, field %q", api.StatusCode, detail.Field, api, c.status, c.field)
				}
				if w.box.Creates() != 0 {
					t.Error("a run was made")
				}
			})
		})
	}
}

func TestCreateTakesWhatUpstreamTakes(t *testing.T) {
	inBubble(t, func(w *world) {
		first := w.create(simple("lite", ""))
		for _, body := range []string{
			`{"processor":"lite","input":{"a":1},"future_field":{"x":[1]}}`,
			`{"processor":"lite","input":"` + strings.Repeat("ü", 25_000) + `"}`,
			simple("lite", "", `"task_spec":{"output_schema":"a bare description"}`),
			simple("lite", "", `"task_spec":{"output_schema":{"json_schema":{"type":"object","properties":{"a":{"type":"string"}}}}}`),
			simple("lite", "", `"source_policy":{"include_domains":["a.example.com",".edu","*.org"],"after_date":"2024-02-29"}`),
			simple("lite", "", `"metadata":{"sixteen--letters":"`+strings.Repeat("ü", 512)+`","n":1,"b":true}`),
			simple("lite", "", `"previous_interaction_id":"`+first.InteractionID+`"`),
		} {
			w.create(body)
		}
	})
}

func TestWarnings(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(`{"processor":"lite","input":{"year":"soon"},"task_spec":{
			"input_schema":{"type":"json","json_schema":{"type":"object","properties":{"year":{"type":"integer"}}}},
			"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"reasoning":{"type":"string"}}}}}}`)
		kinds := map[string]int{}
		for _, warning := range run.Warnings {
			kinds[warning.Type]++
		}
		if kinds["spec_validation_warning"] < 2 || kinds["input_validation_warning"] != 1 {
			t.Errorf("the warnings are %+v", run.Warnings)
		}
		if auto := w.create(simple("lite", "")); len(auto.Warnings) != 1 {
			t.Errorf("auto output on lite: %+v", auto.Warnings)
		}
		if auto := w.create(simple("pro", "")); len(auto.Warnings) != 0 {
			t.Errorf("auto output on pro: %+v", auto.Warnings)
		}
	})
}

func TestInputAnswersWhatWasSentButSecrets(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(`{"processor":"lite","input":{"a":1},"later":[1],"mcp_servers":[{"name":"s","url":"https://s.example.com","headers":{"Authorization":"Bearer hush"}}],
			"webhook":{"url":"https://h.example.com/hush?x=hush"}}`)
		in, err := w.client.Input(w.Context(), run.RunID)
		if err != nil {
			t.Fatal(err)
		}
		raw := string(in.RawJSON())
		if strings.Contains(raw, "hush") || !strings.Contains(raw, `"later":[1]`) || in.MCPServers[0].Headers["Authorization"] == "" {
			t.Errorf("got %s", raw)
		}
	})
}

func TestCreateFaults(t *testing.T) {
	inBubble(t, func(w *world) {
		body := simple("lite", "rate-limit:2")
		for range 2 {
			if api := w.refused(body); api.StatusCode != 429 || api.RetryAfter != 2*time.Second || !api.Temporary() {
				t.Errorf("got %v", api)
			}
		}
		w.create(body)
		if api := w.refused(body); api.StatusCode != 429 {
			t.Errorf("the same create once more is another, and is limited again: %v", api)
		}
		if w.box.Creates() != 1 {
			t.Errorf("%d creates, want 1", w.box.Creates())
		}
	})
}

func TestCutCreate(t *testing.T) {
	for scenario, creates := range map[string]int64{"cut-create": 1, "cut-create-before": 0} {
		t.Run(scenario, func(t *testing.T) {
			inBubble(t, func(w *world) {
				_, err := w.client.CreateRunJSON(w.Context(), json.RawMessage(simple("lite", scenario)))
				if e, ok := errors.AsType[*parallel.RequestError](err); !ok || !e.Sent {
					t.Errorf("got %v, want an error that tells nothing of the outcome", err)
				}
				if w.box.Creates() != creates {
					t.Errorf("%d creates, want %d", w.box.Creates(), creates)
				}
			})
		})
	}
}

func TestScriptsAreNumberedByCreate(t *testing.T) {
	var numbers []int
	inBubble(t, func(w *world) {
		for i := range 3 {
			w.create(fmt.Sprintf(`{"processor":"lite","input":"%d"}`, i))
		}
		if !slices.Equal(numbers, []int{0, 1, 2}) {
			t.Errorf("the script was asked for %v", numbers)
		}
	}, sandbox.WithScript(func(n int, _ *parallel.TaskRunInput) (sandbox.Script, bool) {
		numbers = append(numbers, n)
		return sandbox.Script{}, false
	}))
}

func TestOptionsAreChecked(t *testing.T) {
	for name, opt := range map[string]sandbox.Option{
		"scale 0":          sandbox.WithScale(0),
		"unknown scenario": sandbox.WithScenario("explode"),
		"no logger":        sandbox.WithLogger(nil),
		"a folder":         sandbox.WithStateFile(t.TempDir()),
	} {
		if box, err := sandbox.New(opt); err == nil {
			t.Errorf("%s: accepted", name)
			_ = box.Close()
		}
	}
}
