package live_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.M{M: m}) }

// world is a store that announces to a hub, in a bubble.
type world struct {
	*testing.T
	store *store.Store
	hub   *live.Hub
	live  *live.Live
}

func inBubble(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		synctest.Test(t, func(t *testing.T) {
			hub := live.NewHub()
			s, err := store.Open(t.Context(), store.Config{Database: database, Connections: 8, Announce: hub.Announce})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			test(t, &world{T: t, store: s, hub: hub, live: live.New(s, hub)})
		})
	})
}

// writer owns a task.
type writer struct {
	w     *world
	id    string
	num   int64
	epoch int64
	last  int64
}

func (w *world) task() *writer {
	w.Helper()
	id := taskyard.NewID()
	_, _, err := w.store.Create(w.Context(), taskyard.NewTask{
		ID: id, Processor: "core", Upstream: "parallel", CreatedAt: time.Now(), Request: json.RawMessage(`{}`), Note: event(1),
	}, func(*sql.Tx, taskyard.Task) error { return nil })
	if err != nil {
		w.Fatal(err)
	}
	owned, err := w.store.Take(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return &writer{w, id, owned.Num, owned.Epoch, owned.LastSeq}
}

func event(n int64) taskyard.NewEvent {
	return taskyard.NewEvent{Type: "task_run.progress_msg.plan", Data: json.RawMessage(fmt.Sprint(n)), At: time.Now()}
}

// write appends n events and waits until they are stored.
func (o *writer) write(n int, change taskyard.Change) {
	o.w.Helper()
	var events []taskyard.NewEvent
	for i := range n {
		events = append(events, event(o.last+int64(i)+1))
	}
	if err := o.w.store.Append(taskyard.Write{Task: o.num, ID: o.id, Epoch: o.epoch, After: o.last, Events: events, Change: change}).Wait(context.Background()); err != nil {
		o.w.Fatal(err)
	}
	o.last += int64(n)
}

func (o *writer) settle(n int) { o.write(n, taskyard.Change{Settle: new(time.Now())}) }

// readAll follows a tail to its end and checks that the events come in order, each once.
func readAll(ctx context.Context, tail taskyard.Tail, after int64) (int64, error) {
	for {
		events, err := tail.Next(ctx, time.Minute)
		for _, e := range events {
			if e.Seq != after+1 || string(e.Data) != fmt.Sprint(e.Seq) {
				return after, fmt.Errorf("after %d comes %d with %s", after, e.Seq, e.Data)
			}
			after = e.Seq
		}
		if errors.Is(err, io.EOF) {
			return after, nil
		}
		if err != nil {
			return after, err
		}
	}
}

func TestTailCatchesUpAndGoesOnLive(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		o.write(2499, taskyard.Change{})
		for _, after := range []int64{0, 1, 1000, 2400, 2500} {
			tail, err := w.live.Tail(t.Context(), o.id, after)
			if err != nil {
				t.Fatal(err)
			}
			defer tail.Close()
			got := after
			for got < o.last {
				events, err := tail.Next(t.Context(), 0)
				if err != nil || len(events) == 0 || events[0].Seq != got+1 || len(events) > 1000 {
					t.Fatalf("after %d: %d events, %v", got, len(events), err)
				}
				got = events[len(events)-1].Seq
			}
			var writing sync.WaitGroup
			writing.Go(func() { time.Sleep(time.Second); o.write(1, taskyard.Change{}) })
			events, err := tail.Next(t.Context(), time.Minute)
			if err != nil || len(events) != 1 || events[0].Seq != got+1 {
				t.Fatalf("live: %v, %v", events, err)
			}
			writing.Wait()
		}
	})
}

func TestTailWaitsNoLongerThanAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		tail, err := w.live.Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		begun := time.Now()
		if events, err := tail.Next(t.Context(), 15*time.Second); len(events) != 0 || err != nil || time.Since(begun) != 15*time.Second {
			t.Errorf("%v, %v after %s", events, err, time.Since(begun))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("gone")
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if _, err := tail.Next(ctx, time.Minute); !errors.Is(err, cause) {
			t.Errorf("after its context ended: %v", err)
		}
	})
}

func TestTailEndsBehindTheLastEventOfASettledTask(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		before, err := w.live.Tail(t.Context(), o.id, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer before.Close()
		go func() { time.Sleep(time.Second); o.settle(3) }()
		if last, err := readAll(t.Context(), before, 0); err != nil || last != 4 {
			t.Errorf("a tail from before the end: %d, %v", last, err)
		}
		for _, after := range []int64{0, 3, 4, 99} {
			tail, err := w.live.Tail(t.Context(), o.id, after)
			if err != nil {
				t.Fatal(err)
			}
			if last, err := readAll(t.Context(), tail, after); err != nil || last != max(after, 4) {
				t.Errorf("a tail from behind %d: %d, %v", after, last, err)
			}
			tail.Close()
		}
	})
}

func TestTailOfUnknownAndDeletedTasks(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		if _, err := w.live.Tail(t.Context(), "nobody", 0); !errors.Is(err, taskyard.ErrNotFound) {
			t.Errorf("unknown: %v", err)
		}
		o := w.task()
		tail, err := w.live.Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		go func() {
			time.Sleep(time.Second)
			if err := w.store.Delete(context.Background(), o.id); err != nil {
				t.Error(err)
			}
		}()
		if _, err := tail.Next(t.Context(), time.Minute); !errors.Is(err, taskyard.ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
	})
}

func TestChangesNameEachTaskOnceOldestFirst(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		a, b := w.task(), w.task()
		changes := w.live.Changes()
		defer changes.Close()
		if ids, err := changes.Next(t.Context(), time.Second); len(ids) != 0 || err != nil {
			t.Errorf("what moved before: %v, %v", ids, err)
		}
		a.write(1, taskyard.Change{})
		b.write(1, taskyard.Change{})
		a.write(5, taskyard.Change{})
		ids, err := changes.Next(t.Context(), time.Second)
		if err != nil || !slices.Equal(ids, []string{a.id, b.id}) {
			t.Errorf("%v, %v, want %s and %s", ids, err, a.id, b.id)
		}
		go func() { time.Sleep(time.Second); b.write(1, taskyard.Change{}) }()
		if ids, err := changes.Next(t.Context(), time.Minute); err != nil || !slices.Equal(ids, []string{b.id}) {
			t.Errorf("%v, %v", ids, err)
		}
	})
}

// A reader that does not read blocks nobody, and holds a bounded number of names.
func TestSlowReaderHoldsNobodyUp(t *testing.T) {
	hub := live.NewHub()
	changes := live.New(nil, hub).Changes()
	defer changes.Close()
	for i := range 25_000 {
		hub.Announce([]taskyard.Announcement{{ID: fmt.Sprint(i), Seq: 1}})
	}
	ids, err := changes.Next(t.Context(), 0)
	if err != nil || len(ids) != 10_000 || ids[len(ids)-1] != "24999" {
		t.Errorf("%d names, the last %s, %v", len(ids), ids[len(ids)-1], err)
	}
}

// Readers that come and go at any moment all see the whole log in order, each event once.
func TestManyReadersAndWriters(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var readers sync.WaitGroup
		for n := range 10 {
			o := w.task()
			random := rand.New(rand.NewPCG(uint64(n), 1))
			for range 5 {
				after := int64(random.IntN(30))
				delay := time.Duration(random.IntN(300)) * time.Millisecond
				readers.Go(func() {
					time.Sleep(delay)
					tail, err := w.live.Tail(t.Context(), o.id, after)
					if err != nil {
						t.Error(err)
						return
					}
					defer tail.Close()
					if last, err := readAll(t.Context(), tail, after); err != nil || last != 61 {
						t.Errorf("read to %d: %v", last, err)
					}
				})
			}
			readers.Go(func() {
				for range 59 {
					time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond)
					o.write(1, taskyard.Change{})
				}
				o.settle(1)
			})
		}
		readers.Wait()
	})
}

// A tail that is not read holds nobody up and nothing in memory; when it is read again it finds all of it, in pages.
func TestSlowTailHoldsNobodyUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		tail, err := w.live.Tail(t.Context(), o.id, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		for range 300 {
			o.write(10, taskyard.Change{})
		}
		o.settle(1)
		if last, err := readAll(t.Context(), tail, 0); err != nil || last != o.last {
			t.Errorf("read to %d of %d: %v", last, o.last, err)
		}
	})
}

// Many announcements between two reads are one wake-up: what they say is read at once.
func TestAnnouncementsCoalesce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		counted := &countingStore{Store: w.store}
		tail, err := live.New(counted, w.hub).Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		for range 50 {
			o.write(1, taskyard.Change{})
		}
		if events, err := tail.Next(t.Context(), time.Minute); err != nil || len(events) != 50 {
			t.Errorf("%d events, %v", len(events), err)
		}
		if events, err := tail.Next(t.Context(), time.Minute); err != nil || len(events) != 0 {
			t.Errorf("%d events more, %v", len(events), err)
		}
		if counted.reads > 3 { // the events; for the mark that was left; once before
			t.Errorf("the log was read %d times", counted.reads)
		}
	})
}

// countingStore counts how often a log is read.
type countingStore struct {
	taskyard.Store
	reads int
}

func (c *countingStore) Events(ctx context.Context, num, after, upTo int64, maxEvents, maxBytes int) ([]taskyard.Event, error) {
	c.reads++
	return c.Store.Events(ctx, num, after, upTo, maxEvents, maxBytes)
}

// An announcement of what is not there is a hint that leads nowhere; it neither ends a tail nor wakes its caller.
func TestAnnouncementIsOnlyAHint(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o := w.task()
		tail, err := w.live.Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		for i := range 5 {
			time.AfterFunc(time.Duration(i)*time.Second, func() { w.hub.Announce([]taskyard.Announcement{{ID: o.id, Seq: 99}}) })
		}
		begun := time.Now()
		if events, err := tail.Next(t.Context(), time.Minute); err != nil || len(events) != 0 || time.Since(begun) != time.Minute {
			t.Errorf("%v, %v after %s", events, err, time.Since(begun))
		}
	})
}

func TestClosedReadersAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		o, other := w.task(), w.task()
		closed, err := w.live.Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		gone := w.live.Changes()
		closed.Close()
		gone.Close()
		open, err := w.live.Tail(t.Context(), o.id, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close()
		o.write(1, taskyard.Change{})
		other.write(1, taskyard.Change{})
		if events, err := open.Next(t.Context(), time.Minute); err != nil || len(events) != 1 {
			t.Errorf("the reader that is left: %v, %v", events, err)
		}
		if ids, err := gone.Next(t.Context(), time.Second); err != nil || len(ids) != 0 {
			t.Errorf("the one that is gone hears of %v, %v", ids, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("gone")
		cancel(cause)
		changes := w.live.Changes()
		defer changes.Close()
		if _, err := changes.Next(ctx, time.Minute); !errors.Is(err, cause) {
			t.Errorf("after its context ended: %v", err)
		}
	})
}
