package runner

import (
	"context"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/taskyard/taskyard"
)

const (
	// createBurst is how many creates may follow each other at once. What is left of the minute's creates is spread
	// over the minute, so that no minute, wherever it begins, has more than it may.
	createBurst = 200
	// readsPerSecond, of all nodes together, and readBurst, of each, bound how often streams are opened and the status
	// and the result are asked for: fast enough that 10,000 tasks are followed again 5 s after a restart, and no stampede after an upstream's.
	readsPerSecond = 2000
	readBurst      = 200
	// paceLife is how long the pace of a key is remembered after its last task. By then it is at rest.
	paceLife = 2 * time.Minute
	// sayAfter is how long a task must wait for its turn before it says so.
	sayAfter = time.Second
)

// paces are the paces of all keys, each on one upstream. All tasks of a key share one, and no other key's.
type paces struct {
	mu    sync.Mutex // guards byKey and swept
	byKey map[paceKey]*pace
	turns Turns      // nil where this process is the only one
	nodes func() int // how many nodes share the reads of a key; nil: one
	swept time.Time
}

// paceKey names a key without holding it.
type paceKey [sha256.Size]byte

// pace is how fast one key's calls are made.
type pace struct {
	creates, reads *lane
	users          int // drives under way; guarded by paces.mu
	left           time.Time
}

// join returns the pace of a key, and a function that says that one does not need it any more.
func (p *paces) join(upstream, key string, createsPerMinute int) (*pace, func()) {
	name := paceKey(sha256.Sum256([]byte(upstream + "\x00" + key)))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep()
	of := p.byKey[name]
	if of == nil {
		of = &pace{creates: newLane(createLimit(createsPerMinute)), reads: newLane(readsPerSecond, readBurst)}
		of.reads.nodes = p.nodes
		if p.turns != nil && createsPerMinute > 0 {
			of.creates.share(p.turns, name)
		}
		p.byKey[name] = of
	}
	of.users++
	return of, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		of.users--
		of.left = time.Now()
	}
}

// sweep forgets keys that nobody uses.
func (p *paces) sweep() {
	if time.Since(p.swept) < paceLife {
		return
	}
	p.swept = time.Now()
	for name, of := range p.byKey {
		if of.users == 0 && time.Since(of.left) > paceLife {
			delete(p.byKey, name)
		}
	}
}

// createLimit spreads a minute's creates, 2 or more; 0 is without a limit.
func createLimit(perMinute int) (rate.Limit, int) {
	if perMinute == 0 {
		return rate.Inf, 0
	}
	burst := min(createBurst, max(1, perMinute/10))
	return rate.Limit(float64(perMinute-burst) / 60), burst
}

// Turns are the turns of calls that many nodes share. A key is named by a hash.
type Turns interface {
	// TakeTurn takes the next turn of a key, which come one in an interval after a burst, and returns how long it is
	// until then. While the key is held, it takes none and returns for how long it is held, and why.
	TakeTurn(ctx context.Context, key []byte, interval time.Duration, burst int) (wait, held time.Duration, reason string, err error)
	// HoldTurns holds a key for some time.
	HoldTurns(ctx context.Context, key []byte, wait time.Duration, reason string) error
}

// lane paces calls of one kind.
type lane struct {
	limiter *rate.Limiter
	shared  Turns // nil unless other nodes call with the same key; then the limiter only says how fast
	key     paceKey
	whole   rate.Limit // of all nodes together
	nodes   func() int // among how many the limit is divided; nil: one

	mu     sync.Mutex // guards below
	until  time.Time  // no call before
	reason string     // in upstream's words
}

func newLane(limit rate.Limit, burst int) *lane {
	return &lane{limiter: rate.NewLimiter(limit, burst), whole: limit}
}

// share takes the turns of a lane from those that many nodes share.
func (l *lane) share(turns Turns, key paceKey) { l.shared, l.key = turns, key }

// turn takes the next turn. It returns how long to wait for it, and what gives it back if it can be given back.
func (l *lane) turn(ctx context.Context) (delay time.Duration, giveBack func(), err error) {
	if l.shared == nil {
		l.divide()
		turn := l.limiter.Reserve()
		return turn.Delay(), turn.Cancel, nil
	}
	interval := time.Duration(float64(time.Second) / float64(l.limiter.Limit()))
	delay, held, reason, err := l.shared.TakeTurn(ctx, l.key[:], interval, l.limiter.Burst())
	if held > 0 { // and no turn is taken: await looks for holds once more
		l.hold(held, reason)
	}
	return delay, func() {}, err
}

// divide gives this node its part of the limit.
func (l *lane) divide() {
	if l.nodes == nil {
		return
	}
	if part := l.whole / rate.Limit(l.nodes()); part != l.limiter.Limit() {
		l.limiter.SetLimit(part)
	}
}

// hold keeps all calls back for some time, because upstream said that there are too many.
func (l *lane) hold(wait time.Duration, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(wait); until.After(l.until) {
		l.until, l.reason = until, reason
	}
}

func (l *lane) held() (wait time.Duration, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.until), l.reason
}

// busy is why a call waits although upstream has refused none.
const busy = "as many calls as upstream allows are being made with this API key"

// await waits for the turn of one call. A wait that is worth a word is told to say, with its end. The turn is taken
// after a hold and not before, so that those who were held do not all go at its end.
func (l *lane) await(ctx context.Context, say func(until time.Time, reason string) error) error {
	for {
		if held, reason := l.held(); held > 0 {
			if err := sayAndWait(ctx, held, reason, say); err != nil {
				return err
			}
			continue
		}
		delay, giveBack, err := l.turn(ctx)
		if err != nil {
			return err
		}
		if err := sayAndWait(ctx, delay, busy, say); err != nil {
			giveBack()
			return err
		}
		if held, _ := l.held(); held <= 0 {
			return nil
		}
	}
}

func sayAndWait(ctx context.Context, delay time.Duration, reason string, say func(time.Time, string) error) error {
	if delay <= 0 {
		return nil
	}
	if delay >= sayAfter {
		if err := say(time.Now().Add(delay), reason); err != nil {
			return err
		}
	}
	return wait(ctx, delay)
}

// heed holds the other calls of this key back when upstream says that there are too many.
func (d *drive) heed(ctx context.Context, l *lane, err error) {
	if !isStatus(err, http.StatusTooManyRequests) {
		return
	}
	delay := min(max(retryAfter(err), d.Timing.BackoffMin), maxRetryAfter)
	reason := d.log.hide.text(err.Error()) // other tasks of the key will show it
	l.hold(delay, reason)
	if l.shared == nil {
		return
	}
	if err := l.shared.HoldTurns(ctx, l.key[:], delay, reason); err != nil { // they find out by a 429 of their own
		d.Logger.WarnContext(ctx, "the other nodes could not be told to wait", "err", err)
	}
}

// awaitCreate waits for the turn of a create, and says so.
func (d *drive) awaitCreate(ctx context.Context) error {
	return d.pace.creates.await(ctx, func(until time.Time, reason string) error {
		return d.log.commit(taskyard.Change{Activity: retryActivity(taskyard.PhaseWaiting, 0, reason, until)})
	})
}

// awaitRead waits for the turn of a stream, a status or a result.
func (d *drive) awaitRead(ctx context.Context) error {
	return d.pace.reads.await(ctx, func(until time.Time, reason string) error {
		return d.log.append(taskyard.Change{Activity: retryActivity(taskyard.PhaseReconnecting, 0, reason, until)})
	})
}
