package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// figure is one thing that was measured.
type figure struct {
	Part   string  `json:"part"` // of the harness
	Name   string  `json:"name"`
	Engine string  `json:"engine,omitempty"` // "" where it does not matter
	Work   int     `json:"work,omitempty"`   // how much there was to do, or to hold
	Of     string  `json:"of,omitempty"`     // what of: "live tasks", "events"
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"`
	Each   bool    `json:"each,omitempty"`  // Value is what one of the work costs, and not all of it
	Unfit  bool    `json:"unfit,omitempty"` // Value is no cost to fit a curve to: a rate, or a delay that hangs on one request
	Floor  float64 `json:"floor,omitempty"` // 0 where there is none
	Under  string  `json:"under,omitempty"` // which floor that is

	// What is to be reached, 0 where nothing is: of the value, of the ratio to the floor, and how much at least.
	Most      float64 `json:"most,omitempty"`
	MostRatio float64 `json:"mostRatio,omitempty"`
	Least     float64 `json:"least,omitempty"`
}

// ratio is how many times its floor a figure is; 0 where there is none.
func (f *figure) ratio() float64 {
	if f.Floor == 0 {
		return 0
	}
	return f.Value / f.Floor
}

// target is what is to be reached, "" where nothing is.
func (f *figure) target() string {
	switch {
	case f.MostRatio > 0:
		return "≤ " + short(f.MostRatio) + "×"
	case f.Most > 0:
		return "≤ " + short(f.Most)
	case f.Least > 0:
		return "≥ " + short(f.Least)
	}
	return ""
}

// reached says whether that is so, "" where there is nothing to reach.
func (f *figure) reached() string {
	switch {
	case f.target() == "":
		return ""
	case f.MostRatio > 0 && f.ratio() > f.MostRatio, f.Most > 0 && f.Value > f.Most, f.Least > 0 && f.Value < f.Least:
		return "no"
	}
	return "yes"
}

// cells are a figure as a row: what, engine, work, value, floor, ratio, target, reached.
func (f *figure) cells() []string {
	work, floor, ratio := "", "", ""
	if f.Work > 0 {
		work = strconv.Itoa(f.Work) + " " + f.Of
	}
	if f.Floor > 0 {
		floor, ratio = short(f.Floor)+" ("+f.Under+")", short(f.ratio())+"×"
	}
	return []string{f.Name, f.Engine, work, short(f.Value) + " " + f.Unit, floor, ratio, f.target(), f.reached()}
}

var columns = []string{"What", "Engine", "With", "Figure", "Floor", "Ratio", "To reach", "Reached"}

// short writes a number with three digits that count.
func short(v float64) string {
	if v == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// printTable writes figures for a terminal.
func printTable(out io.Writer, figures []figure) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	for i := range figures {
		fmt.Fprintln(w, strings.Join(figures[i].cells(), "\t"))
	}
	return w.Flush()
}
