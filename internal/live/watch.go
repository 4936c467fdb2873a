package live

import (
	"context"
	"time"
)

// clockSlack is how much the clocks of nodes may differ without a task being overlooked that moved on another.
const clockSlack = time.Minute

// watch beats, and looks what has moved when something may have been missed, until ctx ends.
func (r *Relay) watch(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	sure := time.Now() // until then nothing was missed
	wasDeaf := false
	for {
		look := false
		select {
		case <-r.behind:
			look = true
		case <-ticker.C:
			r.out.tell(kindBeat)
		case <-ctx.Done():
			return
		}
		deaf, missing := r.check()
		if deaf != wasDeaf {
			r.sayDeaf(ctx, deaf)
			look, wasDeaf = true, deaf
		}
		begun := time.Now()
		if look || deaf || missing {
			if err := r.look(ctx, sure); err != nil {
				wake(r.behind)
				if !sleep(ctx, relayRetry) {
					return
				}
				continue
			}
		}
		sure = begun
	}
}

func (r *Relay) sayDeaf(ctx context.Context, deaf bool) {
	if deaf {
		r.cfg.Logger.WarnContext(ctx, "nothing is heard from the database: this node looks each second what the others did")
	} else {
		r.cfg.Logger.WarnContext(ctx, "the database is heard again")
	}
}

// check reports whether this node hears nothing, and whether another one has fallen silent. The connection of a node
// that hears nothing is given up, each time for a new one.
func (r *Relay) check() (deaf, missing bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if deaf = time.Since(r.self) > deafAfter; deaf && r.reset != nil {
		r.reset()
		r.reset = nil
	}
	for name, p := range r.peers {
		if time.Since(p.at) > deafAfter { // it may have died between a commit and its announcement
			delete(r.peers, name)
			missing = true
		}
	}
	return deaf, missing
}

// look wakes all readers, and names those who follow all tasks the ones that may have moved.
func (r *Relay) look(ctx context.Context, since time.Time) error {
	r.cfg.Hub.wakeAll()
	if !r.cfg.Hub.followed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	ids, err := r.cfg.Moved(ctx, since.Add(-clockSlack))
	if err != nil {
		return err
	}
	r.cfg.Hub.announceIDs(ids)
	return nil
}
