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
			Name: t.name, Tier: t.name, Price: t.price,
			MinLatency: t.min * time.Second, MaxLatency: t.max * time.Second,
			MaxFields: t.fields, EventsByDefault: t.pro, Auto: t.pro,
		}
		fast := p
		fast.Name, fast.Fast = t.name+"-fast", true
		fast.MinLatency, fast.MaxLatency = t.fastMin*time.Second, t.fastMax*time.Second
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

// tiers is the table that upstream documents, with times in seconds; the fast variant costs the same.
var tiers = []struct {
	name             string
	price            int
	min, max         time.Duration
	fastMin, fastMax time.Duration
	fields           int
	pro              bool // pro or above
}{
	{"lite", 5, 10, 60, 10, 20, 2, false},
	{"base", 10, 15, 100, 15, 50, 5, false},
	{"core", 25, 60, 300, 15, 100, 10, false},
	{"core2x", 50, 60, 600, 15, 180, 10, false},
	{"pro", 100, 120, 600, 30, 300, 20, true},
	{"ultra", 300, 300, 1500, 60, 600, 20, true},
	{"ultra2x", 600, 300, 3000, 60, 1200, 25, true},
	{"ultra4x", 1200, 300, 5400, 60, 2400, 25, true},
	{"ultra8x", 2400, 300, 7200, 60, 3600, 25, true},
}
