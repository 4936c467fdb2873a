package httpapi

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/taskyard/taskyard"
)

// check holds a value against the type that a field has. Only types are checked: what upstream makes of a value
// is upstream's to say.
type check func(path string, value json.RawMessage) error

// createFields are the fields of upstream's create call that are known, by the names that it gives them. Others
// are passed on as they come.
var createFields = map[string]check{
	"processor":               of("a string", '"'),
	"input":                   of("a string or an object", '"', '{'),
	"task_spec":               optional(object(fields{"output_schema": schema, "input_schema": optional(schema)})),
	"metadata":                optional(scalars),
	"source_policy":           optional(object(fields{"include_domains": texts, "exclude_domains": texts, "after_date": optional(text)})),
	"advanced_settings":       optional(object(fields{"location": optional(text)})),
	"previous_interaction_id": optional(text),
	"mcp_servers":             optional(withoutPlaceholders(list("an array of objects", mcpServer))),
	"enable_events":           optional(of("true or false", 't')),
	"webhook":                 optional(withoutPlaceholders(object(fields{"url": text, "event_types": texts}))),
}

// ownFields are the fields that say what to do with the call and are no part of it.
var ownFields = map[string]check{
	"api_key":  optional(text),
	"upstream": optional(text),
	"betas":    optional(texts),

	"visibility": optional(text),
}

type fields = map[string]check

var (
	text      = of("a string", '"')
	texts     = list("an array of strings", text)
	schema    = of("a string or an object", '"', '{')
	mcpServer = object(fields{
		"type": text, "name": text, "url": text, "allowed_tools": optional(texts),
		"headers": optional(values("an object of strings", text)),
	})
	scalars = values("an object of strings, numbers and booleans", of("a string, a number, true or false", '"', '0', 't'))
)

func mustBe(path, what string) error {
	return taskyard.Invalid(path, "%s must be %s", path, what)
}

// of takes values of the kinds that kindOf tells.
func of(what string, kinds ...byte) check {
	return func(path string, value json.RawMessage) error {
		if strings.IndexByte(string(kinds), kindOf(value)) < 0 {
			return mustBe(path, what)
		}
		return nil
	}
}

// optional takes null too, as upstream does.
func optional(c check) check {
	return func(path string, value json.RawMessage) error {
		if kindOf(value) == 'n' {
			return nil
		}
		return c(path, value)
	}
}

// object checks the members that are known. One that is known but for its spelling is refused: upstream would
// ignore it, and if it held a secret, nobody would know.
func object(known fields) check {
	return func(path string, value json.RawMessage) error {
		if kindOf(value) != '{' {
			return mustBe(path, "an object")
		}
		for _, m := range members(value) {
			at := join(path, m.name)
			c, isKnown := known[m.name]
			if !isKnown {
				if err := checkSpelling(at, m.name, known); err != nil {
					return err
				}
				continue
			}
			if err := c(at, m.value); err != nil {
				return err
			}
		}
		return nil
	}
}

func checkSpelling(path, name string, known fields) error {
	for right := range known {
		if fold(name) == fold(right) {
			return taskyard.Invalid(path, "%s is spelt %s", path, right)
		}
	}
	return nil
}

// fold leaves of a name what its spellings share: mcpServers, MCP_servers and mcp-servers are the same.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// values checks each member of an object whose names are free.
func values(what string, c check) check {
	return func(path string, value json.RawMessage) error {
		if kindOf(value) != '{' {
			return mustBe(path, what)
		}
		for _, m := range members(value) {
			if err := c(join(path, m.name), m.value); err != nil {
				return err
			}
		}
		return nil
	}
}

func list(what string, c check) check {
	return func(path string, value json.RawMessage) error {
		var elements []json.RawMessage
		if kindOf(value) != '[' || json.Unmarshal(value, &elements) != nil {
			return mustBe(path, what)
		}
		for i, e := range elements {
			if err := c(path+"["+strconv.Itoa(i)+"]", e); err != nil {
				return err
			}
		}
		return nil
	}
}

// withoutPlaceholders refuses what we show in place of a secret: a request copied from a stored task does not have them,
// and would be sent, and paid for, with the placeholder.
func withoutPlaceholders(c check) check {
	return func(path string, value json.RawMessage) error {
		if err := c(path, value); err != nil {
			return err
		}
		return noPlaceholder(path, value)
	}
}

func noPlaceholder(path string, value json.RawMessage) error {
	switch kindOf(value) {
	case '{':
		return values("an object", noPlaceholder)(path, value)
	case '[':
		return list("an array", noPlaceholder)(path, value)
	}
	if textOf(value) == taskyard.Redacted {
		return taskyard.Invalid(path, "%s is a placeholder; stored requests do not show secrets, so give it again or leave it out", path)
	}
	return nil
}

// textOf returns the string that a value is, or "".
func textOf(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}
