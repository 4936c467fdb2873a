package parallel

import (
	"testing"
	"time"
)

func TestProcessorsAreThoseOfTheDocumentation(t *testing.T) {
	all := Processors()
	if len(all) != 18 {
		t.Fatalf("%d processors, want 18", len(all))
	}
	names := map[string]bool{}
	for i, p := range all {
		names[p.Name] = true
		if p.MinLatency <= 0 || p.MinLatency >= p.MaxLatency || p.MaxFields <= 0 {
			t.Errorf("%+v cannot be", p)
		}
		if i > 0 && p.Price < all[i-1].Price {
			t.Errorf("%s is cheaper than %s before it", p.Name, all[i-1].Name)
		}
		if p.Fast != (p.Name == p.Tier+"-fast") || p.Fast == (p.Name == p.Tier) {
			t.Errorf("%+v: the name does not say whether it is fast", p)
		}
		if pro := p.Price >= 100; p.EventsByDefault != pro || p.Auto != pro {
			t.Errorf("%+v: events and auto output begin with pro", p)
		}
	}
	if len(names) != 18 {
		t.Errorf("names repeat: %v", names)
	}
}

func TestLookupProcessor(t *testing.T) {
	p, ok := LookupProcessor("ultra8x-fast")
	want := Processor{Name: "ultra8x-fast", Tier: "ultra8x", Fast: true, Price: 2400, MinLatency: time.Minute, MaxLatency: time.Hour, MaxFields: 25, EventsByDefault: true, Auto: true}
	if !ok || p != want {
		t.Errorf("got %+v, %v", p, ok)
	}
	if p, ok := LookupProcessor("ultra16x"); ok {
		t.Errorf("got %+v for a processor that is not known", p)
	}
}
