package webui

import (
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// price is what one run costs on a processor: "$0.10", or "" for a processor that is not in the table.
func price(processor string) string {
	if p, ok := parallel.LookupProcessor(processor); ok {
		return money(p.Price)
	}
	return ""
}

// tier is one choice of the composer: a processor and its fast variant.
type tier struct {
	Name      string
	Price     string
	Usual     string
	FastUsual string
	Fields    int
	Auto      bool // auto output is documented for it
	Events    bool // records progress by default
	Checked   bool
}

func tiers(chosen string) []tier {
	var list []tier
	for _, p := range parallel.Processors() {
		usual := latency(p.MinLatency, p.MaxLatency)
		if p.Fast {
			list[len(list)-1].FastUsual = usual // the table has each tier just before its fast variant
			continue
		}
		list = append(list, tier{
			Name: p.Name, Price: money(p.Price), Usual: usual, Fields: p.MaxFields,
			Auto: p.Auto, Events: p.EventsByDefault, Checked: p.Tier == chosen,
		})
	}
	return list
}

func processorNames() []string {
	var names []string
	for _, p := range parallel.Processors() {
		names = append(names, p.Name)
	}
	return names
}

// usualTime is the documented range of a processor; zero for one that is not in the table.
func usualTime(processor string) (lo, hi time.Duration) {
	p, _ := parallel.LookupProcessor(processor)
	return p.MinLatency, p.MaxLatency
}
