package webui

import (
	"github.com/taskyard/taskyard/parallel"
)

// evidence is why a value is what it is: upstream's basis of one field.
type evidence struct {
	Field      string
	Confidence confidence
	Reasoning  string
	Citations  []citation
	More       int // citations that are not shown
}

// confidence is shown as a word with a shape.
type confidence struct {
	Word string
	Icon string // id of a symbol in _icons.html
	Tone string
}

func confidenceOf(word string) confidence {
	switch word {
	case "high":
		return confidence{"High", "full", "ok"}
	case "medium":
		return confidence{"Medium", "half", "warn"}
	case "low":
		return confidence{"Low", "ring", "fail"}
	case "":
		return confidence{"Not given", "dash", "idle"}
	default:
		short, _ := cut(word, 40)
		return confidence{sentence(short), "dash", "idle"}
	}
}

// doubts order confidences as the review does (review.js); words that nobody knows yet come between.
var doubts = map[string]int{"High": 0, "Medium": 1, "Not given": 3, "Low": 4}

func (c confidence) doubt() int {
	if d, known := doubts[c.Word]; known {
		return d
	}
	return 2
}

type citation struct {
	Link     link
	Title    string
	Excerpts []string
	More     int // excerpts that are not shown
}

func evidenceOf(b parallel.FieldBasis) *evidence {
	e := &evidence{Field: b.Field, Confidence: confidenceOf(b.Confidence)}
	e.Reasoning, _ = cut(b.Reasoning, maxCell)
	for _, c := range b.Citations[:min(len(b.Citations), maxCitations)] {
		e.Citations = append(e.Citations, citationOf(c))
	}
	e.More = len(b.Citations) - len(e.Citations)
	return e
}

func citationOf(c parallel.Citation) citation {
	shown := citation{Link: linkTo(c.URL)}
	if shown.Title, _ = cut(c.Title, 300); shown.Title == "" {
		shown.Title = shown.Link.Text
	}
	for _, text := range c.Excerpts[:min(len(c.Excerpts), maxExcerpts)] {
		excerpt, _ := cut(text, 4_000)
		shown.Excerpts = append(shown.Excerpts, excerpt)
	}
	shown.More = len(c.Excerpts) - len(shown.Excerpts)
	return shown
}

// basisIndex finds the evidence of a field by its path and knows which of it was used.
type basisIndex struct {
	byField map[string]*evidence
	order   []string
	used    map[string]bool
}

func indexBasis(basis []parallel.FieldBasis) basisIndex {
	index := basisIndex{byField: map[string]*evidence{}, used: map[string]bool{}}
	for _, b := range basis[:min(len(basis), maxTableRows)] {
		if index.byField[b.Field] == nil {
			index.order = append(index.order, b.Field)
		}
		index.byField[b.Field] = evidenceOf(b)
	}
	return index
}

func (x basisIndex) take(field string) *evidence {
	e := x.byField[field]
	if e != nil {
		x.used[field] = true
	}
	return e
}

// rest is the evidence that no value claimed: shown all the same, under the name that upstream gave it.
func (x basisIndex) rest() []*evidence {
	var list []*evidence
	for _, field := range x.order {
		if !x.used[field] {
			list = append(list, x.byField[field])
		}
	}
	return list
}

// mergeEvidence gathers what a row's cells have into the row's own, with the cell's name before the reasoning. It is as
// sure as the least sure of them.
func mergeEvidence(row *evidence, name string, cell *evidence) *evidence {
	if cell == nil {
		return row
	}
	reasoning := cell.Reasoning
	if reasoning != "" {
		reasoning = name + ": " + reasoning
	}
	if row == nil {
		copied := *cell
		copied.Reasoning = reasoning
		return &copied
	}
	merged := *row
	if reasoning != "" {
		merged.Reasoning += "\n" + reasoning
	}
	merged.Citations = append(append([]citation(nil), row.Citations...), cell.Citations...)
	merged.More += cell.More
	if cell.Confidence.doubt() > row.Confidence.doubt() {
		merged.Confidence = cell.Confidence
	}
	return &merged
}

// Summary is what the closed details say.
func (e *evidence) Summary() string {
	switch n := len(e.Citations) + e.More; {
	case n > 0:
		return plural(n, "source")
	case e.Reasoning != "":
		return "Reasoning"
	default:
		return "No sources"
	}
}
