package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// turns lets n callers await a lane at once and returns when each had its turn, in order.
func turns(t *testing.T, l *lane, n int) []time.Duration {
	t.Helper()
	begun := time.Now()
	var mu sync.Mutex // guards times
	var times []time.Duration
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := l.await(t.Context(), func(time.Time, string) error { return nil }); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, time.Since(begun))
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times
}

// most is the largest number of turns within any span of that length.
func most(times []time.Duration, span time.Duration) int {
	largest, from := 0, 0
	for i, at := range times {
		for at-times[from] >= span {
			from++
		}
		largest = max(largest, i-from+1)
	}
	return largest
}

// 10,000 tasks that reconnect at the same moment open their streams over five seconds, also when all of them were
// held until then.
func TestTenThousandReconnectsAreSpread(t *testing.T) {
	for name, held := range map[string]time.Duration{"at once": 0, "after a hold": 20 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLane(readsPerSecond, readBurst)
				l.hold(held, "429")
				times := turns(t, l, 10_000)
				if first := times[0]; first != held {
					t.Errorf("the first one goes after %s", first)
				}
				if n := most(times, 100*time.Millisecond); n > readBurst+readsPerSecond/10+1 {
					t.Errorf("%d within 100 ms", n)
				}
				if last := times[len(times)-1] - held; last > 5*time.Second {
					t.Errorf("the last one goes after %s", last)
				}
			})
		})
	}
}

// A minute of creates is never more than it may be, wherever it begins.
func TestNoMinuteHasMoreCreatesThanItMay(t *testing.T) {
	for _, perMinute := range []int{10, 60, 2000} {
		synctest.Test(t, func(t *testing.T) {
			l := newLane(createLimit(perMinute))
			time.Sleep(time.Hour) // at rest, with all its turns
			times := turns(t, l, 3*perMinute)
			if n := most(times, time.Minute); n > perMinute || n < perMinute*8/10 {
				t.Errorf("%d creates within a minute, and %d are allowed", n, perMinute)
			}
		})
	}
}

// A 429 that comes while others wait for their turns holds them as well.
func TestHoldReachesThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(createLimit(60)) // a burst of 6, then one in 1.1 s
		time.AfterFunc(500*time.Millisecond, func() { l.hold(10*time.Second, "429") })
		times := turns(t, l, 8)
		if times[5] != 0 || times[6] < 10*time.Second {
			t.Errorf("turns at %v", times)
		}
	})
}

func TestTurnThatIsNotWaitedForIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(createLimit(10)) // one in 6.7 s
		turns(t, l, 1)
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		if err := l.await(ctx, func(time.Time, string) error { return nil }); !errors.Is(err, gone) {
			t.Errorf("it ended with %v", err)
		}
		if times := turns(t, l, 1); times[0] > 6*time.Second {
			t.Errorf("the next one waits for %s, behind one who has gone", times[0])
		}
	})
}

// Keys are told apart, share their pace while they are used, and are forgotten afterwards.
func TestPacesAreOfTheirKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paces{byKey: make(map[paceKey]*pace)}
		a, leaveA := p.join("parallel", "key-a", 2000)
		again, leaveAgain := p.join("parallel", "key-a", 2000)
		b, leaveB := p.join("parallel", "key-b", 2000)
		elsewhere, leaveElsewhere := p.join("simulator", "key-a", 0)
		if a != again || a == b || a == elsewhere {
			t.Error("the paces are not those of their keys")
		}
		leaveA()
		leaveB()
		leaveElsewhere()
		time.Sleep(paceLife + time.Second)
		kept, leaveKept := p.join("parallel", "key-a", 2000)
		if kept != a || len(p.byKey) != 1 {
			t.Errorf("%d keys are remembered", len(p.byKey))
		}
		leaveKept()
		leaveAgain()
	})
}

// Each of several nodes has its part of the reads, and all of them when the others are gone.
func TestReadsAreDividedAmongNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := 4
		l := newLane(readsPerSecond, readBurst)
		l.nodes = func() int { return nodes }
		span := func() time.Duration {
			times := turns(t, l, readsPerSecond)
			return times[len(times)-1] - times[0]
		}
		if took, want := span(), 4*time.Duration(readsPerSecond-readBurst)*time.Second/readsPerSecond; (took - want).Abs() > 10*time.Millisecond {
			t.Errorf("a fourth of the reads took %s, want %s", took, want)
		}
		nodes = 1
		if took := span(); took > time.Second+10*time.Millisecond {
			t.Errorf("all of the reads took %s", took)
		}
	})
}
