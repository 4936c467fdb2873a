package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
)

// The size of a plot and of what is around it, in pixels.
const (
	plotWidth, plotHeight = 420, 300
	plotLeft, plotRight   = 58, 16
	plotTop, plotBottom   = 44, 44
)

// plotStyle makes a plot readable on light and on dark grounds: it is drawn on none, in colours that suit both.
const plotStyle = `<style>
text { font: 11px system-ui, sans-serif; fill: #555 }
.title { font-size: 12px; font-weight: 600; fill: #222 }
.grid { stroke: #8886; stroke-width: .5 }
.linear { stroke: #888; stroke-dasharray: 4 4; fill: none }
.a { stroke: #0b6e99; fill: #0b6e99 } .b { stroke: #b3541e; fill: #b3541e }
text.a, text.b { stroke: none; font-weight: 600 }
polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #aaa } .title { fill: #eee } .a { stroke: #5cc0ea; fill: #5cc0ea } .b { stroke: #f0a070; fill: #f0a070 } }
</style>`

// plot draws how costs of one name grow, one curve for each engine, on logarithmic axes: there a straight line is a power, and
// what is steeper than the dashed line grows faster than the work.
func plot(curves []growth) []byte {
	a := axesOf(curves)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight, html.EscapeString(curves[0].Name))
	fmt.Fprintf(&b, "\n%s\n", plotStyle)
	text(&b, "title", plotLeft, 16, "start", curves[0].Name)
	a.grid(&b, curves[0])
	a.linear(&b, curves[0].Points[0])
	for i, g := range curves {
		class := string(rune('a' + i%2))
		a.curve(&b, class, g.Points)
		text(&b, class, float64(plotLeft+i*160), 32, "start", fmt.Sprintf("%s: power %s", cmp.Or(g.Engine, "all"), power(g.Exponent)))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func text(b *bytes.Buffer, class string, x, y float64, anchor, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%.0f" y="%.0f" text-anchor="%s">%s</text>`+"\n", class, x, y, anchor, html.EscapeString(s))
}

// axes map work and cost to pixels; they reach from one power of ten to another.
type axes struct{ fromWork, toWork, fromCost, toCost float64 }

func axesOf(curves []growth) axes {
	var points []point
	for _, g := range curves {
		points = append(points, g.Points...)
	}
	byWork := func(p, q point) int { return cmp.Compare(p.Work, q.Work) }
	byCost := func(p, q point) int { return cmp.Compare(p.Cost, q.Cost) }
	return axes{
		math.Floor(math.Log10(slices.MinFunc(points, byWork).Work)), math.Ceil(math.Log10(slices.MaxFunc(points, byWork).Work)),
		math.Floor(math.Log10(slices.MinFunc(points, byCost).Cost)), math.Floor(math.Log10(slices.MaxFunc(points, byCost).Cost)) + 1,
	}
}

func (a axes) x(work float64) float64 {
	return plotLeft + (math.Log10(work)-a.fromWork)/(a.toWork-a.fromWork)*(plotWidth-plotLeft-plotRight)
}

func (a axes) y(cost float64) float64 {
	return plotHeight - plotBottom - (math.Log10(cost)-a.fromCost)/(a.toCost-a.fromCost)*(plotHeight-plotTop-plotBottom)
}

func (a axes) grid(b *bytes.Buffer, g growth) {
	for e := a.fromWork; e <= a.toWork; e++ {
		x := a.x(math.Pow(10, e))
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", x, plotTop, x, plotHeight-plotBottom)
		text(b, "tick", x, plotHeight-plotBottom+16, "middle", tickLabel(e))
	}
	for e := a.fromCost; e <= a.toCost; e++ {
		y := a.y(math.Pow(10, e))
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>`+"\n", plotLeft, y, plotWidth-plotRight, y)
		text(b, "tick", plotLeft-6, y+4, "end", tickLabel(e))
	}
	text(b, "unit", (plotLeft+plotWidth-plotRight)/2, plotHeight-8, "middle", g.Of)
	text(b, "unit", 6, plotTop-12, "start", g.Unit)
}

// tickLabel writes a power of ten.
func tickLabel(e float64) string {
	switch {
	case e >= 6:
		return fmt.Sprintf("%gM", math.Pow(10, e-6))
	case e >= 3:
		return fmt.Sprintf("%gk", math.Pow(10, e-3))
	}
	return fmt.Sprintf("%g", math.Pow(10, e))
}

// linear draws how a cost would grow that is as the work, through a curve's first point and as far as the axes reach.
func (a axes) linear(b *bytes.Buffer, through point) {
	most := math.Pow(10, a.toWork)
	if cost := through.Cost * most / through.Work; cost > math.Pow(10, a.toCost) {
		most *= math.Pow(10, a.toCost) / cost
	}
	fmt.Fprintf(b, `<path class="linear" d="M%.1f %.1f L%.1f %.1f"/>`+"\n", a.x(through.Work), a.y(through.Cost), a.x(most), a.y(through.Cost*most/through.Work))
}

func (a axes) curve(b *bytes.Buffer, class string, points []point) {
	fmt.Fprintf(b, `<polyline class="%s" points="`, class)
	for _, p := range points {
		fmt.Fprintf(b, "%.1f,%.1f ", a.x(p.Work), a.y(p.Cost))
	}
	b.WriteString(`"/>` + "\n")
	for _, p := range points {
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"/>`+"\n", class, a.x(p.Work), a.y(p.Cost))
	}
}
