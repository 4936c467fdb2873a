package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// No secret of a request is left in what is stored of it, and a request without any is stored as it came.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		`{"processor":"p","input":"x"}`, `{"mcp_servers":[{"headers":{"Authorization":"Bearer hush"}}],"webhook":{"url":"https://hush.example.com"}}`,
		`{"mcp_servers":{"headers":{"a":"b"}}}`, `{"mcp_servers":[[{"headers":{"a":"b"}}]]}`, `{"mcp_servers":[{"headers":{"a":["b"]}}],"webhook":["x"]}`,
		`{"webhook":{"url":{"u":"v"}}}`, `{"mcp_servers":[{"headers":null}],"webhook":null}`, `{"mcp_servers":[{"headers":{"a":"b"},"headers":{"c":"d"}}]}`,
		`{"webhook":{"url":"a"},"webhook":{"url":"b"}}`, `{"Webhook":{"URL":"a"}}`, `{"mcpServers":[{"Headers":"hush"}]}`, `[]`, `{`,
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
		for name, value := range secretsOf(public) {
			if string(value) != string(redacted) {
				t.Errorf("%q: %s is left as %s in %q", body, name, value, public)
			}
		}
	})
}

// secretsOf are the values that are secrets, whatever the case of their names.
func secretsOf(body []byte) map[string]json.RawMessage {
	found := make(map[string]json.RawMessage)
	for name, value := range membersOf(body) {
		switch strings.ToLower(name) {
		case "webhook":
			for key, url := range membersOf(value) {
				if strings.EqualFold(key, "url") {
					found[name+"."+key] = url
				}
			}
		case "mcp_servers", "mcpservers":
			var servers []json.RawMessage
			_ = json.Unmarshal(value, &servers) // what is no list of servers holds no header of one
			for _, server := range servers {
				for key, headers := range membersOf(server) {
					if !strings.EqualFold(key, "headers") || string(headers) == "null" {
						continue
					}
					if membersOf(headers) == nil {
						found["all "+key] = headers
					}
					for header, value := range membersOf(headers) {
						found["header "+header] = value
					}
				}
			}
		}
	}
	return found
}

// membersOf is nil for what is none.
func membersOf(raw json.RawMessage) (members map[string]json.RawMessage) {
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members
}
