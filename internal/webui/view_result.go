package webui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// result is the section that shows a task's output in one of three ways.
type result struct {
	TaskID    string
	View      string
	Default   string // the view of this kind of output that is shown unless another was asked for
	Views     []viewLink
	Kind      string // upstream's type of the output
	Size      string
	Simulated bool
	HasSchema bool     // upstream chose the shape, and says which
	Real      *realRun // where a simulated task can be run for real

	Report    reportView
	Table     *table
	Tree      *tree
	JSON      string
	IsCut     bool // only the beginning is shown
	ToolCalls []toolCall
}

// realRun leads from a simulated task to the same one on Parallel.
type realRun struct{ Name, Text string }

// realOf returns nil for a task that ran for real, and where there is nothing but the simulator.
func (ui *UI) realOf(t taskyard.Task) *realRun {
	if !ui.simulated(t.Upstream) {
		return nil
	}
	for _, up := range ui.service.Upstreams() {
		if up.Simulated {
			continue
		}
		text := "Run this for real"
		if p := price(t.Processor); p != "" {
			text += " for " + p
		}
		return &realRun{up.Name, text}
	}
	return nil
}

type viewLink struct {
	Name, Label string
	Current     bool
}

// table is an output as fields with their evidence.
type table struct {
	Summary string // 12 fields, 9 high, 2 medium, 1 low
	Review  bool   // there is evidence to go through
	Fields  []fieldValue
	Grids   []string // fields that can be downloaded by themselves
	Rest    []*evidence
	Cut     bool
}

type toolCall struct {
	Server, Tool, Arguments, Answer, Error string
}

// readResult decodes what it can: fields of unexpected types are left to the JSON view.
func readResult(raw json.RawMessage) (parallel.TaskRunResult, error) {
	var r parallel.TaskRunResult
	err := json.Unmarshal(raw, &r)
	var odd *parallel.FieldError
	if err != nil && !errors.As(err, &odd) {
		return r, fmt.Errorf("read result: %w", err)
	}
	return r, nil
}

// viewResult builds only the view that was asked for, since each can be large.
func (ui *UI) viewResult(t taskyard.Task, raw json.RawMessage, view string) (*result, error) {
	r, err := readResult(raw)
	if err != nil {
		return nil, err
	}
	v := &result{
		TaskID: t.ID, View: chooseView(view, r.Output), Default: chooseView("", r.Output), Kind: r.Output.Type,
		Size: size(len(raw)), Simulated: ui.simulated(t.Upstream), ToolCalls: toolCalls(r.Output.MCPToolCalls),
	}
	v.Views, v.Real, v.HasSchema = viewLinks(v.View), ui.realOf(t), t.Mode == "auto" && schemaOf(raw) != nil
	switch v.View {
	case "table":
		v.Table = tableOf(r.Output)
		v.IsCut = v.Table.Cut
	case "tree":
		v.Tree = treeOf(r.Output)
	case "json":
		v.JSON, v.IsCut = prettyJSON(raw)
	default:
		source, isCut := cutBytes(reportOf(r.Output), maxReport)
		v.Report, v.IsCut = reportViewOf(source, r.Output.Basis), isCut
	}
	return v, nil
}

// chooseView defaults to how an output reads best: a text as a report, anything else as a table.
func chooseView(asked string, o parallel.TaskRunOutput) string {
	switch {
	case asked == "report" || asked == "table" || asked == "tree" || asked == "json":
		return asked
	case o.Type == "text":
		return "report"
	default:
		return "table"
	}
}

func viewLinks(current string) []viewLink {
	links := []viewLink{{Name: "report", Label: "Report"}, {Name: "table", Label: "Table"}, {Name: "tree", Label: "Tree"}, {Name: "json", Label: "JSON"}}
	for i := range links {
		links[i].Current = links[i].Name == current
	}
	return links
}

func tableOf(o parallel.TaskRunOutput) *table {
	b := builder{rows: maxTableRows, basis: indexBasis(o.Basis)}
	t := &table{}
	if list, err := members(o.Content); err == nil {
		for _, m := range list {
			if !b.take() {
				t.Cut = true
				break
			}
			f := b.field(m, m.Name, 0)
			if f.Value.Kind == "grid" {
				t.Grids = append(t.Grids, m.Name)
			}
			t.Cut = t.Cut || f.Value.Cut
			t.Fields = append(t.Fields, f)
		}
	} else { // a text, or a shape of a later API: one field named as upstream names it in the basis
		f := b.field(member{Name: "output", Raw: o.Content}, "output", 0)
		t.Fields, t.Cut = []fieldValue{f}, f.Value.Cut
	}
	t.Cut = t.Cut || b.rows == 0
	t.Rest = b.basis.rest()
	t.summarise()
	return t
}

// summarise counts what a review goes through: every evidence that the table shows.
func (t *table) summarise() {
	var all []*evidence
	collect(value{Fields: t.Fields}, &all)
	all = append(all, t.Rest...)
	t.Summary, t.Review = plural(len(t.Fields), "field"), len(all) > 0
	if t.Review {
		t.Summary += fmt.Sprintf(" · evidence at %d: %s", len(all), levels(all))
	}
}

// collect gathers the evidence that is drawn within a value.
func collect(v value, all *[]*evidence) {
	add := func(e *evidence) {
		if e != nil {
			*all = append(*all, e)
		}
	}
	for _, item := range v.Items {
		collect(item, all)
	}
	for _, f := range v.Fields {
		add(f.Evidence)
		collect(f.Value, all)
	}
	for _, row := range v.Grid.Rows {
		add(row.Evidence)
		for _, cell := range row.Cells {
			collect(cell, all)
		}
	}
}

// levels counts evidence by its confidence, the surest first; words that nobody knows yet come last.
func levels(list []*evidence) string {
	counts := map[string]int{}
	for _, e := range list {
		counts[e.Confidence.Word]++
	}
	words := []string{"High", "Medium", "Low", "Not given"}
	for _, word := range sortedKeys(counts) {
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	var parts []string
	for _, word := range words {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], strings.ToLower(word)))
		}
	}
	return strings.Join(parts, " · ")
}

func toolCalls(calls []parallel.MCPToolCall) []toolCall {
	var list []toolCall
	for _, c := range calls[:min(len(calls), 100)] {
		shown := toolCall{Server: c.ServerName, Tool: c.ToolName}
		shown.Arguments, _ = cut(c.Arguments, 4_000)
		shown.Answer, _ = cut(c.Content, 4_000)
		shown.Error, _ = cut(c.Error, 4_000)
		list = append(list, shown)
	}
	return list
}

func prettyJSON(raw json.RawMessage) (text string, isCut bool) {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	return cutBytes(b.String(), maxInline)
}

// cutBytes shortens text to at most n bytes, at the end of a line if there is one near.
func cutBytes(text string, n int) (short string, isCut bool) {
	if len(text) <= n {
		return text, false
	}
	for i := n; i > n-1000 && i > 0; i-- {
		if text[i] == '\n' {
			return text[:i], true
		}
	}
	for n > 0 && text[n]&0xC0 == 0x80 { // never inside a character
		n--
	}
	return text[:n], true
}

func size(n int) string {
	switch {
	case n < 1<<10:
		return plural(n, "byte")
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
}
