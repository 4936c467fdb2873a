package webui

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// writeFields writes an output as one line for each value: its path, the value, and the evidence of the field
// that it belongs to.
func writeFields(w io.Writer, o parallel.TaskRunOutput, simulated bool) error {
	out := csv.NewWriter(w)
	head := []string{"field", "value", "confidence", "reasoning", "sources"}
	if simulated { // made-up values must not look like facts in somebody's spreadsheet
		head = append(head, "simulated")
	}
	if err := out.Write(head); err != nil {
		return err
	}
	basis := map[string]parallel.FieldBasis{}
	for _, b := range o.Basis {
		basis[b.Field] = b
	}
	root, path := o.Content, ""
	if !isObject(root) {
		path = "output"
	}
	if err := (leaves{out, basis, simulated}).write(root, path, path, 0); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// leaves writes the values at the ends of an output.
type leaves struct {
	out       *csv.Writer
	basis     map[string]parallel.FieldBasis
	simulated bool
}

// write walks a value; shown is its path as people write it (people[0].name), path as basis entries do.
func (l leaves) write(raw json.RawMessage, shown, path string, depth int) error {
	switch {
	case depth <= maxDepth && isObject(raw):
		list, err := members(raw)
		if err != nil {
			return err
		}
		for _, m := range list {
			if err := l.write(m.Raw, join(shown, m.Name), join(path, m.Name), depth+1); err != nil {
				return err
			}
		}
		return nil
	case depth <= maxDepth && isArray(raw):
		items, err := elements(raw)
		if err != nil {
			return err
		}
		for i, item := range items {
			if err := l.write(item, fmt.Sprintf("%s[%d]", shown, i), join(path, strconv.Itoa(i)), depth+1); err != nil {
				return err
			}
		}
		return nil
	default:
		b := nearest(l.basis, path)
		line := []string{guard(shown), cellText(raw), guard(b.Confidence), guard(b.Reasoning), guard(urls(b))}
		if l.simulated {
			line = append(line, "yes")
		}
		return l.out.Write(line)
	}
}

// nearest finds the evidence of a field, or of what it is a part of.
func nearest(basis map[string]parallel.FieldBasis, path string) parallel.FieldBasis {
	for {
		if b, ok := basis[path]; ok {
			return b
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return parallel.FieldBasis{}
		}
		path = path[:i]
	}
}

func urls(b parallel.FieldBasis) string {
	list := make([]string, len(b.Citations))
	for i, c := range b.Citations {
		list[i] = c.URL
	}
	return strings.Join(list, " ")
}

// writeGrid writes one field that is an array of objects with a line for each object.
func writeGrid(w io.Writer, o parallel.TaskRunOutput, field string, simulated bool) error {
	list, _ := members(o.Content) // what is no object has no fields
	at := slices.IndexFunc(list, func(m member) bool { return m.Name == field })
	if at < 0 || !isArray(list[at].Raw) {
		return taskyard.Errorf(taskyard.CodeNotFound, "The result has no table of this name.")
	}
	items, err := elements(list[at].Raw)
	if err != nil {
		return err
	}
	columns, rows := columnsOf(items)
	out := csv.NewWriter(w)
	line := make([]string, len(columns), len(columns)+1)
	for i, name := range columns {
		line[i] = guard(name)
	}
	if simulated {
		line = append(line, "simulated")
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range rows {
		for i, name := range columns {
			line[i] = cellText(row[name])
		}
		if simulated {
			line[len(columns)] = "yes"
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func columnsOf(items []json.RawMessage) (columns []string, rows []map[string]json.RawMessage) {
	seen := map[string]bool{}
	for _, item := range items {
		list, _ := members(item) // an element that is no object is an empty line
		row := map[string]json.RawMessage{}
		for _, m := range list {
			row[m.Name] = m.Raw
			if !seen[m.Name] {
				seen[m.Name] = true
				columns = append(columns, m.Name)
			}
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// cellText prints a value: texts guarded, numbers and words as they are, anything else as JSON.
func cellText(raw json.RawMessage) string {
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return guard(text)
	case isObject(raw) || isArray(raw):
		return compactJSON(raw)
	default:
		return string(raw)
	}
}

// guard puts an apostrophe before a text that a spreadsheet would run as a formula. Text from the web must not
// become one; numbers, which come as JSON numbers, are never changed. The full-width forms of the signs are no way around
// it, nor is what nobody sees at the beginning: readers of files drop a byte order mark, control characters and blanks.
func guard(text string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf)
	}))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + text
	}
	return text
}
