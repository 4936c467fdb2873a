package store

import (
	"context"
	"sync"
	"time"
)

const (
	// queueBytes bounds what waits to be committed. Beyond it Append blocks, and with it whoever reads from
	// upstream: the network holds what memory should not.
	queueBytes = 64 << 20

	// batchBytes and batchWrites bound one commit, so that creates and River get the connection in between. A
	// full batch takes some 20 ms.
	batchBytes  = 4 << 20
	batchWrites = 1000
)

// journal is the one writer of logs. It gathers what owners append within a window and commits it together: a
// commit costs as much as several events.
type journal struct {
	window time.Duration
	commit func(batch []*pending)

	mu     sync.Mutex // guards the fields below
	room   sync.Cond  // bytes fell, or closed was set
	queue  []*pending
	bytes  int       // of what is queued or being committed
	queued int       // bytes of what is queued
	oldest time.Time // when the queue was last empty
	closed bool      // nothing is taken any more

	arrived chan struct{} // capacity 1: that something came is remembered while a batch is committed
	full    chan struct{} // capacity 1, likewise: the queue holds a whole batch, do not wait for the window
	closing chan struct{} // closed with closed
	done    chan struct{} // closed when run has returned
}

// startJournal starts the writer. commit is called by it alone, one batch after the other.
func startJournal(window time.Duration, commit func([]*pending)) *journal {
	j := &journal{
		window:  window,
		commit:  commit,
		arrived: make(chan struct{}, 1),
		full:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
	}
	j.room.L = &j.mu
	go j.run() // stop waits for it
	return j
}

// add queues p, or blocks until there is room. A write larger than the whole queue goes when it is alone.
func (j *journal) add(p *pending) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for !j.closed && j.bytes > 0 && j.bytes+p.size > queueBytes {
		j.room.Wait()
	}
	if j.closed {
		return errClosed()
	}
	if len(j.queue) == 0 {
		j.oldest = time.Now()
	}
	j.queue = append(j.queue, p)
	j.bytes += p.size
	j.queued += p.size
	signal(j.arrived)
	if j.queued >= batchBytes || len(j.queue) >= batchWrites {
		signal(j.full)
	}
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // the signal before has not been heard yet; one is enough
	}
}

func (j *journal) run() {
	defer close(j.done)
	for {
		select {
		case <-j.arrived:
		case <-j.closing:
		}
		j.gather()
		batch, last := j.take()
		if len(batch) > 0 {
			j.commit(batch)
			j.free(batch)
		}
		if last {
			return
		}
	}
}

// gather waits until the oldest write in the queue has waited for the window, or a batch is full.
func (j *journal) gather() {
	j.mu.Lock()
	wait := j.window - time.Since(j.oldest)
	j.mu.Unlock()
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-j.full:
	case <-j.closing:
	}
}

// take removes the next batch from the queue. last is true when nothing can follow it.
func (j *journal) take() (batch []*pending, last bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := 0
	for len(batch) < len(j.queue) && len(batch) < batchWrites && (size == 0 || size+j.queue[len(batch)].size <= batchBytes) {
		size += j.queue[len(batch)].size
		batch = j.queue[:len(batch)+1]
	}
	j.queue = j.queue[len(batch):]
	j.queued -= size
	if len(j.queue) > 0 {
		signal(j.arrived)
	}
	return batch, j.closed && len(j.queue) == 0
}

// free gives a committed batch's bytes back to those who wait for room.
func (j *journal) free(batch []*pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, p := range batch {
		j.bytes -= p.size
		batch[i] = nil // the array behind the queue lives on
	}
	j.room.Broadcast()
}

// stopped reports whether the journal has been told to stop.
func (j *journal) stopped() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.closed
}

// stop takes no more, commits what is queued and returns when the writer has ended. When ctx ends first, what is
// still queued is refused; the batch that is being committed is waited for.
func (j *journal) stop(ctx context.Context) error {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.closing)
		j.room.Broadcast()
	}
	j.mu.Unlock()
	select {
	case <-j.done:
		return nil
	case <-ctx.Done():
	}
	j.refuse()
	<-j.done
	return context.Cause(ctx)
}

// refuse drops the queue.
func (j *journal) refuse() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range j.queue {
		j.bytes -= p.size
		p.receipt.Resolve(errClosed())
	}
	j.queue, j.queued = nil, 0
}
