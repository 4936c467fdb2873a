package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
)

// redact returns the request without its secrets, and whether it had any: MCP header values, the webhook's address,
// those of MCP servers that may hold a secret, and whatever else these two fields hold that upstream's documents do not
// name, as it may be a secret in the wrong place. Their names are taken however they are written. A request without secrets comes back byte for byte.
func redact(body json.RawMessage) (json.RawMessage, bool, error) {
	var compact bytes.Buffer // so that only what is sealed differs
	err := json.Compact(&compact, body)
	if err != nil {
		return nil, false, fmt.Errorf("read request: %w", err)
	}
	all, err := membersOf(compact.Bytes())
	if err != nil {
		return nil, false, fmt.Errorf("read request: %w", err)
	}
	public, had := redactMembers(all, func(m member) json.RawMessage {
		switch foldName(m.name) {
		case "mcpservers":
			return redactServers(m.value)
		case "webhook":
			return redactObject(m.value, map[string]shape{"event_types": texts})
		}
		return m.value
	})
	if !had {
		return body, false, nil
	}
	return public, true, nil
}

// redactServers seals the whole of what is no list: nobody knows what of it is a secret.
func redactServers(raw json.RawMessage) json.RawMessage {
	var servers []json.RawMessage
	if json.Unmarshal(raw, &servers) != nil {
		return redacted
	}
	if isNull(raw) {
		return raw
	}
	list := json.RawMessage{'['}
	for i, server := range servers {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, redactObject(server, map[string]shape{"type": text, "name": text, "url": place, "allowed_tools": texts})...)
	}
	return append(list, ']')
}

// redactObject leaves of an object what is open: the members of these names and shapes, the names of headers, and
// what is no text. What is no object is sealed.
func redactObject(raw json.RawMessage, open map[string]shape) json.RawMessage {
	if isNull(raw) {
		return raw
	}
	all, err := membersOf(raw)
	if err != nil {
		return redacted
	}
	object, _ := redactMembers(all, func(m member) json.RawMessage {
		if is, known := open[m.name]; known && is(m.value) {
			return m.value
		}
		if foldName(m.name) == "headers" {
			return redactHeaders(m.value)
		}
		if bytes.ContainsRune(m.value, '"') || foldName(m.name) == "url" && !isNull(m.value) {
			return redacted
		}
		return m.value
	})
	return object
}

// redactHeaders leaves the names of headers, or nothing of what is no object of headers.
func redactHeaders(raw json.RawMessage) json.RawMessage {
	if isNull(raw) {
		return raw
	}
	all, err := membersOf(raw)
	if err != nil {
		return redacted
	}
	headers, _ := redactMembers(all, func(member) json.RawMessage { return redacted })
	return headers
}

// shape tells a value by what it is.
type shape func(json.RawMessage) bool

func text(raw json.RawMessage) bool  { return isA[string](raw) }
func texts(raw json.RawMessage) bool { return isA[[]string](raw) }

// place is an address that says no more than where something is.
func place(raw json.RawMessage) bool {
	var address string
	return json.Unmarshal(raw, &address) == nil && !taskyard.HoldsSecret(address)
}

func isA[T any](raw json.RawMessage) bool {
	var value T
	return json.Unmarshal(raw, &value) == nil
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// foldName leaves of a name what its spellings share: mcpServers, MCP_servers and mcp-servers are the same.
func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// member is a name and its value. An object is a list of them: upstream takes the last of two that have one name, and
// the secret may be in the first.
type member struct {
	name  string
	value json.RawMessage
}

func membersOf(object json.RawMessage) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if open, err := dec.Token(); err != nil {
		return nil, err
	} else if open != json.Delim('{') {
		return nil, fmt.Errorf("it begins with %v and is no object", open)
	}
	var all []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: name.(string)} // the decoder takes nothing else here
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// redactMembers writes an object with other values, and reports whether one is another.
func redactMembers(all []member, redact func(member) json.RawMessage) (object json.RawMessage, had bool) {
	object = append(object, '{')
	for i, m := range all {
		value := redact(m)
		had = had || !bytes.Equal(value, m.value)
		if i > 0 {
			object = append(object, ',')
		}
		object = append(append(append(object, mustMarshal(m.name)...), ':'), value...)
	}
	return append(object, '}'), had
}

var redacted = json.RawMessage(`"` + taskyard.Redacted + `"`)

// mustMarshal marshals what was unmarshalled a moment ago.
func mustMarshal(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("marshal again: %v", err))
	}
	return out
}
