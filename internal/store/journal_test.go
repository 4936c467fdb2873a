package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
)

// recorder is a commit that takes as long as it is told and keeps the sizes and times of batches.
type recorder struct {
	mu      sync.Mutex // guards the fields below
	batches []int
	at      []time.Duration
	start   time.Time
	takes   time.Duration
}

func (r *recorder) commit(batch []*pending) {
	r.mu.Lock()
	r.batches = append(r.batches, len(batch))
	r.at = append(r.at, time.Since(r.start))
	r.mu.Unlock()
	time.Sleep(r.takes)
	for _, p := range batch {
		p.receipt.Resolve(nil)
	}
}

func sized(bytes int) *pending { return &pending{size: bytes, receipt: taskyard.NewReceipt()} }

func TestJournalGathersAWindowAndCommitsItTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{start: time.Now(), takes: time.Millisecond}
		j := startJournal(5*time.Millisecond, r.commit)
		for range 3 { // at 0, 2 and 4 ms
			if err := j.add(sized(1)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Millisecond)
		}
		// At 6 ms the three are committed. The next waits for a window of its own.
		if err := j.add(sized(1)); err != nil {
			t.Fatal(err)
		}
		if err := j.stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(r.batches) != 2 || r.batches[0] != 3 || r.batches[1] != 1 || r.at[0] != 5*time.Millisecond {
			t.Errorf("batches %v at %v", r.batches, r.at)
		}
	})
}

func TestJournalDoesNotWaitForTheWindowWithAFullBatch(t *testing.T) {
	for name, add := range map[string]struct{ writes, size, batches int }{
		"of writes": {batchWrites + 1, 1, 2},
		"of bytes":  {5, batchBytes / 2, 3},
		"of one":    {2, batchBytes * 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := recorder{start: time.Now()}
				j := startJournal(time.Hour, r.commit)
				var last *pending
				for range add.writes {
					last = sized(add.size)
					if err := j.add(last); err != nil {
						t.Fatal(err)
					}
				}
				synctest.Wait()
				if r.at[0] != 0 {
					t.Errorf("the first batch went after %v", r.at[0])
				}
				if err := j.stop(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := last.receipt.Wait(t.Context()); err != nil {
					t.Error(err)
				}
				total := 0
				for _, n := range r.batches {
					total += n
				}
				if len(r.batches) > add.batches || total != add.writes {
					t.Errorf("batches %v of %d writes", r.batches, add.writes)
				}
			})
		})
	}
}

func TestJournalHoldsWritersBackWhenItsQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{start: time.Now(), takes: time.Second}
		j := startJournal(time.Millisecond, r.commit)
		var added atomic.Int64
		done := make(chan struct{}) // closed when the writer has ended
		go func() {
			defer close(done)
			for range 20 { // twice what the queue holds
				if err := j.add(sized(queueBytes / 10)); err != nil {
					t.Error(err)
				}
				added.Add(1)
			}
		}()
		synctest.Wait()
		if n := added.Load(); n != 10 {
			t.Errorf("%d writes were taken at once, the queue holds 10", n)
		}
		<-done
		if err := j.stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if j.bytes != 0 || j.queued != 0 {
			t.Errorf("%d bytes, %d queued after the end", j.bytes, j.queued)
		}
	})
}

func TestJournalRefusesWhatIsQueuedWhenStoppingTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := recorder{start: time.Now(), takes: time.Minute}
		j := startJournal(time.Millisecond, r.commit)
		under := sized(batchBytes)
		if err := j.add(under); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it is being committed
		behind := sized(1)
		if err := j.add(behind); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := j.stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stop: %v", err)
		}
		if err := under.receipt.Wait(t.Context()); err != nil {
			t.Errorf("the write that was being committed: %v", err)
		}
		wantError(t, behind.receipt.Wait(t.Context()), taskyard.CodeUnavailable, "closed")
		wantError(t, j.add(sized(1)), taskyard.CodeUnavailable, "closed")
	})
}
