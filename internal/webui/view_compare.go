package webui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/taskyard/taskyard/parallel"
)

// leaf is a value at the end of a path.
type leaf struct {
	Path     string // with the names of a list's elements, by which two documents are matched: people[Ada].role
	Raw      json.RawMessage
	Evidence *evidence
}

// comparedRow is one path with what each document has there.
type comparedRow struct {
	Path  string
	Cells []comparedCell
	Same  bool // all of them have it, and it is equal
}

type comparedCell struct {
	Given    bool
	Value    value
	Words    []stretch // instead of Value, where it is a text that differs from the first one's
	Evidence *evidence
	Mark     string // "" where it is the same: differs, only here
}

// flatten lists the values of a document in its order. Elements of a list of objects are named by what names them, so
// that the same company is compared with itself wherever it stands in the list.
type flattener struct {
	basis  map[string]*evidence
	leaves []leaf
	cut    bool
}

func flattenOutput(o parallel.TaskRunOutput) flattener {
	f := flattener{basis: map[string]*evidence{}}
	for _, b := range o.Basis[:min(len(o.Basis), maxTableRows)] {
		f.basis[b.Field] = evidenceOf(b)
	}
	if isObject(o.Content) {
		f.walk(o.Content, "", "", 0)
	} else {
		f.add(o.Content, "output", "output")
	}
	return f
}

func flattenRequest(request json.RawMessage) flattener {
	f := flattener{}
	f.walk(request, "", "", 0)
	return f
}

func (f *flattener) add(raw json.RawMessage, path, basis string) {
	if len(f.leaves) == maxTableRows {
		f.cut = true
		return
	}
	f.leaves = append(f.leaves, leaf{Path: path, Raw: raw, Evidence: f.nearest(basis)})
}

// nearest finds the evidence of a field, or of what it is a part of.
func (f *flattener) nearest(path string) *evidence {
	for ; path != ""; path = parentOf(path) {
		if e := f.basis[path]; e != nil {
			return e
		}
	}
	return nil
}

func parentOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i]
		}
	}
	return ""
}

func (f *flattener) walk(raw json.RawMessage, path, basis string, depth int) {
	switch list, items := membersOr(raw, depth), elementsOr(raw, depth); {
	case len(list) > 0:
		for _, m := range list {
			f.walk(m.Raw, join(path, m.Name), join(basis, m.Name), depth+1)
		}
	case len(items) > 0:
		names := namesOf(items)
		for i, item := range items {
			f.walk(item, fmt.Sprintf("%s[%s]", path, names[i]), join(basis, strconv.Itoa(i)), depth+1)
		}
	default:
		f.add(raw, path, basis)
	}
}

// membersOr and elementsOr are what a value is made of; nothing for an empty one, and below maxDepth.
func membersOr(raw json.RawMessage, depth int) []member {
	if depth > maxDepth || !isObject(raw) {
		return nil
	}
	list, _ := members(raw) // part of a document that was checked
	return list
}

func elementsOr(raw json.RawMessage, depth int) []json.RawMessage {
	if depth > maxDepth || !isArray(raw) {
		return nil
	}
	items, _ := elements(raw)
	return items
}

// naming are the fields that name an object, the best first.
var naming = []string{"name", "title", "id", "company", "product", "url", "key", "label"}

// namesOf names the elements of a list: by a field that all of them have and no two share, or by their numbers.
func namesOf(items []json.RawMessage) []string {
	for _, field := range naming {
		if names := valuesOf(items, field); names != nil {
			return names
		}
	}
	names := make([]string, len(items))
	for i := range items {
		names[i] = strconv.Itoa(i)
	}
	return names
}

func valuesOf(items []json.RawMessage, field string) []string {
	var names []string
	for _, item := range items {
		var object map[string]json.RawMessage
		var name string
		if json.Unmarshal(item, &object) != nil || json.Unmarshal(object[field], &name) != nil || name == "" {
			return nil
		}
		name, _ = cut(name, 80)
		if slices.Contains(names, name) {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// compareLeaves matches documents by path. Paths come in the order of the first document that has them; one that is
// missing has no leaves, and counts for nothing.
func compareLeaves(docs []flattener, present []bool) (rows []comparedRow, same int) {
	at := map[string]int{}
	for column, doc := range docs {
		for _, l := range doc.leaves {
			i, known := at[l.Path]
			if !known {
				i = len(rows)
				at[l.Path] = i
				rows = append(rows, comparedRow{Path: l.Path, Cells: make([]comparedCell, len(docs))})
			}
			rows[i].Cells[column] = comparedCell{Given: true, Value: scalarOrJSON(l.Raw), Evidence: l.Evidence}
		}
	}
	for i := range rows {
		mark(&rows[i], present)
		if rows[i].Same {
			same++
		}
	}
	return rows, same
}

func scalarOrJSON(raw json.RawMessage) value {
	if isObject(raw) || isArray(raw) {
		return jsonValue(raw)
	}
	return scalar(raw)
}

// mark says of each cell how it stands to the others: to the first one that has a value.
func mark(row *comparedRow, present []bool) {
	first, given, missing := -1, 0, false
	for i, cell := range row.Cells {
		switch {
		case cell.Given:
			if given++; first < 0 {
				first = i
			}
		case present[i]:
			missing = true
		}
	}
	row.Same = !missing
	base := row.Cells[first]
	for i := range row.Cells {
		cell := &row.Cells[i]
		switch {
		case !cell.Given || i == first:
		case cell.Value.Text == base.Value.Text && cell.Value.Kind == base.Value.Kind:
		default:
			row.Same, cell.Mark = false, "differs"
			markWords(&row.Cells[first], cell)
		}
	}
	if given == 1 && missing {
		row.Cells[first].Mark = "only here"
	}
}

// markWords marks the words in which a text differs from the first one; those of the first are marked against the first
// that differs.
func markWords(base, cell *comparedCell) {
	if base.Value.Kind != "text" || cell.Value.Kind != "text" {
		return
	}
	ofBase, ofCell, ok := diffWords(base.Value.Text, cell.Value.Text)
	if !ok {
		return
	}
	cell.Words = ofCell
	if base.Words == nil {
		base.Words = ofBase
	}
}
