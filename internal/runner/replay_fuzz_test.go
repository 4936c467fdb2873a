package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"

	"github.com/taskyard/taskyard"
)

// What is written otherwise is equal, what is equal means the same, and what is no single JSON value is itself alone.
func FuzzCanonical(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":1,"b":[true,null]}`, `{ "b":[true, null],"a":1 }`}, {`1`, `1.0`}, {`12345678901234567890123`, `12345678901234567890124`},
		{`{"a":1}{"b":2}`, `{"a":1}`}, {`"\u00e9"`, `"é"`}, {`"<&>"`, `"\u003c&\u003e"`}, {`{"a":1,"a":2}`, `{"a":2}`}, {`[[[[`, `[]`}, {``, ` `}, {"\xff", `"`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		one := canonical(a)
		if again := canonical(one); !bytes.Equal(one, again) {
			t.Errorf("%q has the forms %q and %q", a, one, again)
		}
		x, valid := decode(a)
		if !valid {
			if !bytes.Equal(one, a) {
				t.Errorf("%q is no JSON and became %q", a, one)
			}
			return
		}
		var other bytes.Buffer
		if json.Indent(&other, a, "\t", " ") == nil && !bytes.Equal(canonical(other.Bytes()), one) {
			t.Errorf("%q depends on its white space", a)
		}
		if y, valid := decode(b); valid && bytes.Equal(one, canonical(b)) != reflect.DeepEqual(x, y) {
			t.Errorf("%q and %q are %q and %q", a, b, one, canonical(b))
		}
	})
}

func decode(data []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	_, err := dec.Token()
	return v, err == io.EOF
}

// A model of upstream: each connection replays all messages that there were and goes on live, until it is cut. However
// many are alike and wherever it is cut, the log is what was said. Each byte of the script is a message of one of eight
// texts; its high bit cuts the connection behind it, and the next bit says that the cut loses the last messages, which
// upstream had sent.
func FuzzReplays(f *testing.F) {
	for _, seed := range []string{"", "aaaa", "a\xe1a\xe1a", "abc\xe1\xe2\xe3", "\x81\x82\x83\xc4\xc5\xc6", "aXaXa\xd8a"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		script = script[:min(len(script), 100)] // all of it is replayed at each cut
		var truth, log []json.RawMessage
		var stored []taskyard.Event
		hear := func(held *held, message json.RawMessage) {
			if !held.isReplay("task_run.progress_msg.plan", message) {
				log = append(log, message)
				stored = append(stored, taskyard.Event{Type: "task_run.progress_msg.plan", Data: message})
			}
		}
		connect := func(replayed int) *held {
			h := newHeld()
			for _, e := range stored {
				h.remember(e)
			}
			for _, message := range truth[:replayed] {
				hear(h, message)
			}
			return h
		}
		live := connect(0)
		for _, b := range script {
			message := json.RawMessage(fmt.Sprintf(`{"type":"task_run.progress_msg.plan","message":"text %d"}`, b&7))
			truth = append(truth, message)
			lost := b&0x40 != 0 && b&0x80 != 0
			if !lost {
				hear(live, message)
			}
			if b&0x80 != 0 {
				connect(len(truth) - int(b>>3&7)%len(truth)) // this replay is cut, too
				live = connect(len(truth))
			}
		}
		connect(len(truth))
		if !slices.EqualFunc(log, truth, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Errorf("%q: the log is %s, and %s was said", script, log, truth)
		}
	})
}
