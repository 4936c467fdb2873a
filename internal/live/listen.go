package live

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// listen hears the other nodes, on one connection after the other, until ctx ends.
func (r *Relay) listen(ctx context.Context) {
	for {
		err := r.listenOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		r.cfg.Logger.DebugContext(ctx, "the connection that listens to the other nodes is lost", "err", err)
		if !sleep(ctx, relayRetry) {
			return
		}
	}
}

// listenOnce hears the other nodes until the connection breaks or is reset.
func (r *Relay) listenOnce(ctx context.Context) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() { // it is no loss if the server does not hear of it
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), sayTimeout)
		defer cancel()
		_ = conn.Close(closing)
	}()
	r.begin(cancel)
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		r.receive(n.Payload)
	}
}

// connect returns a connection that listens. It is none of the pool's any more, as it breaks when it is reset.
func (r *Relay) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	pooled, err := r.cfg.Pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := pooled.Exec(ctx, `LISTEN `+channel); err != nil {
		pooled.Release()
		return nil, err
	}
	return pooled.Hijack(), nil
}

// begin notes a new connection. What was said before it is missed.
func (r *Relay) begin(reset func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reset = reset
	clear(r.peers)
	wake(r.behind)
}

// receive acts on a message.
func (r *Relay) receive(payload string) {
	m, err := parseMessage(payload)
	if err != nil {
		r.cfg.Logger.Warn("a notification on this database's channel "+channel+" is not from a node", "bytes", len(payload))
		return
	}
	if !r.count(m) {
		return
	}
	switch m.kind {
	case kindMoved:
		r.cfg.Hub.announceIDs(m.args)
	case kindLost:
		wake(r.behind)
	case kindBeat:
	default:
		r.cfg.Heard(m.kind, m.args)
	}
}

// count keeps count of what each node says, and reports whether this is news from another.
func (r *Relay) count(m message) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if m.from == r.from {
		r.self = now
		return false
	}
	before, known := r.peers[m.from]
	if !known && len(r.peers) == maxPeers {
		return true
	}
	if m.n > before.n+1 {
		wake(r.behind)
	}
	r.peers[m.from] = peer{max(m.n, before.n), now}
	return m.n > before.n
}
