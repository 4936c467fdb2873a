package main

import (
	"math"
	"strings"
	"testing"
)

func TestExponentIsThatOfThePower(t *testing.T) {
	for _, want := range []float64{0, 0.5, 1, 2} {
		var points []point
		for _, work := range []float64{100, 1000, 5000} {
			points = append(points, point{work, 7 * math.Pow(work, want)})
		}
		if got := exponent(points); math.Abs(got-want) > 1e-9 {
			t.Errorf("a power of %g is fitted as %g", want, got)
		}
	}
}

func TestCostsAreThoseOfAllTheWork(t *testing.T) {
	var figures []figure
	for _, n := range []int{1000, 10, 100} {
		figures = append(figures,
			figure{Name: "each", Engine: sqlite, Work: n, Of: "tasks", Value: 3, Each: true},
			figure{Name: "all", Engine: sqlite, Work: n, Of: "tasks", Value: 3},
			figure{Name: "rate", Work: n, Value: 3, Unfit: true},
			figure{Name: "nothing", Work: n, Value: 0})
	}
	got := growths(append(figures, figure{Name: "once", Work: 10, Value: 1}))
	if len(got) != 2 || got[0].Name != "each" || got[1].Name != "all" {
		t.Fatalf("fitted were %+v", got)
	}
	if math.Abs(got[0].Exponent-1) > 1e-9 || math.Abs(got[1].Exponent) > 1e-9 {
		t.Errorf("powers %g and %g", got[0].Exponent, got[1].Exponent)
	}
	if p := got[0].Points; p[0] != (point{10, 30}) || p[2] != (point{1000, 3000}) {
		t.Errorf("points %v", p)
	}
}

// A curve stays within its plot, whatever its numbers.
func TestPlotsHoldTheirCurves(t *testing.T) {
	for _, points := range [][]point{{{1000, 0.2}, {3000, 7}, {20_000, 900}}, {{10, 10}, {100, 10}, {1000, 10}}} {
		a := axesOf([]growth{{Points: points}})
		for _, p := range points {
			x, y := a.x(p.Work), a.y(p.Cost)
			if x < plotLeft || x > plotWidth-plotRight || y < plotTop || y > plotHeight-plotBottom {
				t.Errorf("%v is drawn at %g, %g", p, x, y)
			}
		}
	}
	drawn := string(plot([]growth{{Name: "a < b", Of: "tasks", Unit: "ms", Engine: sqlite, Points: []point{{10, 1}, {100, 2}, {1000, 3}}}}))
	if !strings.Contains(drawn, "a &lt; b") || strings.Count(drawn, "<circle") != 3 {
		t.Error(drawn)
	}
}
