package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestMessagesComeBack(t *testing.T) {
	for _, m := range []message{
		{"node", 1, kindBeat, nil}, {"node", 1 << 62, kindMoved, []string{"a", "b"}}, {"n", 7, "later-kind", []string{"x"}},
	} {
		got, err := parseMessage(m.payload())
		if err != nil || got.from != m.from || got.n != m.n || got.kind != m.kind || !slices.Equal(got.args, m.args) {
			t.Errorf("%+v comes back as %+v, %v", m, got, err)
		}
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	for _, payload := range []string{
		"", "a", "a 1", "a 0 beat", "a -1 beat", "a +1 beat", "a 01 beat", "a x beat", "a 1  beat", " 1 beat", "a 1 beat ", "a 1 moved \u00e4", "a 1 moved \n",
		"a 9223372036854775808 beat", strings.Repeat("a", 41) + " 1 beat", "a 1 " + strings.Repeat("k", 41), "a 1 moved " + strings.Repeat("x", 8000),
	} {
		if m, err := parseMessage(payload); err == nil {
			t.Errorf("%.40q is taken for %+v", payload, m)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add("node 1 moved a b")
	f.Add("node 2 beat")
	f.Fuzz(func(t *testing.T, payload string) {
		if m, err := parseMessage(payload); err == nil && m.payload() != payload {
			t.Errorf("%q is read as %+v", payload, m)
		}
	})
}

func TestOutboxSaysEachTaskOnceInShortMessages(t *testing.T) {
	o := newOutbox()
	var want []string
	for i := range 5000 {
		id := fmt.Sprintf("task-%020d", i)
		want = append(want, id)
		o.announce([]taskyard.Announcement{{ID: id, Seq: 1}, {ID: id, Seq: 2}})
	}
	o.tell("interrupt", "x")
	o.tell("interrupt", "has space in it")
	var got []string
	var told int
	for _, m := range o.take() {
		m.from, m.n = strings.Repeat("n", maxName), 1<<62
		if len(m.payload()) > maxPayload {
			t.Fatalf("a message of %d bytes", len(m.payload()))
		}
		if m.kind == kindMoved {
			got = append(got, m.args...)
		} else {
			told++
		}
	}
	if !slices.Equal(got, want) || told != 1 {
		t.Errorf("%d tasks of %d, %d other messages", len(got), len(want), told)
	}
	if rest := o.take(); len(rest) != 0 {
		t.Errorf("%d messages are said twice", len(rest))
	}
}

// What cannot be said for long is bounded, and the others are told that there was more.
func TestOutboxIsBounded(t *testing.T) {
	o := newOutbox()
	for i := range maxPending + 1 {
		o.announce([]taskyard.Announcement{{ID: fmt.Sprint(i)}})
		o.tell("interrupt", fmt.Sprint(i))
	}
	list := o.take()
	if len(list) != maxTold+1 || list[len(list)-1].kind != kindLost {
		t.Errorf("%d messages, the last %s", len(list), list[len(list)-1].kind)
	}
}
