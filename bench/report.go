package main

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// Where the document and its plots are, from the root of the repository.
const (
	documentPath = "docs/performance.md"
	plotFolder   = "docs/images/performance"
)

// documentText is the document but for its figures: what the floors are, and what limits next.
//
//go:embed performance.md.tmpl
var documentText string

// document is what the text is filled with.
type document struct {
	results
	Growths []growth
	Plots   []drawing
}

// drawing is a plot of all engines' growths of one name.
type drawing struct {
	Name, File string
	svg        []byte
}

// writeReport makes the document and its plots, below root, of the figures in a file.
func writeReport(from, root string) error {
	r, err := readResults(from)
	if err != nil {
		return err
	}
	text, drawings, err := r.report()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, plotFolder)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, d := range drawings {
		if err := os.WriteFile(filepath.Join(folder, d.File), d.svg, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(root, documentPath), text, 0o644)
}

// report is the document and its plots.
func (r *results) report() ([]byte, []drawing, error) {
	t, err := template.New("performance").Funcs(template.FuncMap{"short": short, "row": figureRow}).Parse(documentText)
	if err != nil {
		return nil, nil, err
	}
	d := document{results: *r, Growths: growths(r.Figures)}
	d.Plots = drawings(d.Growths)
	var b bytes.Buffer
	err = t.Execute(&b, d)
	return b.Bytes(), d.Plots, err
}

// Reach are the figures for which there is something to reach.
func (d document) Reach() []figure {
	return slices.DeleteFunc(slices.Clone(d.Figures), func(f figure) bool { return f.target() == "" })
}

// partTitles are the headings under which the figures of each part stand.
var partTitles = map[string]string{"live": "Live tasks", "lists": "Lists of finished tasks", "logs": "Tasks with many events", "pages": "Pages in a browser", "simulator": "The simulator"}

// Parts are the figures by part, in the order in which they were measured, but those of one name together.
func (d document) Parts() []section {
	var all []section
	first := make(map[string]int)
	for i, f := range d.Figures {
		if len(all) == 0 || all[len(all)-1].Title != partTitles[f.Part] {
			all = append(all, section{Title: partTitles[f.Part]})
		}
		last := &all[len(all)-1]
		last.Figures = append(last.Figures, f)
		if _, known := first[f.Name]; !known {
			first[f.Name] = i
		}
	}
	for _, s := range all {
		slices.SortStableFunc(s.Figures, func(a, b figure) int {
			return cmp.Or(cmp.Compare(first[a.Name], first[b.Name]), cmp.Compare(b.Engine, a.Engine))
		})
	}
	return all
}

// Powers are the rows of the table of growths: a cost, what of, and the power on each engine.
func (d document) Powers() []string {
	var rows []string
	for _, p := range d.Plots {
		cells := []string{p.Name, "", "", ""}
		for _, g := range d.Growths {
			if g.Name != p.Name {
				continue
			}
			cells[1] = g.Of
			for i, engine := range engines {
				if g.Engine == engine || g.Engine == "" {
					cells[2+i] = power(g.Exponent)
				}
			}
		}
		rows = append(rows, markdownRow(cells))
	}
	return rows
}

// power writes an exponent, as exactly as a few points can tell it.
func power(exponent float64) string {
	s := fmt.Sprintf("%.2f", exponent)
	if s == "-0.00" {
		return "0.00"
	}
	return s
}

// section is the figures of one part.
type section struct {
	Title   string
	Figures []figure
}

// Columns is the head of the table of figures.
func (document) Columns() string { return markdownRow(columns) }

// Rule is the line below it.
func (document) Rule() string {
	return markdownRow(strings.Split(strings.Repeat("--- ", len(columns)-1)+"---", " "))
}

func figureRow(f figure) string { return markdownRow(f.cells()) }

func markdownRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// drawings are the plots of what was fitted, in the order in which it was measured.
func drawings(all []growth) []drawing {
	var list []drawing
	done := make(map[string]bool)
	for _, g := range all {
		if done[g.Name] {
			continue
		}
		done[g.Name] = true
		var curves []growth
		for _, other := range all {
			if other.Name == g.Name {
				curves = append(curves, other)
			}
		}
		list = append(list, drawing{Name: g.Name, File: fileName(g.Name), svg: plot(curves)})
	}
	return list
}

// fileName makes a file's name of a figure's.
func fileName(name string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '\'' || r == '.':
			return -1
		}
		return '-'
	}, name)
	for strings.Contains(kept, "--") {
		kept = strings.ReplaceAll(kept, "--", "-")
	}
	return fmt.Sprintf("%s.svg", strings.Trim(kept, "-"))
}
