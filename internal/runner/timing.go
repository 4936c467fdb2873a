package runner

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Timing are the waits of a drive. [DefaultTiming] gives the product's; tests shorten them.
type Timing struct {
	// StreamAge is how long upstream keeps a stream open (docs, "Streaming Events": 570 s). A clean end near it is
	// the timetable, not a failure.
	StreamAge time.Duration
	// Quiet is how long a stream may bring no byte at all, its headers included, before it is taken for dead and
	// opened again. The slowest processors are silent for many minutes, so each stream in a row that brings
	// nothing new is given twice the time, up to StreamAge.
	Quiet time.Duration
	// Linger is how long a stream that opened on an ended run may go on without an event: its trace and its output
	// come after the opening state.
	Linger time.Duration
	// Call bounds the create and status calls.
	Call time.Duration
	// ResultPoll is how long upstream may hold one call for the result; shorter than what proxies cut (60 s).
	ResultPoll time.Duration
	// Poll is how often the status is asked for where the events cannot be read.
	Poll time.Duration
	// BackoffMin and BackoffMax bound the waits between attempts, which double and have full jitter.
	BackoffMin, BackoffMax time.Duration
	// Forget is how long upstream must say that it does not know a run before that is believed.
	Forget time.Duration
	// Cancel bounds how long a run that is being cancelled is followed.
	Cancel time.Duration
}

// DefaultTiming are the product's waits.
func DefaultTiming() Timing {
	return Timing{
		StreamAge:  570 * time.Second,
		Quiet:      2 * time.Minute,
		Linger:     5 * time.Second,
		Call:       60 * time.Second,
		ResultPoll: 30 * time.Second,
		Poll:       10 * time.Second,
		BackoffMin: 500 * time.Millisecond,
		BackoffMax: 30 * time.Second,
		Forget:     time.Minute,
		Cancel:     30 * time.Second,
	}
}

// backoff returns the wait before the given attempt (from 1): full jitter below a ceiling that doubles, but no
// less than upstream asked for.
func (t Timing) backoff(attempt int, retryAfter time.Duration) time.Duration {
	ceiling := min(t.BackoffMin<<min(attempt-1, 16), t.BackoffMax)
	return max(rand.N(ceiling)+1, min(retryAfter, maxRetryAfter))
}

// patience is how long the stream after this one may be silent.
func (t Timing) patience(now time.Duration, end closed) time.Duration {
	switch {
	case end.fresh > 0:
		return t.Quiet
	case errors.Is(end.cause, errQuiet):
		return min(2*now, t.StreamAge)
	}
	return now
}

// maxRetryAfter bounds what upstream may ask for, so that a wrong header cannot park a task for a day.
const maxRetryAfter = 15 * time.Minute

// scheduled reports whether a stream that ended cleanly at this age ended by upstream's timetable. A tenth is
// left for clocks and proxies.
func (t Timing) scheduled(age time.Duration) bool { return age >= t.StreamAge-t.StreamAge/10 }
