package app

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// No secret of a request is left in what is stored of it, and a request without any is stored as it came.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		`{"processor":"p","input":"x"}`, `{"mcp_servers":[{"headers":{"Authorization":"Bearer hush"}}],"webhook":{"url":"https://hush.example.com"}}`,
		`{"mcp_servers":{"headers":{"a":"b"}}}`, `{"mcp_servers":[[{"headers":{"a":"b"}}]]}`, `{"mcp_servers":[{"headers":{"a":["b"]}}],"webhook":["x"]}`,
		`{"webhook":{"url":{"u":"v"}}}`, `{"mcp_servers":[{"headers":null}],"webhook":null}`, `{"mcp_servers":[{"headers":{"a":"b"},"headers":{"c":"d"}}]}`,
		`{"webhook":{"url":"a"},"webhook":{"url":"b"}}`, `{"Webhook":{"URL":"a"}}`, `{"web_hook":"a","mcp-servers":{"a":"b"}}`, `{"mcp_servers":[{"name":["a"],"env":{"b":"c"}},"d",null,7]}`, `{"mcpServers":[{"Headers":"hush"}]}`, `[]`, `{`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := readRequest(body); err != nil && json.Valid(body) && err.Error() == "" {
			t.Errorf("%q is refused without a word", body)
		}
		public, had, err := redact(body)
		if err != nil {
			return
		}
		if !had {
			if !bytes.Equal(public, body) {
				t.Errorf("%q has no secret and became %q", body, public)
			}
			return
		}
		for _, text := range closedTexts(public) {
			if text != taskyard.Redacted {
				t.Errorf("%q: %q is left in %q", body, text, public)
			}
		}
	})
}

// closedTexts are the texts in the fields that hold secrets, but for those that are open by upstream's documents.
func closedTexts(body []byte) (list []string) {
	var fields map[string]any
	_ = json.Unmarshal(body, &fields) // what redact has written
	for name, value := range fields {
		switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name)) {
		case "webhook":
			list = append(list, closedOf(value, "event_types")...)
		case "mcpservers":
			servers, isList := value.([]any)
			if !isList {
				list = append(list, textsOf(value)...)
			}
			for _, server := range servers {
				list = append(list, closedOf(server, "type", "name", "url", "allowed_tools")...)
			}
		}
	}
	return list
}

// closedOf are the texts of a value but for those of the open members: a text each, or a list of them.
func closedOf(value any, open ...string) (list []string) {
	object, isObject := value.(map[string]any)
	if !isObject {
		return textsOf(value)
	}
	for name, member := range object {
		_, isText := member.(string)
		_, isList := member.([]any)
		if !slices.Contains(open, name) || !isText && !isList {
			list = append(list, textsOf(member)...)
		}
	}
	return list
}

func textsOf(value any) (list []string) {
	switch value := value.(type) {
	case string:
		list = append(list, value)
	case []any:
		for _, v := range value {
			list = append(list, textsOf(v)...)
		}
	case map[string]any:
		for _, v := range value {
			list = append(list, textsOf(v)...)
		}
	}
	return list
}
