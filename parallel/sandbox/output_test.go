package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

const nested = `{"type":"object","properties":{
	"name":{"type":"string"},
	"stage":{"type":"string","enum":["seed","late"]},
	"founded":{"anyOf":[{"type":"integer"},{"type":"null"}]},
	"revenue":{"type":["number","null"]},
	"public":{"type":"boolean"},
	"people":{"type":"array","items":{"type":"object","properties":{
		"name":{"type":"string"},"roles":{"type":"array","items":{"type":"string"}},
		"since":{"type":"object","properties":{"year":{"type":"integer"}},"required":["year"],"additionalProperties":false}
	},"required":["name","roles","since"],"additionalProperties":false}}
},"required":["name","stage","founded","revenue","public","people"],"additionalProperties":false}`

// finish creates a run, waits for it and returns its result.
func (w *world) finish(body string) *parallel.TaskRunResult {
	w.Helper()
	result, err := w.client.Result(w.Context(), w.create(body).RunID, -1)
	if err != nil {
		w.Fatalf("result of %.100s: %v", body, err)
	}
	return result
}

func jsonTask(processor, schema string) string {
	return `{"processor":"` + processor + `","input":"Acme Bicycles","task_spec":{"output_schema":{"type":"json","json_schema":` + schema + `}}}`
}

func conforms(t *testing.T, schema, content []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(schema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("s.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("s.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s does not conform: %v", content, err)
	}
}

func TestJSONOutputConformsAndHasABasisForEachField(t *testing.T) {
	inBubble(t, func(w *world) {
		for i := range 20 {
			result := w.finish(strings.Replace(jsonTask("core", nested), "Acme", fmt.Sprintf("Acme %d", i), 1))
			if result.Output.Type != "json" {
				t.Fatalf("type %s", result.Output.Type)
			}
			conforms(t, []byte(nested), result.Output.Content)
			var fields []string
			for _, b := range result.Output.Basis {
				fields = append(fields, b.Field)
				checkBasis(t, b)
			}
			if got := strings.Join(fields, " "); got != "name stage founded revenue public people" {
				t.Errorf("basis of %s", got)
			}
		}
	})
}

func checkBasis(t *testing.T, b parallel.FieldBasis) {
	t.Helper()
	if b.Reasoning == "" || len(b.Citations) == 0 {
		t.Errorf("basis %+v", b)
	}
	if b.Confidence != "high" && b.Confidence != "medium" && b.Confidence != "low" {
		t.Errorf("confidence %q", b.Confidence)
	}
	for _, c := range b.Citations {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "https" || !unowned(u.Hostname()) {
			t.Errorf("cited %q", c.URL)
		}
		if c.Title == "" || len(c.Excerpts) == 0 || c.Excerpts[0] == "" {
			t.Errorf("citation %+v", c)
		}
	}
}

func unowned(host string) bool {
	for _, d := range []string{"example.com", "example.org", "example.net"} {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

func TestTextOutputIsAReport(t *testing.T) {
	inBubble(t, func(w *world) {
		result := w.finish(`{"processor":"pro","input":"Heat pumps in old houses","task_spec":{"output_schema":{"type":"text","description":"A report"}}}`)
		text := result.Output.Text()
		if result.Output.Type != "text" || len(strings.Fields(text)) < 500 {
			t.Fatalf("%s of %d words", result.Output.Type, len(strings.Fields(text)))
		}
		for _, part := range []string{"imulat", "\n## ", "[1]", "|", "eat pumps"} {
			if !strings.Contains(text, part) {
				t.Errorf("the report lacks %q", part)
			}
		}
		if len(result.Output.Basis) != 1 || result.Output.Basis[0].Field != "output" {
			t.Errorf("basis %+v", result.Output.Basis)
		}
	})
}

func TestAutoOutputBringsItsSchema(t *testing.T) {
	inBubble(t, func(w *world) {
		for _, spec := range []string{"", `,"task_spec":{"output_schema":{"type":"auto"}}`} {
			result := w.finish(`{"processor":"pro","input":{"company":"Acme"}` + spec + `}`)
			if len(result.Output.OutputSchema) == 0 || len(result.Output.Basis) < 2 {
				t.Fatalf("output %.500s", result.RawJSON())
			}
			conforms(t, result.Output.OutputSchema, result.Output.Content)
		}
	})
}

func TestOutputIsTheSameEverywhere(t *testing.T) {
	var first json.RawMessage
	for range 2 {
		inBubble(t, func(w *world) {
			run := w.create(jsonTask("core", nested))
			h := w.listen(run.RunID)
			state, _ := h.events[len(h.events)-1].State()
			result, err := w.client.Result(w.Context(), run.RunID, 0)
			if err != nil {
				t.Fatal(err)
			}
			streamed, _ := json.Marshal(state.Output)
			fetched, _ := json.Marshal(result.Output)
			sameJSON(t, []json.RawMessage{streamed}, []json.RawMessage{fetched})
			if first != nil {
				sameJSON(t, []json.RawMessage{fetched}, []json.RawMessage{first})
			}
			first = fetched
		})
	}
}

func TestSeedChangesTheStory(t *testing.T) {
	var texts [2]string
	for i := range texts {
		inBubble(t, func(w *world) {
			result := w.finish(jsonTask("core", nested))
			texts[i] = result.Output.Text()
		}, sandbox.WithSeed(uint64(i)))
	}
	if texts[0] == texts[1] {
		t.Error("two seeds tell the same story")
	}
}

func TestBasisOfElementsIsABeta(t *testing.T) {
	inBubble(t, func(w *world) {
		client := w.as("key", parallel.WithBetas("field-basis-2025-11-25"))
		run, err := client.CreateRunJSON(w.Context(), json.RawMessage(jsonTask("core", nested)))
		if err != nil {
			t.Fatal(err)
		}
		result, err := client.Result(w.Context(), run.RunID, -1)
		if err != nil {
			t.Fatal(err)
		}
		var content struct{ People []any }
		if err := json.Unmarshal(result.Output.Content, &content); err != nil || len(content.People) == 0 {
			t.Fatalf("%v in %s", err, result.Output.Content)
		}
		found := 0
		for _, b := range result.Output.Basis {
			if strings.HasPrefix(b.Field, "people.") {
				found++
			}
		}
		if found != len(content.People) {
			t.Errorf("%d elements have a basis, want %d", found, len(content.People))
		}
	})
}

func TestMCPServersLeaveToolCalls(t *testing.T) {
	inBubble(t, func(w *world) {
		result := w.finish(`{"processor":"pro","input":"x","mcp_servers":[{"name":"notes","url":"https://m.example.com","allowed_tools":["find"]}]}`)
		calls := result.Output.MCPToolCalls
		if len(calls) != 1 || calls[0].ServerName != "notes" || calls[0].ToolName != "find" || !json.Valid([]byte(calls[0].Arguments)) || calls[0].Content == "" && calls[0].Error == "" {
			t.Errorf("calls %+v", calls)
		}
	})
}

func TestSourcePolicyShowsInTheSources(t *testing.T) {
	inBubble(t, func(w *world) {
		result := w.finish(`{"processor":"core","input":"x","task_spec":{"output_schema":"text"},"source_policy":{"include_domains":["reuters.com"]}}`)
		for _, c := range result.Output.Basis[0].Citations {
			if !strings.Contains(c.URL, "reuters") {
				t.Errorf("cited %s", c.URL)
			}
		}
	})
}

// Each processor takes a time within what is documented for it.
func TestDurations(t *testing.T) {
	for _, p := range parallel.Processors() {
		inBubble(t, func(w *world) {
			for i := range 5 {
				run := w.create(fmt.Sprintf(`{"processor":%q,"input":"%d"}`, p.Name, i))
				for { // longer than one call waits
					_, err := w.client.Result(w.Context(), run.RunID, -1)
					if err == nil {
						break
					}
					if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 408 {
						t.Fatal(err)
					}
				}
				begun, _ := run.CreatedAt.Time()
				if d := time.Since(begun); d < p.MinLatency || d > p.MaxLatency {
					t.Errorf("%s took %s, want %s to %s", p.Name, d, p.MinLatency, p.MaxLatency)
				}
			}
		})
	}
}

func TestHigherProcessorsDoMore(t *testing.T) {
	messages := map[string]int{}
	for _, name := range []string{"lite", "core", "pro", "ultra", "ultra8x"} {
		inBubble(t, func(w *world) {
			run := w.create(fmt.Sprintf(`{"processor":%q,"input":"x","enable_events":true}`, name))
			log, _ := w.box.Log(run.RunID)
			messages[name] = len(log)
		})
	}
	if !(messages["lite"] < messages["core"] && messages["core"] < messages["pro"] && messages["pro"] < messages["ultra"] && messages["ultra"] < messages["ultra8x"]) {
		t.Errorf("events: %v", messages)
	}
}

func TestDemoScaleMakesAProTaskTakeAbout25Seconds(t *testing.T) {
	inBubble(t, func(w *world) {
		for i := range 10 {
			body := fmt.Sprintf(`{"processor":"pro","input":"%d"}`, i)
			if d := took(func() { w.finish(body) }); d < 15*time.Second || d > 35*time.Second {
				t.Errorf("it took %s", d)
			}
		}
	}, sandbox.WithScale(sandbox.DemoScale))
}

func TestEventsAreOffBelowPro(t *testing.T) {
	inBubble(t, func(w *world) {
		for body, want := range map[string]bool{
			simple("core", ""):                          false,
			simple("core", "", `"enable_events":true`):  true,
			simple("pro", ""):                           true,
			simple("pro", "", `"enable_events":false`):  false,
			simple("pro", "", `"enable_events":null`):   true,
			simple("lite", "", `"enable_events":false`): false,
		} {
			log, _ := w.box.Log(w.create(body).RunID)
			if got := len(log) > 1; got != want {
				t.Errorf("%s: events %v, want %v", body, got, want)
			}
		}
	})
}

func TestFollowUpIsAboutTheEarlierRun(t *testing.T) {
	inBubble(t, func(w *world) {
		first := w.create(`{"processor":"lite","input":"Glassblowing in Murano"}`)
		result := w.finish(`{"processor":"core","input":"and today?","task_spec":{"output_schema":"text"},"previous_interaction_id":"` + first.InteractionID + `"}`)
		if !strings.Contains(strings.ToLower(result.Output.Text()), "murano") {
			t.Errorf("the report is about something else: %.300s", result.Output.Text())
		}
	})
}
