package parallel

import "time"

// Processor is what is publicly known of one of upstream's processors. Prices and times are those of its
// documentation; the set of processors is open, so a name that is not here may still be accepted.
type Processor struct {
	Name  string // as sent: the tier, with "-fast" for the fast variant
	Tier  string
	Fast  bool
	Price int // US dollars for 1,000 runs
	// The usual time from create to completion.
	MinLatency, MaxLatency time.Duration
	MaxFields              int // of the output, about
	// EventsByDefault says whether progress is recorded when the request does not say: from pro upwards.
	EventsByDefault bool
	// Auto says whether auto output is documented for it: from pro upwards.
	Auto bool
}

// Processors returns all known processors, cheapest first, each tier before its fast variant.
func Processors() []Processor {
	all := make([]Processor, 0, 2*len(tiers))
	for _, t := range tiers {
		p := Processor{
			Name: t.name, Tier: t.name, Price: t.price, MinLatency: t.min, MaxLatency: t.max,
			MaxFields: t.fields, EventsByDefault: t.pro, Auto: t.pro,
		}
		fast := p
		fast.Name, fast.Fast, fast.MinLatency, fast.MaxLatency = t.name+"-fast", true, t.fastMin, t.fastMax
		all = append(all, p, fast)
	}
	return all
}

// LookupProcessor returns the processor of that name.
func LookupProcessor(name string) (Processor, bool) {
	for _, p := range Processors() {
		if p.Name == name {
			return p, true
		}
	}
	return Processor{}, false
}

const (
	s = time.Second
	m = time.Minute
)

// tiers is the table that upstream documents; the fast variant costs the same.
var tiers = []struct {
	name             string
	price            int
	min, max         time.Duration
	fastMin, fastMax time.Duration
	fields           int
	pro              bool // pro or above
}{
	{"lite", 5, 10 * s, 60 * s, 10 * s, 20 * s, 2, false},
	{"base", 10, 15 * s, 100 * s, 15 * s, 50 * s, 5, false},
	{"core", 25, 1 * m, 5 * m, 15 * s, 100 * s, 10, false},
	{"core2x", 50, 1 * m, 10 * m, 15 * s, 3 * m, 10, false},
	{"pro", 100, 2 * m, 10 * m, 30 * s, 5 * m, 20, true},
	{"ultra", 300, 5 * m, 25 * m, 1 * m, 10 * m, 20, true},
	{"ultra2x", 600, 5 * m, 50 * m, 1 * m, 20 * m, 25, true},
	{"ultra4x", 1200, 5 * m, 90 * m, 1 * m, 40 * m, 25, true},
	{"ultra8x", 2400, 5 * m, 120 * m, 1 * m, 60 * m, 25, true},
}
