package main

import (
	"cmp"
	"math"
	"slices"
)

// growth is how a cost grows with the work: as the work to the power of Exponent. 1 is linear; more is worse than that.
type growth struct {
	Name, Engine, Of, Unit string
	Points                 []point
	Exponent               float64
}

// point is one measurement: so much work, so much cost of all of it.
type point struct{ Work, Cost float64 }

// fewestPoints is how many measurements a line needs that is more than a guess.
const fewestPoints = 3

// growths fits all figures that were measured with enough different amounts of work, in the order of their first ones.
func growths(figures []figure) []growth {
	var all []growth
	for _, f := range figures {
		if f.Work == 0 || f.Value <= 0 || f.Unfit {
			continue
		}
		i := slices.IndexFunc(all, func(g growth) bool { return g.Name == f.Name && g.Engine == f.Engine })
		if i < 0 {
			i = len(all)
			all = append(all, growth{Name: f.Name, Engine: f.Engine, Of: f.Of, Unit: f.Unit})
		}
		p := point{float64(f.Work), f.Value}
		if f.Each {
			p.Cost *= p.Work
		}
		all[i].Points = append(all[i].Points, p)
	}
	all = slices.DeleteFunc(all, func(g growth) bool { return len(g.Points) < fewestPoints })
	for i := range all {
		slices.SortFunc(all[i].Points, func(a, b point) int { return cmp.Compare(a.Work, b.Work) })
		all[i].Exponent = exponent(all[i].Points)
	}
	return all
}

// exponent is the slope of the line through the logarithms that has the least squares.
func exponent(points []point) float64 {
	var x, y, xx, xy float64
	n := float64(len(points))
	for _, p := range points {
		lx, ly := math.Log(p.Work), math.Log(p.Cost)
		x, y, xx, xy = x+lx, y+ly, xx+lx*lx, xy+lx*ly
	}
	return (n*xy - x*y) / (n*xx - x*x)
}
