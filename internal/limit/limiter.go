package limit

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/taskyard/taskyard"
)

const (
	// burst is how many seconds' worth of requests a client may send at once: a page asks for several things, and many
	// people can share one address.
	burst = 20
	// changeCost is how many requests a visitor's counts for that changes something: it is kept on disk.
	changeCost = 10
	// wrongCost is how many requests a wrong token counts for.
	wrongCost = 20

	// visitorRequests and tokenRequests are how many requests of one client may be under way at a time, besides streams: each
	// may hold a form, or a result that its reader takes slowly.
	visitorRequests = 20
	tokenRequests   = 100
	// allBodies is how many bytes of bodies the requests under way may have sent, all together: they are in memory.
	allBodies = 256 << 20
	// allStreams is how many streams may be open at a time; each costs some 40 KiB.
	allStreams = 20_000
	// fullRetry is how long whoever meets that is told to stay away.
	fullRetry = 5 * time.Second

	// tellEvery is how often the log is told of refusals.
	tellEvery = 10 * time.Second

	// knownClients is how many clients' paces are remembered; whoever was not seen for longest begins anew.
	knownClients = 100_000
)

// Config is what a limiter needs.
type Config struct {
	Visitors Limits         // of one address without a token; zero is none, and counts nothing
	Tokens   Limits         // of one token
	Proxies  []netip.Prefix // whose word on whom they ask for is believed
	// Stream reports whether a route's answer lasts for as long as its reader stays.
	Stream func(pattern string) bool
	// Pseudonym names an address where it is stored; it cannot be led back to it without a key.
	Pseudonym func(address string) string
	Logger    *slog.Logger
}

// Limiter counts what clients take.
type Limiter struct {
	cfg    Config
	warned sync.Once

	refused atomic.Int64   // since the log last said so
	tells   rate.Sometimes // tells the log of refusals, so that a flood of requests is none of lines

	mu          sync.Mutex
	paces       *simplelru.LRU[string, *rate.Limiter]
	held        map[string]*held // by client, of those that have a request under way
	streams     int
	bodies      int64          // bytes that the requests under way have sent
	connected   map[string]int // connections, by address
	connections int
}

// held is what a client has under way.
type held struct{ requests, streams int }

// New returns a limiter.
func New(c Config) *Limiter {
	paces, err := simplelru.NewLRU[string, *rate.Limiter](knownClients, nil)
	if err != nil {
		panic(err) // the size is ours
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Limiter{cfg: c, tells: rate.Sometimes{Interval: tellEvery}, paces: paces, held: make(map[string]*held), connected: make(map[string]int)}
}

// visit is one request.
type visit struct {
	address string // names the client if there is no token
	client  string // "" until it is admitted
	body    int64  // bytes that it has sent
	stream  bool
}

type visitKey struct{}

// Handler finds out where requests come from, sets their RemoteAddr to that, and counts them out when they have ended. [Limiter.Admit] counts them in,
// when it is known who asks and for what.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := l.address(r)
		v := &visit{address: clientOf(from)}
		defer l.leave(v)
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if r.Body != http.NoBody {
			r.Body = &body{r.Body, l, v}
		}
		if from.IsValid() {
			r.RemoteAddr = from.String() // for the log: the port says nothing of whoever asks
		}
		next.ServeHTTP(w, r)
	})
}

// client is who asks, and what they may have.
type client struct {
	name    string
	visitor bool
	limits  Limits
}

func (l *Limiter) client(ctx context.Context, v *visit) client {
	if viewer, _ := taskyard.ViewerOf(ctx); !viewer.IsVisitor() {
		return client{"token " + viewer.ID, false, l.cfg.Tokens}
	}
	return client{v.address, true, l.cfg.Visitors}
}

func (c client) requests() int {
	if c.visitor {
		return visitorRequests
	}
	return tokenRequests
}

// visitOf is the request that a context belongs to; one that did not come through [Limiter.Handler] is nobody's.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// Admit counts a request in, or returns why it must wait.
func (l *Limiter) Admit(r *http.Request) error {
	err := l.admit(r)
	if err != nil {
		l.refused.Add(1)
		l.tells.Do(func() {
			l.cfg.Logger.Info("requests were refused for their number", "count", l.refused.Swap(0), "newestFrom", r.RemoteAddr, "newestBecause", err)
		})
	}
	return err
}

func (l *Limiter) admit(r *http.Request) error {
	v := visitOf(r.Context())
	if v.client != "" {
		return nil // counted
	}
	c, stream := l.client(r.Context(), v), l.cfg.Stream(r.Pattern)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.pace(r, c); err != nil {
		return err
	}
	if err := l.room(stream, c); err != nil {
		return err
	}
	v.client, v.stream = c.name, stream
	h := l.held[c.name]
	if h == nil {
		h = &held{}
		l.held[c.name] = h
	}
	if stream {
		h.streams++
		l.streams++
	} else {
		h.requests++
	}
	return nil
}

// pace takes what a request costs from what its client has left.
func (l *Limiter) pace(r *http.Request, c client) error {
	if c.limits.Pace == 0 {
		return nil
	}
	cost := 1
	if reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions; c.visitor && !reads {
		cost = changeCost
	}
	now := time.Now()
	taken := l.paceOf(c).ReserveN(now, cost)
	if wait := taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
		return tooMany(wait, "You ask too often: %d requests a second are what one client may send over time.", c.limits.Pace)
	}
	return nil
}

func (l *Limiter) paceOf(c client) *rate.Limiter {
	if pace, known := l.paces.Get(c.name); known {
		return pace
	}
	pace := rate.NewLimiter(rate.Limit(c.limits.Pace), c.limits.Pace*burst)
	l.paces.Add(c.name, pace)
	return pace
}

// room returns why there is none for one more, if so.
func (l *Limiter) room(stream bool, c client) error {
	var has held
	if h := l.held[c.name]; h != nil {
		has = *h
	}
	switch {
	case stream && l.streams >= allStreams:
		return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: "The server has as many streams open as it can.", RetryAfter: fullRetry}
	case stream && c.limits.Streams > 0 && has.streams >= c.limits.Streams:
		return tooMany(fullRetry, "You have %d streams open, which is the most at a time.", has.streams)
	case !stream && c.limits != (Limits{}) && has.requests >= c.requests():
		return tooMany(time.Second, "%d of your requests are under way, which is the most at a time.", has.requests)
	}
	return nil
}

// tooMany is a refusal with the time after which it may be over.
func tooMany(wait time.Duration, format string, args ...any) error {
	seconds := math.Ceil(wait.Seconds())
	return &taskyard.Error{
		Code: taskyard.CodeRateLimited, RetryAfter: wait,
		Message: fmt.Sprintf(format, args...) + fmt.Sprintf(" Try again in %g s.", seconds),
	}
}

func (l *Limiter) leave(v *visit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bodies -= v.body
	if v.client == "" {
		return
	}
	h := l.held[v.client]
	if v.stream {
		h.streams--
		l.streams--
	} else {
		h.requests--
	}
	if *h == (held{}) {
		delete(l.held, v.client)
	}
}

// Wrong counts a wrong token. It takes what there is left and no more: whoever shares the address shall not wait for long.
func (l *Limiter) Wrong(r *http.Request) {
	v := visitOf(r.Context())
	if l.cfg.Visitors.Pace == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, pace := time.Now(), l.paceOf(client{v.address, true, l.cfg.Visitors})
	pace.AllowN(now, min(wrongCost, int(pace.TokensAt(now))))
}

// Allotment is how many tasks whoever asks may have under way.
func (l *Limiter) Allotment(ctx context.Context) taskyard.Allotment {
	c := l.client(ctx, visitOf(ctx))
	if c.limits.Tasks == 0 {
		return taskyard.Allotment{}
	}
	if c.visitor {
		c.name = l.cfg.Pseudonym(c.name)
	}
	return taskyard.Allotment{Client: c.name, Most: c.limits.Tasks}
}
