package webui

import (
	"encoding/json"
	"slices"
	"strconv"
)

// array shows objects as a grid and everything else as a list.
func (b *builder) array(raw json.RawMessage, path string, depth int) value {
	items, err := elements(raw)
	if err != nil {
		return jsonValue(raw)
	}
	if len(items) == 0 {
		return value{Kind: "empty", Text: "empty list"}
	}
	if allObjects(items) {
		return b.grid(items, path, depth)
	}
	v := value{Kind: "list"}
	for i, item := range items {
		if !b.take() {
			v.Cut = true
			break
		}
		v.Items = append(v.Items, b.value(item, join(path, strconv.Itoa(i)), depth+1))
	}
	return v
}

func allObjects(items []json.RawMessage) bool {
	return !slices.ContainsFunc(items, func(raw json.RawMessage) bool { return !isObject(raw) })
}

func (b *builder) grid(items []json.RawMessage, path string, depth int) value {
	g := grid{Total: len(items)}
	rows := make([]map[string]json.RawMessage, 0, min(len(items), b.rows))
	for _, item := range items {
		if !b.take() {
			break
		}
		list, err := members(item)
		if err != nil {
			return jsonValue(item)
		}
		row := map[string]json.RawMessage{}
		for _, m := range list {
			if _, known := row[m.Name]; !known && !slices.Contains(g.Columns, m.Name) {
				g.Columns = append(g.Columns, m.Name)
			}
			row[m.Name] = m.Raw
		}
		rows = append(rows, row)
	}
	if len(g.Columns) == 0 || len(g.Columns) > maxColumns {
		return b.list(items[:len(rows)], path, depth, len(rows) < len(items))
	}
	for i, row := range rows {
		g.Rows = append(g.Rows, b.gridRow(row, g.Columns, join(path, strconv.Itoa(i)), depth))
		g.HasEvidence = g.HasEvidence || g.Rows[i].Evidence != nil
	}
	return value{Kind: "grid", Grid: g, Cut: len(g.Rows) < g.Total}
}

// maxColumns is where a grid stops being readable; beyond it each object is shown by itself.
const maxColumns = 24

func (b *builder) gridRow(row map[string]json.RawMessage, columns []string, path string, depth int) gridRow {
	r := gridRow{Evidence: b.basis.take(path)}
	for _, name := range columns {
		raw, ok := row[name]
		if !ok {
			r.Cells = append(r.Cells, value{Kind: "empty", Text: "not given"})
			continue
		}
		cell := b.value(raw, join(path, name), depth+2)
		r.Evidence = mergeEvidence(r.Evidence, name, b.basis.take(join(path, name)))
		r.Cells = append(r.Cells, cell)
	}
	return r
}

// list shows objects one below the other.
func (b *builder) list(items []json.RawMessage, path string, depth int, isCut bool) value {
	v := value{Kind: "list", Cut: isCut}
	for i, item := range items {
		v.Items = append(v.Items, b.value(item, join(path, strconv.Itoa(i)), depth+1))
	}
	return v
}
