package live

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/taskyard/taskyard"
)

const (
	// channel is what nodes listen to.
	channel = "taskyard"
	// beatEvery is how often each node says something, so that it and the others know that it can be heard, and that a
	// message that was lost shows by the next one's number.
	beatEvery = time.Second
	// deafAfter is how long after a node last heard itself it stops trusting what it hears, and looks instead.
	deafAfter = 3 * time.Second
	// sayTimeout bounds one NOTIFY, connectTimeout the way to a connection that listens.
	sayTimeout     = 2 * time.Second
	connectTimeout = 3 * time.Second
	// relayRetry is the wait after a connection was lost.
	relayRetry = 300 * time.Millisecond
	// farewell bounds what a node that stops has yet to say.
	farewell = time.Second
	// maxPeers bounds the nodes that one keeps count of.
	maxPeers = 1000
)

// Relay carries announcements between nodes that share a PostgreSQL database, by LISTEN and NOTIFY.
//
// What a node announces reaches its own readers at once, by the hub, and those of other nodes in a NOTIFY that is a
// transaction of its own: PostgreSQL lets transactions that notify commit one at a time, which those that write must
// not wait for. So an announcement can be lost, when a node dies between the two, and PostgreSQL promises none to a
// connection that breaks. A reader therefore hears of a gap: each message has a number, each node says one each second,
// and whoever misses one, or was not connected, or hears nothing at all, looks what has moved, the last each second.
type Relay struct {
	cfg  RelayConfig
	from string
	out  *outbox

	behind chan struct{} // capacity 1: something may have been missed

	mu    sync.Mutex      // guards below
	peers map[string]peer // the others, by name
	reset func()          // ends the connection that listens; nil while there is none
	self  time.Time       // when this node last heard itself

	stop    context.CancelFunc
	running sync.WaitGroup
}

// peer is how far a node has been heard.
type peer struct {
	n  int64
	at time.Time
}

// RelayConfig is what a relay needs.
type RelayConfig struct {
	Hub *Hub
	// Pool has two connections for it: one hears and one speaks.
	Pool *pgxpool.Pool
	// Moved returns the ids of tasks that may have moved since a time, for when nothing was heard.
	Moved func(ctx context.Context, since time.Time) ([]string, error)
	// Heard is called with what else nodes were told: see [Relay.Tell]. It must not block.
	Heard  func(kind string, args []string)
	Logger *slog.Logger
}

// NewRelay returns a relay that carries nothing before Start.
func NewRelay(cfg RelayConfig) *Relay {
	return &Relay{
		cfg: cfg, from: strings.ToLower(rand.Text()), out: newOutbox(), behind: make(chan struct{}, 1), peers: make(map[string]peer),
	}
}

// Announce wakes whoever watches these tasks, on this node and on the others. It never blocks.
func (r *Relay) Announce(as []taskyard.Announcement) {
	r.cfg.Hub.Announce(as)
	r.out.announce(as)
}

// Tell says something else to the other nodes, which hear it once or not at all. It never blocks. Arguments are visible
// ASCII; what has others is not sent.
func (r *Relay) Tell(kind string, args ...string) { r.out.tell(kind, args...) }

// Start begins to carry.
func (r *Relay) Start(ctx context.Context) {
	ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.self = time.Now()
	r.running.Go(func() { r.speak(ctx) })
	r.running.Go(func() { r.listen(ctx) })
	r.running.Go(func() { r.watch(ctx) })
}

// Stop says what is left to say and ends it.
func (r *Relay) Stop() {
	if r.stop != nil {
		r.stop()
		r.running.Wait()
	}
}

// speak sends what is due. A message that could not be sent comes before later ones, and may come twice.
func (r *Relay) speak(ctx context.Context) {
	var n int64
	for {
		select {
		case <-r.out.due:
		case <-ctx.Done():
			r.sayFarewell(n)
			return
		}
		for _, m := range r.out.take() {
			n++
			for r.notify(ctx, m, n) != nil {
				if !sleep(ctx, relayRetry) {
					return // the others miss this node, and look
				}
			}
		}
	}
}

// sayFarewell tries once what is left, after n messages.
func (r *Relay) sayFarewell(n int64) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	for _, m := range r.out.take() {
		n++
		if r.notify(ctx, m, n) != nil {
			return // the others miss this node, and look
		}
	}
}

// notify sends a message as this node's n-th.
func (r *Relay) notify(ctx context.Context, m message, n int64) error {
	m.from, m.n = r.from, n
	ctx, cancel := context.WithTimeout(ctx, sayTimeout)
	defer cancel()
	_, err := r.cfg.Pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, m.payload())
	return err
}

// sleep reports whether ctx let it wait so long.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
