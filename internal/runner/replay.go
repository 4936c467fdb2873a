package runner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

const (
	kindState = "task_run.state"
	kindStats = "task_run.progress_stats"
)

// held is what the log already holds, as one connection needs to know it to tell replays from news. Upstream has
// no cursor: each connection opens with a state, replays all messages, then the latest stats, and goes on live.
//
//   - Messages and unknown kinds are counted: one is new only when this connection has sent it more often than the
//     log holds it. So honest duplicates survive and replays vanish, also partial ones.
//   - Stats are replayed at most once and first, and may be out of date; all others are new.
//   - A state is a level: it is new when it says something else than the last one.
type held struct {
	unsent     map[uint64]int // by hash: how often the log holds it and this connection has not sent it yet
	stats      map[uint64]struct{}
	statsHeard bool // this connection has sent stats
	state      stateKey
}

// stateKey is what makes a state differ from the one before.
type stateKey struct {
	hash      uint64 // of the run but for modified_at, which differs on each connection
	hasOutput bool
}

func newHeld() *held { return &held{unsent: make(map[uint64]int), stats: make(map[uint64]struct{})} }

// loadHeld reads what the log of a task holds up to seq last.
func loadHeld(ctx context.Context, store taskyard.Store, num, last int64) (*held, error) {
	h := newHeld()
	for after := int64(0); after < last; {
		events, err := store.Events(ctx, num, after, last, 1000, 4<<20)
		if err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
		if len(events) == 0 {
			return nil, fmt.Errorf("read log: nothing between %d and %d", after, last)
		}
		for _, ev := range events {
			h.remember(ev)
		}
		after = events[len(events)-1].Seq
	}
	return h, nil
}

func (h *held) remember(ev taskyard.Event) {
	switch {
	case ev.Type == kindState:
		h.state = keyOf(ev.Data)
	case ev.Type == kindStats:
		h.stats[hashOf(ev.Type, ev.Data)] = struct{}{}
	case ev.Type == taskyard.NoteInvalidFrame || !strings.HasPrefix(ev.Type, taskyard.NotePrefix):
		h.unsent[hashOf(ev.Type, ev.Data)]++
	}
}

// isReplay reports whether the log already holds this event, and counts that it was sent.
func (h *held) isReplay(kind string, data json.RawMessage) bool {
	switch kind {
	case kindState:
		return h.isReplayedState(keyOf(data))
	case kindStats:
		first := !h.statsHeard
		h.statsHeard = true
		if !first || len(h.stats) == 0 {
			return false
		}
		_, known := h.stats[hashOf(kind, data)]
		return known
	}
	if len(h.unsent) == 0 {
		return false // the common case, live: nothing to compare with
	}
	hash := hashOf(kind, data)
	n, known := h.unsent[hash]
	if n <= 1 {
		delete(h.unsent, hash)
	} else {
		h.unsent[hash] = n - 1
	}
	return known
}

func (h *held) isReplayedState(key stateKey) bool {
	if key.hash == h.state.hash && (h.state.hasOutput || !key.hasOutput) {
		return true
	}
	h.state = key
	return false
}

// seed makes hashes differ from process to process; they are never stored.
var seed = maphash.MakeSeed()

// hashOf hashes an event by its meaning: key order and white space do not count, number literals do.
func hashOf(kind string, data json.RawMessage) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(kind)
	h.WriteByte(0)
	h.Write(canonical(data))
	return h.Sum64()
}

func keyOf(state json.RawMessage) stateKey {
	var s struct {
		Run    map[string]json.RawMessage `json:"run"`
		Output json.RawMessage            `json:"output"`
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return stateKey{hash: hashOf(kindState, state)}
	}
	delete(s.Run, "modified_at")
	run, err := json.Marshal(s.Run)
	if err != nil {
		return stateKey{hash: hashOf(kindState, state)}
	}
	return stateKey{hash: hashOf(kindState, run), hasOutput: present(s.Output)}
}

// canonical returns JSON with sorted keys and no white space; what is not one JSON value is returned as it is.
func canonical(data json.RawMessage) []byte {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return data
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return data
	}
	out, err := json.Marshal(v)
	if err != nil {
		return data
	}
	return out
}

// present reports whether a JSON value was given and is not null.
func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// storable replaces what the store takes in no text of its own: bytes that are no UTF-8, and NUL. JSON has neither but as
// an escape, yet a text that is read out of it may have a NUL, as pages of the web do.
func storable[T ~string](text T) T {
	return T(strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\x00", "\uFFFD"))
}

// validUTF8 replaces what is not UTF-8, which the database and every reader would stumble over.
func validUTF8(data []byte) []byte {
	if utf8.Valid(data) {
		return data
	}
	return bytes.ToValidUTF8(data, []byte("\uFFFD"))
}
