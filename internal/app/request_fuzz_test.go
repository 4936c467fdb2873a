package app

import (
	"bytes"
	"encoding/json"
	"testing"
)

// No secret of a request is left in what is stored of it, and a request without any is stored as it came.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{
		`{"processor":"p","input":"x"}`, `{"mcp_servers":[{"headers":{"Authorization":"Bearer hush"}}],"webhook":{"url":"https://hush.example.com"}}`,
		`{"mcp_servers":{"headers":{"a":"b"}}}`, `{"mcp_servers":[[{"headers":{"a":"b"}}]]}`, `{"mcp_servers":[{"headers":{"a":["b"]}}],"webhook":["x"]}`,
		`{"webhook":{"url":{"u":"v"}}}`, `{"mcp_servers":[{"headers":null}],"webhook":null}`, `{"mcp_servers":[{"headers":{"a":"b"},"headers":{"c":"d"}}]}`,
		`{"webhook":{"url":"a"},"webhook":{"url":"b"}}`, `{"Webhook":{"URL":"a"}}`, `[]`, `{`,
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
		for name, value := range secretsOf(t, public) {
			if string(value) != string(redacted) {
				t.Errorf("%q: %s is left as %s in %q", body, name, value, public)
			}
		}
	})
}

// secretsOf are the values that are secrets, as the types of upstream's document have them.
func secretsOf(t *testing.T, body []byte) map[string]json.RawMessage {
	var request struct {
		Servers json.RawMessage            `json:"mcp_servers"`
		Webhook map[string]json.RawMessage `json:"webhook"`
	}
	if err := json.Unmarshal(body, &request); err != nil && request.Webhook == nil && request.Servers == nil {
		t.Fatalf("%q: %v", body, err)
	}
	found := make(map[string]json.RawMessage)
	if url, ok := request.Webhook["url"]; ok {
		found["webhook.url"] = url
	}
	var servers []json.RawMessage
	_ = json.Unmarshal(request.Servers, &servers) // what is no list of servers holds no header of one
	for _, raw := range servers {
		var server struct{ Headers map[string]json.RawMessage }
		_ = json.Unmarshal(raw, &server) // likewise
		for name, value := range server.Headers {
			found["header "+name] = value
		}
	}
	return found
}
