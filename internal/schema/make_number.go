package schema

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// span is the usual range of a number by the words of its name; the first that fits counts.
var spans = []struct {
	words    string
	low, top float64
	places   int
}{
	{"year founded", 1985, 2025, 0},
	{"percent pct share rate ratio probability score", 1, 99, 1},
	{"month", 1, 12, 0},
	{"day", 1, 28, 0},
	{"age", 18, 80, 0},
	{"rating stars", 1, 5, 1},
	{"latitude lat", -60, 60, 4},
	{"longitude lng lon", -120, 120, 4},
	{"employees headcount population users customers", 20, 50_000, 0},
	{"price cost revenue amount usd eur funding salary gdp market", 1_000, 5_000_000, 2},
	{"rank position index order", 1, 20, 0},
	{"count number total", 1, 500, 0},
}

// number makes a number within the bounds, near what its name suggests.
func (m *maker) number(o *Object, name string, whole bool) any {
	low, top, places := usual(name)
	low, top = within(o, low, top)
	if step, ok := o.values["multipleOf"].(json.Number); ok && rat(step).Sign() > 0 {
		if n, ok := m.multiple(rat(step), low, top, whole); ok {
			return n
		}
	}
	if whole {
		low, top = math.Ceil(low), math.Floor(top)
		if o.values["exclusiveMinimum"] != nil && low == bound(o, "exclusiveMinimum", low) {
			low++
		}
		if o.values["exclusiveMaximum"] != nil && top == bound(o, "exclusiveMaximum", top) {
			top--
		}
		return json.Number(strconv.FormatFloat(math.Round(m.between(low, max(low, top))), 'f', 0, 64))
	}
	return m.fraction(o, low, top, places)
}

func usual(name string) (low, top float64, places int) {
	for _, s := range spans {
		for word := range strings.FieldsSeq(s.words) {
			if hasWord(name, word) {
				return s.low, s.top, s.places
			}
		}
	}
	return 1, 1000, 2
}

// within moves the usual range into the bounds of the schema.
func within(o *Object, low, top float64) (float64, float64) {
	least := max(bound(o, "minimum", math.Inf(-1)), bound(o, "exclusiveMinimum", math.Inf(-1)))
	most := min(bound(o, "maximum", math.Inf(1)), bound(o, "exclusiveMaximum", math.Inf(1)))
	switch {
	case math.IsInf(least, -1) && math.IsInf(most, 1):
		return low, top
	case math.IsInf(least, -1):
		return min(low, most-(top-low)), min(top, most)
	case math.IsInf(most, 1):
		return max(low, least), max(top, least+(top-low))
	case low >= least && top <= most:
		return low, top
	}
	return least, most
}

func bound(o *Object, keyword string, otherwise float64) float64 {
	n, ok := o.values[keyword].(json.Number)
	if !ok {
		return otherwise
	}
	f, err := n.Float64()
	if err != nil {
		return otherwise
	}
	return f
}

func (m *maker) between(low, top float64) float64 {
	// Halved first, as top-low may be beyond what a float64 holds.
	return low/2 + (top/2-low/2)*m.rand.Float64() + (low/2 + (top/2-low/2)*m.rand.Float64())
}

// fraction rounds to as few places as the bounds allow: a number between 0.0001 and 0.0002 needs more.
func (m *maker) fraction(o *Object, low, top float64, places int) any {
	f := m.between(low, top)
	for ; places < 12; places++ {
		n := json.Number(strconv.FormatFloat(f, 'f', places, 64))
		if checkNumber(o, n, "") == nil {
			return trimZeros(n)
		}
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}

func trimZeros(n json.Number) json.Number {
	s := string(n)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		s = "0"
	}
	return json.Number(s)
}

// multiple makes k times step with low <= k*step <= top, exactly.
func (m *maker) multiple(step *big.Rat, low, top float64, whole bool) (json.Number, bool) {
	if whole && !step.IsInt() {
		step = new(big.Rat).SetInt(new(big.Int).Set(step.Num())) // the least whole multiple of a/b is a
	}
	size, _ := step.Float64()
	least, most := math.Ceil(low/size), math.Floor(top/size)
	if least > most || math.Abs(least) > 1<<53 || math.Abs(most) > 1<<53 {
		least, most = 1, 1
	}
	k := new(big.Rat).SetFloat64(math.Round(m.between(least, most)))
	n := k.Mul(k, step)
	places, exact := n.FloatPrec()
	if !exact || places > maxExponent {
		return "", false
	}
	return json.Number(n.FloatString(places)), true
}
