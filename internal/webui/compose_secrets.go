package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// withoutSecrets is the form as a page may show it, since pages are kept by browsers, proxies and people. In each field
// that held something secret, or may have, stands [taskyard.Redacted], which is never sent (see sealedFields). It names
// these fields.
func (v values) withoutSecrets() (values, []string) {
	var left []string
	leave := func(field string, text *string, shown func(string) string) {
		if strings.TrimSpace(*text) == "" {
			return
		}
		if safe := shown(*text); safe != *text {
			*text, left = safe, append(left, field)
		}
	}
	leave("webhook", &v.Webhook, sealedWhole)
	leave("mcp", &v.MCP, serversWithoutSecrets)
	leave("extra", &v.Extra, sealedWhole)
	leave("body", &v.Body, bodyWithoutSecrets)
	return v, left
}

func sealedWhole(string) string { return taskyard.Redacted }

// serversWithoutSecrets keeps all but the header values, and addresses that may hold a secret. Of what is no list of servers nobody knows what it holds.
func serversWithoutSecrets(text string) string {
	var servers []struct {
		Type    string            `json:"type,omitempty"`
		Name    string            `json:"name"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
		Tools   []string          `json:"allowed_tools,omitempty"`
	}
	if !strict(json.RawMessage(text), &servers) {
		return taskyard.Redacted
	}
	had := haveHeaders(json.RawMessage(text))
	for i, s := range servers {
		if taskyard.HoldsSecret(s.URL) {
			servers[i].URL, had = taskyard.Redacted, true
		}
		for name := range s.Headers {
			s.Headers[name] = taskyard.Redacted
		}
	}
	if !had {
		return text
	}
	return indented(encode(servers))
}

// haveHeaders looks at each member: of two with one name, a decoder shows the last.
func haveHeaders(servers json.RawMessage) bool {
	list, _ := elements(servers) // they were decoded
	return slices.ContainsFunc(list, func(server json.RawMessage) bool {
		fields, _ := members(server)
		return slices.ContainsFunc(fields, func(m member) bool { return strings.EqualFold(m.Name, "headers") && !isNothing(m.Raw) })
	})
}

// openFields are those of a create body that hold nothing secret.
var openFields = []string{
	"processor", "input", "task_spec", "source_policy", "metadata", "advanced_settings", "enable_events", "previous_interaction_id",
}

// bodyWithoutSecrets is a body as it stands, if all its fields are known to be open.
func bodyWithoutSecrets(text string) string {
	var body map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &body) != nil {
		return taskyard.Redacted
	}
	for name := range body {
		if !slices.Contains(openFields, name) {
			return taskyard.Redacted
		}
	}
	return text
}

// sealedFields are the fields in which something stands in place of a secret. It would be sent as if it were the secret.
func (v values) sealedFields() (list []string) {
	fields := []pair{{"webhook", v.Webhook}, {"mcp", v.MCP}, {"extra", v.Extra}}
	if v.ByHand {
		fields = []pair{{"body", v.Body}}
	}
	for _, f := range fields {
		if strings.TrimSpace(f.Value) == taskyard.Redacted || strings.Contains(f.Value, `"`+taskyard.Redacted+`"`) {
			list = append(list, f.Key)
		}
	}
	return list
}

// sealedFault says of a field why it is not sent.
func sealedFault(field string) string {
	return fmt.Sprintf("In %s, %s stands where a secret was. Enter the secret again, or take it out.", secretPlaces[field], taskyard.Redacted)
}

// secretPlaces are what people call the fields that hold secrets.
var secretPlaces = map[string]string{
	"api_key": "the API key", "webhook": "the webhook address", "mcp": "the header values and addresses of the MCP servers", "extra": "the extra fields", "body": "the body",
}

// withoutSealed is a form of which the rest can be checked.
func (v values) withoutSealed() values {
	for _, text := range []*string{&v.Webhook, &v.MCP, &v.Extra} {
		if strings.TrimSpace(*text) == taskyard.Redacted {
			*text = ""
		}
	}
	return v
}

// sealedNotes says at each of the fields that something is missing there.
func (c *composer) sealedNotes(fields []string) {
	for _, f := range fields {
		if c.Errors[f] == "" {
			c.Errors[f] = taskyard.Redacted + " stands where a secret was: enter it again, or take it out."
		}
	}
}

// copied is a form that is filled from a stored request. What was sealed of that is gone.
func (ui *UI) copied(ctx context.Context, v values, notice string) composer {
	c := ui.composer(ctx, v)
	c.Prefilled, c.Notice = true, notice
	if sealed := v.sealedFields(); len(sealed) > 0 {
		c.Notice += " Some of it was sealed with the task and erased at its end. Enter again, or take out: " + placesOf(sealed) + "."
		c.sealedNotes(sealed)
		c.Lint = ui.findingsOf(v)
	}
	return c
}

func typedKey(r *http.Request) string { return strings.TrimSpace(r.PostForm.Get("api_key")) }

// checkKey asks once for the key that a page has left out, where the task would be billed to the server's own without it.
func (ui *UI) checkKey(r *http.Request, v values) error {
	if r.PostForm.Get("key_left_out") == "" || typedKey(r) != "" {
		return nil
	}
	if up := taskyard.FindUpstream(ui.service.Upstreams(), v.Upstream); up.Simulated || !up.HasKey || ui.signedIn(r.Context(), up.Name) {
		return nil
	}
	return taskyard.Invalid("api_key", "Enter your API key again. Without it the task runs on the key of this server.")
}

// leftOut says on the form which of its fields a page does not show.
func (c *composer) leftOut(fields []string) {
	if len(fields) == 0 {
		return
	}
	for _, f := range fields {
		c.Errors[f] = "This was left out of the page: enter it again."
	}
	c.Notice = "No page shows what is or may be secret. Enter again: " + placesOf(fields) + "."
}

func placesOf(fields []string) string {
	var names []string
	for _, f := range fields {
		names = append(names, secretPlaces[f])
	}
	return strings.Join(names, ", ")
}
