package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
)

// aliases are the original playground's spellings of fields.
var aliases = map[string]string{
	"apiKey":                "api_key",
	"taskSpec":              "task_spec",
	"sourcePolicy":          "source_policy",
	"advancedSettings":      "advanced_settings",
	"previousInteractionId": "previous_interaction_id",
	"mcpServers":            "mcp_servers",
	"enableEvents":          "enable_events",
}

// Bounds of the betas, which become a header.
const (
	maxBetas      = 20
	maxBetaLength = 100
)

// parseCreate reads the body of a create call in either spelling. What it returns as the request is upstream's
// body: its fields in upstream's spelling, in the caller's order, values and unknown fields unchanged.
func parseCreate(body []byte) (taskyard.Submit, error) {
	all, err := readObject(body)
	if err != nil {
		return taskyard.Submit{}, err
	}
	given, err := canonical(all)
	if err != nil {
		return taskyard.Submit{}, err
	}
	var s taskyard.Submit
	var request bytes.Buffer
	for _, m := range given {
		switch m.name {
		case "api_key":
			s.APIKey = taskyard.Hide(textOf(m.value))
		case "upstream":
			s.Upstream = textOf(m.value)
		case "visibility":
			if name := textOf(m.value); name != "" {
				s.Visibility, err = taskyard.ParseVisibility(name)
			}
		case "betas":
			s.Betas, err = readBetas(m.value)
		default:
			err = appendMember(&request, m)
		}
		if err != nil {
			return taskyard.Submit{}, err
		}
	}
	request.WriteByte('}')
	s.Request = request.Bytes()
	return s, requireFields(given)
}

// canonical checks the types of the known fields and gives them upstream's names.
func canonical(all []member) ([]member, error) {
	spelt := make(map[string]string, len(all)) // how the caller spelt each field
	for i, m := range all {
		name := m.name
		if right, isAlias := aliases[name]; isAlias {
			name = right
		}
		if other, twice := spelt[name]; twice {
			return nil, taskyard.Invalid(abbreviate(m.name), "%s and %s are the same field; give one of them", other, m.name)
		}
		spelt[name] = m.name
		c, isKnown := createFields[name]
		if own, isOwn := ownFields[name]; isOwn {
			c, isKnown = own, true
		}
		if !isKnown {
			if err := checkUnknown(m.name); err != nil {
				return nil, err
			}
			continue
		}
		if err := c(m.name, m.value); err != nil {
			return nil, err
		}
		all[i].name = name
	}
	return all, nil
}

// checkUnknown lets a field pass that upstream may know. A misspelt one is refused, and so is whatever looks like
// an API key: unknown fields are stored and shown.
func checkUnknown(name string) error {
	short := abbreviate(name)
	if strings.Contains(fold(name), "apikey") {
		return taskyard.Invalid(short, "%s is not a field; the key is apiKey or the header x-api-key", short)
	}
	for _, known := range []fields{createFields, ownFields} {
		if err := checkSpelling(short, name, known); err != nil {
			return err
		}
	}
	return nil
}

// appendMember writes a member of the request, without white space, so that the same request again has the same
// fingerprint.
func appendMember(request *bytes.Buffer, m member) error {
	separator := byte(',')
	if request.Len() == 0 {
		separator = '{'
	}
	request.WriteByte(separator)
	request.Write(appendString(request.AvailableBuffer(), m.name))
	request.WriteByte(':')
	if err := json.Compact(request, m.value); err != nil {
		return fmt.Errorf("compact %s: %w", abbreviate(m.name), err)
	}
	return nil
}

func readBetas(value json.RawMessage) ([]string, error) {
	var betas []string
	if err := json.Unmarshal(value, &betas); err != nil {
		return nil, mustBe("betas", "an array of strings")
	}
	odd := func(c rune) bool { return c <= ' ' || c > '~' || c == ',' }
	for i, beta := range betas {
		if beta == "" || len(beta) > maxBetaLength || strings.ContainsFunc(beta, odd) {
			return nil, mustBe(fmt.Sprintf("betas[%d]", i), fmt.Sprintf("1 to %d visible ASCII characters without a comma", maxBetaLength))
		}
	}
	if len(betas) > maxBetas {
		return nil, taskyard.Invalid("betas", "betas has more than %d names", maxBetas)
	}
	return betas, nil
}

// requireFields sees that there is a processor and an input. An empty one is none, as in the original.
func requireFields(given []member) error {
	for _, name := range []string{"processor", "input"} {
		present := false
		for _, m := range given {
			present = present || m.name == name && string(m.value) != `""`
		}
		if !present {
			return taskyard.Invalid(name, "%s is missing", name)
		}
	}
	return nil
}
