package parallel

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Event is one event of a run. Only its type is read when it arrives; the methods decode the rest when asked.
// They return false for events of another kind and for those that cannot be decoded. Fields of an unexpected
// type do not make them fail; see the package documentation.
type Event struct {
	Type string          // the JSON's "type" or, without one, the name of the event field; perhaps ""
	Raw  json.RawMessage // a JSON object, as it came
}

// newEvent returns the event of a frame, or an *InvalidFrameError.
func newEvent(f frame) (Event, error) {
	data := bytes.Trim(f.data, " \t\r\n")
	if len(data) == 0 || data[0] != '{' || !json.Valid(data) {
		return Event{}, &InvalidFrameError{Name: string(f.name), Data: f.data}
	}
	kind := topLevelString(data, "type")
	if kind == "" {
		kind = string(f.name)
	}
	return Event{Type: kind, Raw: f.data}, nil
}

// State returns a task_run.state event.
func (e Event) State() (*StateEvent, bool) { return decodeEvent[StateEvent](e, e.Type == EventState) }

// Stats returns a task_run.progress_stats event.
func (e Event) Stats() (*StatsEvent, bool) { return decodeEvent[StatsEvent](e, e.Type == EventStats) }

// Message returns a task_run.progress_msg event of whatever suffix.
func (e Event) Message() (*MessageEvent, bool) {
	return decodeEvent[MessageEvent](e, strings.HasPrefix(e.Type+".", EventMessagePrefix))
}

// Err returns the error of an error event.
func (e Event) Err() (*Error, bool) {
	event, ok := decodeEvent[ErrorEvent](e, e.Type == EventError)
	if !ok {
		return nil, false
	}
	return &event.Err, true
}

func decodeEvent[T any](e Event, ofKind bool) (*T, bool) {
	if !ofKind {
		return nil, false
	}
	v := new(T)
	err := json.Unmarshal(e.Raw, v)
	return v, err == nil || keptWhole(err)
}

// topLevelString returns the string member of that name, "" if there is none. The last of several counts, as in
// encoding/json. object must be a valid JSON object: that makes skipping its strings and counting its brackets
// enough.
func topLevelString(object []byte, name string) (value string) {
	depth := 0
	isValue := false // the next string at depth 1 is the value of the member in question
	for i := 0; i < len(object); i++ {
		switch object[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 1 {
				isValue = false
			}
		case '"':
			end := stringEnd(object, i)
			if depth == 1 {
				if isValue {
					value = unquoteValid(object[i:end])
				}
				isValue = isKey(object[end:]) && keyIs(object[i:end], name)
				if isValue {
					value = "" // the last one counts even if it is not a string
				}
			}
			i = end - 1
		}
	}
	return value
}

// stringEnd returns the index behind the string that starts at i.
func stringEnd(object []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(object[i:], '"')
		if !escaped(object, i) {
			return i + 1
		}
	}
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(object []byte, i int) bool {
	n := 0
	for object[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func isKey(after []byte) bool {
	after = bytes.TrimLeft(after, " \t\r\n")
	return after[0] == ':'
}

// unquoteValid reads a string of valid JSON; most have no escapes.
func unquoteValid(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	s, _ := unquote(quoted)
	return s
}

func keyIs(quoted []byte, name string) bool {
	return string(quoted[1:len(quoted)-1]) == name ||
		bytes.IndexByte(quoted, '\\') >= 0 && unquoteValid(quoted) == name
}
