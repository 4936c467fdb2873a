package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// maxDepth bounds how deep a body nests. Upstream allows schemas of 5 levels; inputs may be deeper.
const maxDepth = 64

// member is a field of a body, its value as it came.
type member struct {
	name  string
	value json.RawMessage
}

// readObject returns the members of a body in their order. The body is one JSON object in UTF-8, no deeper than
// maxDepth, in which no field at any depth is given twice: readers disagree on which of the two holds.
func readObject(body []byte) ([]member, error) {
	if !utf8.Valid(body) {
		return nil, taskyard.Errorf(taskyard.CodeInvalid, "the body is not UTF-8")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, notJSON(body, err)
	}
	if kindOf(raw) != '{' {
		return nil, taskyard.Errorf(taskyard.CodeInvalid, "the body must be a JSON object")
	}
	walk := json.NewDecoder(bytes.NewReader(body))
	walk.UseNumber() // a number that no float64 holds is upstream's matter
	if err := checkValue(walk, "", 0); err != nil {
		return nil, err
	}
	return members(raw), nil
}

// notJSON says where a body stops being JSON.
func notJSON(body []byte, err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &taskyard.Error{Code: taskyard.CodeInvalid, Message: "the body is not JSON", Err: err}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return taskyard.Errorf(taskyard.CodeInvalid, "the body is empty; it must be a JSON object")
	}
	before := body[:min(max(syntax.Offset-1, 0), int64(len(body)))] // Offset counts the byte in fault
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
	return taskyard.Errorf(taskyard.CodeInvalid, "the body is not JSON: line %d, column %d: %s", line, column, syntax.Error())
}

// checkValue walks over the next value of JSON that is known to be well-formed.
func checkValue(d *json.Decoder, path string, depth int) error {
	token, err := d.Token()
	if err != nil {
		return taskyard.Invalid(path, "%s cannot be read", path)
	}
	if _, opens := token.(json.Delim); !opens {
		return nil
	}
	if depth == maxDepth {
		return taskyard.Invalid(path, "the body is nested more than %d levels deep", maxDepth)
	}
	seen := make(map[string]bool)
	for i := 0; d.More(); i++ {
		at := path + "[" + strconv.Itoa(i) + "]"
		if token == json.Delim('{') {
			name, _ := d.Token()
			if at = join(path, name.(string)); seen[name.(string)] {
				return taskyard.Invalid(at, "%s is given twice", at)
			}
			seen[name.(string)] = true
		}
		if err := checkValue(d, at, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing bracket
	return err
}

// members returns the members of an object that is known to be well-formed; none of anything else.
func members(object json.RawMessage) []member {
	d := json.NewDecoder(bytes.NewReader(object))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	var all []member
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil
		}
		all = append(all, member{name.(string), value})
	}
	return all
}

// join names a field within another: metadata.foo.
func join(path, name string) string {
	if name = abbreviate(name); path == "" {
		return name
	}
	return path + "." + name
}

// kindOf tells JSON values apart by their first byte: { [ " t (true or false) n (null) 0 (number).
func kindOf(raw json.RawMessage) byte {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	switch {
	case len(raw) == 0:
		return 0
	case raw[0] == 'f':
		return 't'
	case strings.IndexByte("-123456789", raw[0]) >= 0:
		return '0'
	}
	return raw[0]
}
