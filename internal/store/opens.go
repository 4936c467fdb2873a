package store

import (
	"database/sql"
	"maps"
	"slices"
	"sync"
	"time"
)

// opensWindow is how long opens of links are counted in memory before they are stored: a link that is asked for a
// thousand times a second is written six times a minute, with all others in one transaction.
const opensWindow = 10 * time.Second

// opens counts how often links are opened. Only links that there are come here, so their number bounds it.
type opens struct {
	store func(map[string]opened) // what to do with the counts

	storing sync.Mutex // is held while counts are stored, which come in their order

	mu     sync.Mutex // guards what follows
	counts map[string]opened
	timer  *time.Timer // stores the counts; nil while there are none
	closed bool
}

// opened is how often a link was opened, and when last, in Unix milliseconds.
type opened struct{ times, last int64 }

func (o *opens) count(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if o.timer == nil {
		o.counts = make(map[string]opened)
		o.timer = time.AfterFunc(opensWindow, o.flush)
	}
	o.counts[token] = opened{o.counts[token].times + 1, nowMillis()}
}

// flush stores what was counted.
func (o *opens) flush() {
	o.storing.Lock()
	defer o.storing.Unlock()
	o.mu.Lock()
	counts := o.counts
	o.counts, o.timer = nil, nil
	o.mu.Unlock()
	if len(counts) > 0 {
		o.store(counts)
	}
}

// stop stores what is left, and returns when all is.
func (o *opens) stop() {
	o.mu.Lock()
	o.closed = true
	if o.timer != nil {
		o.timer.Stop()
	}
	o.mu.Unlock()
	o.flush()
}

// ShareOpened counts that a link was opened.
func (s *Store) ShareOpened(token string) { s.opens.count(token) }

const countOpens = `UPDATE share SET opens = opens + $2, opened_at = CASE WHEN opened_at > $3 THEN opened_at ELSE $3 END WHERE token = $1`

// storeOpens adds counts to what is stored, in the order of the links, so that two nodes do not wait for each other. What
// cannot be stored is lost.
func (s *Store) storeOpens(counts map[string]opened) {
	ctx, cancel := s.engine.batchContext() // nobody asks for this, and the end of the store waits for it
	defer cancel()
	err := s.change(ctx, func(tx *sql.Tx) error {
		for _, token := range slices.Sorted(maps.Keys(counts)) {
			if _, err := tx.ExecContext(ctx, countOpens, token, counts[token].times, counts[token].last); err != nil {
				return fault("count opened links", err)
			}
		}
		return nil
	})
	if err != nil {
		s.log.Warn("it is lost how often some links were opened", "links", len(counts), "err", err)
	}
}
