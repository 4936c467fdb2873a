package app

import (
	"context"
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/limit"
)

// What one client may have unless it is said otherwise: a person with a browser, and a program that a team gave a token.
var (
	defaultVisitor = limit.Limits{Pace: 20, Tasks: 50, Streams: 100}
	defaultToken   = limit.Limits{Pace: 200, Tasks: 5000, Streams: 1000}
)

// DefaultLimits are those of a visitor and of a token, as flags have them.
func DefaultLimits() (visitor, token string) { return defaultVisitor.String(), defaultToken.String() }

// newLimiter bounds what clients take; where nobody is asked who they are, only what all take together. The configuration has
// been checked.
func (a *App) newLimiter(pseudonym func(string) string) *limit.Limiter {
	cfg := limit.Config{
		Stream:    func(pattern string) bool { return strings.HasSuffix(pattern, "/events") }, // whatever its method
		Pseudonym: pseudonym, Logger: a.log,
	}
	if !a.cfg.asksNobody() {
		cfg.Visitors, _ = defaultVisitor.Parse(a.cfg.VisitorLimits)
		cfg.Tokens, _ = defaultToken.Parse(a.cfg.TokenLimits)
		cfg.Proxies, _ = limit.ParseProxies(a.cfg.TrustedProxies)
	}
	return limit.New(cfg)
}

// admit counts a request before it says whether its sender may use the address: whoever tries doors is counted too.
func admit(may, paced func(*http.Request) error) func(*http.Request) error {
	return func(r *http.Request) error {
		if err := paced(r); err != nil {
			return err
		}
		return may(r)
	}
}

// paced keeps the pace of what neither the API nor the pages serve.
func paced(l *limit.Limiter, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := l.Admit(r); err != nil {
			w.Header().Set("Retry-After", taskyard.RetryAfter(err))
			http.Error(w, err.Error(), http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mayTake returns why whoever asks may not take up room on the disk, if so: what is left of it belongs to the tasks under way.
func (a *App) mayTake(ctx context.Context) error {
	if viewer, _ := taskyard.ViewerOf(ctx); !viewer.IsVisitor() || a.cfg.asksNobody() || a.notice() == "" {
		return nil
	}
	return taskyard.Errorf(taskyard.CodeUnavailable, "This server has little room left, and takes no tasks of visitors until there is more.")
}
