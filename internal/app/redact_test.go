package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/seal"
)

func TestRedactTakesSecretsOutAndNothingElse(t *testing.T) {
	body := `{"processor":"p","input":"x","mcp_servers":[{"name":"a","headers":{"Authorization":"hush","X":"hush"}},{"name":"b"}],"webhook":{"url":"https://hush.example.com","event_types":["task_run.status"]},"later":{"kept":1}}`
	public, had, err := redact(json.RawMessage(body))
	if err != nil || !had {
		t.Fatal(had, err)
	}
	if bytes.Contains(public, []byte("hush")) {
		t.Errorf("a secret is left: %s", public)
	}
	for _, kept := range []string{`"Authorization":"[sealed]"`, `"url":"[sealed]"`, `"event_types":["task_run.status"]`, `"later":{"kept":1}`, `"name":"b"`} {
		if !bytes.Contains(public, []byte(kept)) {
			t.Errorf("%s is gone from %s", kept, public)
		}
	}
}

func TestRedactLeavesARequestWithoutSecretsByteForByte(t *testing.T) {
	for _, body := range []string{
		`{ "processor":"p", "input":"x" }`,
		`{ "mcp_servers":[ {"name":"a", "url":"https://m.example/@team/<docs>"} ],"webhook":null}`,
		`{"mcp_servers":null,"webhook":{"event_types":["task_run.status"],"url":null}}`,
		`{"mcp_servers":[{"headers":{},"allowed_tools":["a"],"timeout":3,"new":null},null,{"headers":null}]}`,
		`{"mcp_servers":[],"metadata":{"webhook":"open","headers":"open"}}`,
	} {
		public, had, err := redact(json.RawMessage(body))
		if err != nil || had || string(public) != body {
			t.Errorf("%s became %s (%v, %v)", body, public, had, err)
		}
	}
}

// Whatever shape the fields have that hold secrets, what is stored in clear has none: upstream refuses odd ones, and what
// was refused lies on the disk like all else.
func TestRedactTakesSecretsOutOfOddShapes(t *testing.T) {
	for name, fields := range map[string]string{
		"a webhook that is a text":         `"webhook":"https://hush.example"`,
		"a list of webhooks":               `"webhook":[{"url":"https://hush.example"}]`,
		"more about a webhook":             `"webhook":{"url":"https://hush.example","signing":{"secret":"hush"},"event_types":{"a":"hush"}}`,
		"servers that are a text":          `"mcp_servers":"https://hush.example"`,
		"servers by name":                  `"mcp_servers":{"docs":{"url":"https://m.example","headers":{"Authorization":"hush"}}}`,
		"a server that is a text":          `"mcp_servers":["hush"]`,
		"servers in a list of lists":       `"mcp_servers":[[{"headers":{"Authorization":"hush"}}]]`,
		"headers that are a list":          `"mcp_servers":[{"headers":["Authorization: hush"]}]`,
		"headers that are a text":          `"mcp_servers":[{"headers":"Authorization: hush"}]`,
		"a token in an address":            `"mcp_servers":[{"name":"a","url":"https://m.example/mcp?token=hush"}]`,
		"a password in an address":         `"mcp_servers":[{"name":"a","url":"https://me:hush@m.example/mcp"}]`,
		"an address that is none":          `"mcp_servers":[{"name":"a","url":"https:/me:hush@m.example/mcp"}]`,
		"another place for the secret":     `"mcp_servers":[{"name":"a","authorization_token":"hush","env":{"KEY":"hush"}}]`,
		"a name that is no text":           `"mcp_servers":[{"name":{"a":"hush"},"url":["hush"],"allowed_tools":[{"a":"hush"}]}]`,
		"said twice, the second time null": `"webhook":{"url":"https://hush.example"},"webhook":null`,
		"headers said twice":               `"mcp_servers":[{"headers":{"a":"hush"},"headers":null}]`,
		"in other words":                   `"mcp-servers":[{"HEADERS":{"a":"hush"}}],"Web_Hook":"hush","MCPServers":"hush"`,
		"with escapes":                     `"web\u0068ook":"hush","mcp_servers":[{"header\u0073":{"a":"hush"}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			body := `{"processor":"p","input":"x",` + fields + `}`
			public, had, err := redact(json.RawMessage(body))
			if err != nil || !had || !json.Valid(public) || bytes.Contains(public, []byte("hush")) || !bytes.Contains(public, redacted) {
				t.Errorf("%s became %s (%v, %v)", body, public, had, err)
			}
		})
	}
}

// What upstream is sent is what the user wrote, so that what it says of that is its own.
func TestWhatIsSentHasItsSecrets(t *testing.T) {
	ring, err := seal.New([seal.KeySize]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{ring: ring}
	const body = `{"processor":"p","input":"x","webhook":"https://hush.example","mcp_servers":{"docs":{"token":"hush"}}}`
	task, err := s.newTask(taskyard.Submit{Request: json.RawMessage(body)}, taskyard.Upstream{Name: "parallel"})
	if err != nil || strings.Contains(string(task.Request)+task.Search+task.Preview, "hush") {
		t.Fatalf("%+v, %v", task, err)
	}
	secret, err := s.open(task.ID, task.Secret)
	if err != nil || secret.Request.Reveal() != body {
		t.Errorf("%s is sent, %v", secret.Request.Reveal(), err)
	}
}
