package webui

import (
	"bytes"
	"encoding/json"
	"strings"
)

// value is a JSON value as a table shows it. Exactly one of its parts is set, by Kind.
type value struct {
	Kind   string // text, number, word (true, false, null), list, fields, grid, json, empty
	Text   string
	Link   link // set when a text is a web address
	Cut    bool // Text, Items or Rows is only the beginning
	Items  []value
	Fields []fieldValue
	Grid   grid
}

// fieldValue is a named value with its evidence, if upstream gave some.
type fieldValue struct {
	Name     string
	Path     string // of the basis: "name", "name.0", "name.0.inner"
	Value    value
	Evidence *evidence
}

// grid is an array of objects: one row each, one column for each name that occurs.
type grid struct {
	Columns     []string
	Rows        []gridRow
	HasEvidence bool
	Total       int
}

type gridRow struct {
	Cells    []value
	Evidence *evidence
}

// builder makes values until its budget of rows is used up; what is left out is marked as cut.
type builder struct {
	rows  int
	basis basisIndex
}

func (b *builder) take() bool {
	if b.rows == 0 {
		return false
	}
	b.rows--
	return true
}

func (b *builder) value(raw json.RawMessage, path string, depth int) value {
	switch {
	case depth > maxDepth:
		return jsonValue(raw)
	case isObject(raw):
		return b.object(raw, path, depth)
	case isArray(raw):
		return b.array(raw, path, depth)
	default:
		return scalar(raw)
	}
}

// jsonValue prints what is nested too deep to be drawn.
func jsonValue(raw json.RawMessage) value {
	text, isCut := cut(compactJSON(raw), maxCell)
	return value{Kind: "json", Text: text, Cut: isCut}
}

func (b *builder) object(raw json.RawMessage, path string, depth int) value {
	list, err := members(raw)
	if err != nil {
		return jsonValue(raw)
	}
	v := value{Kind: "fields"}
	if len(list) == 0 {
		return value{Kind: "empty", Text: "no fields"}
	}
	for _, m := range list {
		if !b.take() {
			v.Cut = true
			break
		}
		v.Fields = append(v.Fields, b.field(m, join(path, m.Name), depth))
	}
	return v
}

func (b *builder) field(m member, path string, depth int) fieldValue {
	f := fieldValue{Name: m.Name, Path: path, Evidence: b.basis.take(path)}
	f.Value = b.value(m.Raw, path, depth+1)
	return f
}

// join makes the path of a field as basis entries name it.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// scalar prints a number with upstream's digits: 1e3 and 0.10 stay as they are.
func scalar(raw json.RawMessage) value {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(bytes.TrimSpace(raw))
		if text == "true" || text == "false" || text == "null" {
			return value{Kind: "word", Text: text}
		}
		short, isCut := cut(text, maxCell)
		return value{Kind: "number", Text: short, Cut: isCut}
	}
	if text == "" {
		return value{Kind: "empty", Text: "empty text"}
	}
	v := value{Kind: "text"}
	if !strings.ContainsAny(text, " \n\t") {
		if l := linkTo(text); l.URL != "" {
			v.Link = l
		}
	}
	v.Text, v.Cut = cut(text, maxCell)
	return v
}
