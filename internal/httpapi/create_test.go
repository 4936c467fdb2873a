package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestCreateAnswersAsTheOriginalAndSaysWhereToGoOn(t *testing.T) {
	s := newServer()
	w := s.post(t, "/api/tasks", `{"apiKey":"secret-key","processor":"core","input":"hello","taskSpec":{"output_schema":{"type":"auto"}}}`,
		"Content-Type", "application/json")
	id := s.order[0]
	want := `{"taskId":"` + id + `","status":"started","links":{"page":"/tasks/` + id + `","json":"/task/` + id +
		`","events":"/api/tasks/` + id + `/events"}}` + "\n"
	if w.Code != http.StatusCreated || w.Body.String() != want {
		t.Errorf("%d %s, want 201 %s", w.Code, w.Body, want)
	}
	if got := w.Header().Get("Location"); got != "/task/"+id {
		t.Errorf("Location is %q", got)
	}
	got := s.submits[0]
	if got.APIKey.Reveal() != "secret-key" {
		t.Errorf("the key is %q", got.APIKey.Reveal())
	}
	if want := `{"processor":"core","input":"hello","task_spec":{"output_schema":{"type":"auto"}}}`; string(got.Request) != want {
		t.Errorf("request is\n%s, want\n%s", got.Request, want)
	}
}

func TestCreatePassesOnWhatUpstreamIsSentUnchanged(t *testing.T) {
	for name, c := range map[string]struct{ body, request string }{
		"snake_case": {
			`{"processor":"pro","input":"x","task_spec":{"output_schema":"a number"},"enable_events":true}`,
			`{"processor":"pro","input":"x","task_spec":{"output_schema":"a number"},"enable_events":true}`,
		},
		"camelCase becomes snake_case": {
			`{"sourcePolicy":{"include_domains":[".edu"]},"advancedSettings":{"location":"fr"},"previousInteractionId":"i","mcpServers":[],"enableEvents":false,"processor":"a","input":"b"}`,
			`{"source_policy":{"include_domains":[".edu"]},"advanced_settings":{"location":"fr"},"previous_interaction_id":"i","mcp_servers":[],"enable_events":false,"processor":"a","input":"b"}`,
		},
		"a mix": {
			`{"processor":"a","input":"b","taskSpec":null,"source_policy":null}`,
			`{"processor":"a","input":"b","task_spec":null,"source_policy":null}`,
		},
		"an object stays an object": {
			`{"input":{"b":1,"a":[true,null,{"c":"d"}]},"processor":"a"}`,
			`{"input":{"b":1,"a":[true,null,{"c":"d"}]},"processor":"a"}`,
		},
		"unknown fields are kept": {
			`{"processor":"a","input":"b","memory_scope_key":"k","next_year":{"Deep":[1]}}`,
			`{"processor":"a","input":"b","memory_scope_key":"k","next_year":{"Deep":[1]}}`,
		},
		"numbers, escapes and order are kept, white space is not": {
			"{ \"processor\": \"a\",\n\t\"input\": { \"n\": 1.50e+400, \"s\": \"<\\u00e9\\ud83d>\" }, \"z\": 12345678901234567890 }",
			`{"processor":"a","input":{"n":1.50e+400,"s":"<\u00e9\ud83d>"},"z":12345678901234567890}`,
		},
		"our own fields are taken out": {
			`{"api_key":"k","upstream":"simulator","betas":["x-1","y-2"],"processor":"a","input":"b"}`,
			`{"processor":"a","input":"b"}`,
		},
		"our own fields may be null": {
			`{"apiKey":null,"upstream":null,"betas":null,"processor":"a","input":"b"}`,
			`{"processor":"a","input":"b"}`,
		},
		"every known field": {
			`{"processor":"a","input":"b","metadata":{"s":"t","n":1.5,"b":false},"webhook":{"url":"https://example.com/h","event_types":["task_run.status"]},` +
				`"mcp_servers":[{"type":"url","name":"n","url":"https://example.com","headers":{"A":"b"},"allowed_tools":null}],` +
				`"source_policy":{"include_domains":[],"exclude_domains":["example.com"],"after_date":null}}`,
			`{"processor":"a","input":"b","metadata":{"s":"t","n":1.5,"b":false},"webhook":{"url":"https://example.com/h","event_types":["task_run.status"]},` +
				`"mcp_servers":[{"type":"url","name":"n","url":"https://example.com","headers":{"A":"b"},"allowed_tools":null}],` +
				`"source_policy":{"include_domains":[],"exclude_domains":["example.com"],"after_date":null}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer()
			if w := s.post(t, "/api/tasks", c.body); w.Code != http.StatusCreated {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if got := string(s.submits[0].Request); got != c.request {
				t.Errorf("request is\n%s, want\n%s", got, c.request)
			}
		})
	}
}

func TestCreateReadsWhatToDoWithTheCall(t *testing.T) {
	s := newServer()
	s.post(t, "/api/tasks", `{"upstream":"parallel","betas":["b-1","b-2"],"processor":"a","input":"b"}`, "X-Api-Key", "from-header", "Idempotency-Key", "once")
	got := s.submits[0]
	if got.Upstream != "parallel" || !slices.Equal(got.Betas, []string{"b-1", "b-2"}) || got.APIKey.Reveal() != "from-header" || got.IdempotencyKey != "once" {
		t.Errorf("submitted %+v", got)
	}
}

func TestCreateWithAnIdempotencyKeyMakesOneTask(t *testing.T) {
	s := newServer()
	first := s.post(t, "/api/tasks", `{"processor":"a","input":"b"}`, "Idempotency-Key", "k")
	again := s.post(t, "/api/tasks", `{ "processor": "a", "input": "b" }`, "Idempotency-Key", "k")
	if first.Code != http.StatusCreated || again.Code != http.StatusOK || again.Body.String() != first.Body.String() {
		t.Errorf("first %d %s again %d %s", first.Code, first.Body, again.Code, again.Body)
	}
	if first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("Idempotency-Replayed: %q, then %q", first.Header().Get("Idempotency-Replayed"), again.Header().Get("Idempotency-Replayed"))
	}
	other := s.post(t, "/api/tasks", `{"processor":"a","input":"c"}`, "Idempotency-Key", "k")
	if other.Code != http.StatusConflict || len(s.order) != 1 {
		t.Errorf("another request answers %d, and there are %d tasks", other.Code, len(s.order))
	}
}

func TestCreateRefusesWhatIsWrongAndNamesIt(t *testing.T) {
	const rest = `,"processor":"a","input":"b"}`
	for _, c := range []struct{ name, body, field, detail string }{
		{"an empty body", ``, "", "the body is empty"},
		{"no JSON", `processor=a`, "", "line 1, column 1"},
		{"JSON that breaks off", "{\n\"processor\":", "", "line 2, column 12"},
		{"a fault on a later line", "{\n  \"é\": NaN}", "", "line 2, column 8"},
		{"trailing data", `{"processor":"a","input":"b"} {}`, "", "line 1, column 31"},
		{"bytes that are not UTF-8", "{\"processor\":\"\xff\"}", "", "not UTF-8"},
		{"an array", `[{"processor":"a"}]`, "", "must be a JSON object"},
		{"null", `null`, "", "must be a JSON object"},
		{"no processor", `{"input":"b"}`, "processor", "missing"},
		{"an empty processor", `{"processor":"","input":"b"}`, "processor", "missing"},
		{"no input", `{"processor":"a"}`, "input", "missing"},
		{"an empty input", `{"processor":"a","input":""}`, "input", "missing"},
		{"a null processor", `{"processor":null,"input":"b"}`, "processor", "must be a string"},
		{"a number for an input", `{"processor":"a","input":7}`, "input", "a string or an object"},
		{"an array for an input", `{"processor":"a","input":["b"]}`, "input", "a string or an object"},
		{"a key that is no string", `{"apiKey":1` + rest, "apiKey", "must be a string"},
		{"a task spec that is a string", `{"taskSpec":"text"` + rest, "taskSpec", "must be an object"},
		{"an output schema that is an array", `{"task_spec":{"output_schema":[]}` + rest, "task_spec.output_schema", "a string or an object"},
		{"metadata that nests", `{"metadata":{"foo":{}}` + rest, "metadata.foo", "a string, a number"},
		{"a domain that is no string", `{"source_policy":{"include_domains":["a",2]}` + rest, "source_policy.include_domains[1]", "must be a string"},
		{"a date that is no string", `{"sourcePolicy":{"after_date":2026}` + rest, "sourcePolicy.after_date", "must be a string"},
		{"a location that is no string", `{"advanced_settings":{"location":[]}` + rest, "advanced_settings.location", "must be a string"},
		{"an interaction that is no string", `{"previous_interaction_id":{}` + rest, "previous_interaction_id", "must be a string"},
		{"an events switch that is a word", `{"enable_events":"yes"` + rest, "enable_events", "true or false"},
		{"servers that are no array", `{"mcp_servers":{}` + rest, "mcp_servers", "an array"},
		{"a server that is a string", `{"mcpServers":["u"]` + rest, "mcpServers[0]", "an object"},
		{"a header that is a number", `{"mcp_servers":[{"headers":{"A":1}}]` + rest, "mcp_servers[0].headers.A", "must be a string"},
		{"a sealed header", `{"mcp_servers":[{"headers":{"A":"[sealed]"}}]` + rest, "mcp_servers[0].headers.A", "placeholder"},
		{"a sealed member of a server", `{"mcp_servers":[{"name":"a"},{"token":{"x":["[sealed]"]}}]` + rest, "mcp_servers[1].token.x[0]", "placeholder"},
		{"a sealed member of a webhook", `{"webhook":{"url":"https://a.example","signing":"[sealed]"}` + rest, "webhook.signing", "placeholder"},
		{"a sealed webhook", `{"webhook":{"url":"[sealed]"}` + rest, "webhook.url", "placeholder"},
		{"a webhook without an object", `{"webhook":"https://example.com"` + rest, "webhook", "an object"},
		{"an upstream that is no string", `{"upstream":1` + rest, "upstream", "must be a string"},
		{"betas that are no array", `{"betas":"x"` + rest, "betas", "an array"},
		{"a beta that would break the header", `{"betas":["a","b,c"]` + rest, "betas[1]", "without a comma"},
		{"too many betas", `{"betas":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 21), ",") + `]` + rest, "betas", "more than 20"},
		{"both spellings", `{"taskSpec":null,"task_spec":null` + rest, "task_spec", "same field"},
		{"the same field twice", `{"metadata":{"a":1,"b":2,"a":3}` + rest, "metadata.a", "given twice"},
		{"the same field twice, escaped", `{"x":[{"a":1,"\u0061":2}]` + rest, "x[0].a", "given twice"},
		{"a known field in other letters", `{"Processor":"ultra8x"` + rest, "Processor", "is spelt processor"},
		{"a secret under a name in other letters", `{"mcp_servers":[{"Headers":{"A":"s3cret"}}]` + rest, "mcp_servers[0].Headers", "is spelt headers"},
		{"an unknown field that looks like a key", `{"x-api-key":"s3cret"` + rest, "x-api-key", "not a field"},
		{"a body that nests too deep", `{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + rest, "", "64 levels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer()
			w := s.post(t, "/api/tasks", c.body, "Content-Type", "application/json; charset=UTF-8")
			p := problemOf(t, w)
			if w.Code != http.StatusBadRequest || p.Code != taskyard.CodeInvalid || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("%d %s, want 400 and %q", w.Code, w.Body, c.detail)
			}
			if p.Field != c.field && c.name != "a body that nests too deep" {
				t.Errorf("field is %q, want %q", p.Field, c.field)
			}
			if len(s.submits) != 0 || strings.Contains(w.Body.String(), "s3cret") {
				t.Errorf("submitted %d; answered %s", len(s.submits), w.Body)
			}
		})
	}
}

func TestCreateTakesABodyAsDeepAsTheBound(t *testing.T) {
	body := `{"processor":"a","input":"b","x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`
	if w := newServer().post(t, "/api/tasks", body); w.Code != http.StatusCreated {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCreateRefusesHeadersThatItCannotHonour(t *testing.T) {
	const body = `{"apiKey":"one","processor":"a","input":"b"}`
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		field   string
	}{
		{"a form", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "Content-Type"},
		{"another charset", []string{"Content-Type", "application/json; charset=latin1"}, 415, "Content-Type"},
		{"a content type that is none", []string{"Content-Type", ";"}, 415, "Content-Type"},
		{"a compressed body", []string{"Content-Encoding", "gzip"}, 415, "Content-Encoding"},
		{"an empty idempotency key", []string{"Idempotency-Key", ""}, 400, "Idempotency-Key"},
		{"a long idempotency key", []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, "Idempotency-Key"},
		{"an idempotency key of other letters", []string{"Idempotency-Key", "clé"}, 400, "Idempotency-Key"},
		{"two idempotency keys", []string{"Idempotency-Key", "a", "Idempotency-Key", "b"}, 400, "Idempotency-Key"},
		{"two keys that differ", []string{"X-Api-Key", "two"}, 400, "apiKey"},
		{"a page of another site", []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"an origin of another site", []string{"Origin", "https://example.org"}, 403, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer()
			w := s.post(t, "/api/tasks", body, c.headers...)
			if p := problemOf(t, w); w.Code != c.status || p.Field != c.field {
				t.Errorf("%d %s, want %d and field %q", w.Code, w.Body, c.status, c.field)
			}
			if len(s.submits) != 0 {
				t.Error("submitted")
			}
		})
	}
	s := newServer()
	if w := s.post(t, "/api/tasks", body, "X-Api-Key", "one", "Origin", "http://example.com", "Idempotency-Key", strings.Repeat("k", 255)); w.Code != http.StatusCreated {
		t.Errorf("equal keys, the same origin and a key of 255 characters: %d %s", w.Code, w.Body)
	}
}

func TestCreateBoundsTheBody(t *testing.T) {
	s := newServer(func(c *Config) { c.MaxBody = 100 })
	body := func(size int) string {
		const frame = `{"processor":"a","input":""}`
		return `{"processor":"a","input":"` + strings.Repeat("x", size-len(frame)) + `"}`
	}
	if w := s.post(t, "/api/tasks", body(100)); w.Code != http.StatusCreated {
		t.Errorf("a body of the limit: %d %s", w.Code, w.Body)
	}
	w := s.post(t, "/api/tasks", body(101))
	if p := problemOf(t, w); w.Code != http.StatusRequestEntityTooLarge || p.Code != taskyard.CodeTooLarge || !strings.Contains(p.Detail, "100 bytes") {
		t.Errorf("a body over the limit: %d %s", w.Code, w.Body)
	}
}

func FuzzParseCreate(f *testing.F) {
	for _, seed := range []string{
		`{"apiKey":"k","processor":"a","input":"b","taskSpec":{"output_schema":"x"}}`, `{"processor":"a","input":{"a":[1,2,{"b":null}]},"m":1e999}`,
		`{"metadata":{"a":1},"metadata":2}`, `{"mcp_servers":[{"headers":{"a":"b"}}],"processor":"a","input":"b"}`, `{`, `[]`, `{"":""}`, "{\"\\ud800\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := parseCreate(body)
		if err != nil {
			if statusOf(err) != http.StatusBadRequest {
				t.Fatalf("%v is no fault of the caller's", err)
			}
			return
		}
		var given, sent map[string]json.RawMessage
		must(json.Unmarshal(body, &given))
		if err := json.Unmarshal(s.Request, &sent); err != nil {
			t.Fatalf("sends %s: %v", s.Request, err)
		}
		for name := range ownFields {
			if sent[name] != nil {
				t.Errorf("sends our own field %s", name)
			}
		}
		again, err := parseCreate(s.Request)
		if err != nil || string(again.Request) != string(s.Request) {
			t.Errorf("what is sent does not parse to itself: %s, %v", again.Request, err)
		}
	})
}
