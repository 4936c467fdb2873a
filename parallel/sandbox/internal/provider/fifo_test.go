package provider

import "testing"

func TestTheOldestAreForgottenFirst(t *testing.T) {
	f := fifo[int, string]{most: 2}
	f.put(1, "one")
	f.put(2, "two")
	f.put(3, "three")
	if _, known := f.get(1); known {
		t.Error("the oldest is still known")
	}
	if v, known := f.take(2); !known || v != "two" {
		t.Errorf("took %q, %t", v, known)
	}
	if _, known := f.take(2); known {
		t.Error("one value was taken twice")
	}
	f.put(4, "four")
	if v, known := f.get(3); !known || v != "three" {
		t.Errorf("what was taken counts: %q, %t", v, known)
	}
	if f.order.Len() != len(f.byKey) || len(f.byKey) != 2 {
		t.Errorf("%d in order, %d by key", f.order.Len(), len(f.byKey))
	}
}

// Nobody who registers or signs in again and again takes more memory than that.
func TestTheProvidersMemoryIsBounded(t *testing.T) {
	p, err := New(Config{Key: func(string) string { return "key" }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxCodes {
		p.newCode(grant{})
		p.clients.put(string(rune(i)), client{})
	}
	if p.codes.order.Len() != maxCodes || p.clients.order.Len() != maxClients {
		t.Errorf("%d codes, %d clients", p.codes.order.Len(), p.clients.order.Len())
	}
}
