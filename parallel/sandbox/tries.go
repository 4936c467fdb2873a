package sandbox

import (
	"crypto/sha256"
	"sync"
)

// tries number the creates, and remember those that were refused on purpose and may be sent again.
type tries struct {
	mu   sync.Mutex // guards all below
	next int64
	open map[[sha256.Size]byte]try // by key and body
}

// try is a create that is being answered.
type try struct {
	id      [sha256.Size]byte
	n       int64
	refused int // times before this one
}

// maxOpenTries bounds the creates that are remembered as refused; beyond it, all are forgotten and begin anew.
const maxOpenTries = 100_000

// begin numbers a create; one that is sent again has the number it had.
func (t *tries) begin(key string, body []byte) try {
	hash := sha256.New()
	hash.Write([]byte(key))
	hash.Write(body)
	id := [sha256.Size]byte(hash.Sum(nil))
	t.mu.Lock()
	defer t.mu.Unlock()
	if earlier, ok := t.open[id]; ok {
		delete(t.open, id) // the same create once more at this moment is another
		return earlier
	}
	t.next++
	return try{id: id, n: t.next - 1}
}

// refuse remembers that a create was refused once more.
func (t *tries) refuse(done try) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil || len(t.open) >= maxOpenTries {
		t.open = map[[sha256.Size]byte]try{}
	}
	done.refused++
	t.open[done.id] = done
}

// skip makes n a number that is taken.
func (t *tries) skip(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next = max(t.next, n+1)
}
