package live_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// station is a node as far as its relay is concerned.
type station struct {
	*live.Relay
	pool *pgxpool.Pool
	live *live.Live

	mu    sync.Mutex // guards below
	moved []string   // what Moved answers
	heard []string
}

func newStation(t *testing.T, url string) *station {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	s := &station{pool: pool}
	hub := live.NewHub()
	s.live = live.New(nil, hub)
	s.Relay = live.NewRelay(live.RelayConfig{
		Hub: hub, Pool: pool, Logger: slog.New(slog.DiscardHandler),
		Moved: func(context.Context, time.Time) ([]string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.moved, nil
		},
		Heard: func(kind string, args []string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.heard = append(s.heard, kind+" "+args[0])
		},
	})
	s.Start(t.Context())
	t.Cleanup(func() {
		s.Stop()
		pool.Close()
	})
	return s
}

// setMoved is what the store would say.
func (s *station) setMoved(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved = ids
}

// awaitID reads changes until the task is among them. say is called each second until then.
func awaitID(t *testing.T, changes taskyard.Changes, id string, say func()) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		say()
		ids, err := changes.Next(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(ids, id) {
			return
		}
	}
	t.Fatalf("nothing was heard of %s", id)
}

func TestNodesHearEachOther(t *testing.T) {
	url := pgtest.Database(t)
	a, b := newStation(t, url), newStation(t, url)
	changes := b.live.Changes()
	defer changes.Close()
	awaitID(t, changes, "first", func() { a.Announce([]taskyard.Announcement{{ID: "first", Seq: 1}}) })
	a.Announce([]taskyard.Announcement{{ID: "second", Seq: 1}}) // once: both listen by now
	awaitID(t, changes, "second", func() {})
	a.Tell("interrupt", "second")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b.mu.Lock()
		heard := slices.Clone(b.heard)
		b.mu.Unlock()
		if slices.Equal(heard, []string{"interrupt second"}) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("heard %q", heard)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.heard) != 0 {
		t.Errorf("a node heard itself say %q", a.heard)
	}
}

// What was said while the connection was away is found by looking.
func TestAfterTheDatabaseWasAwayNodesLook(t *testing.T) {
	server := pgtest.Own(t)
	s := newStation(t, server.URL("postgres"))
	changes := s.live.Changes()
	defer changes.Close()
	awaitID(t, changes, "before", func() { s.Announce([]taskyard.Announcement{{ID: "before"}}) })
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	s.setMoved("meanwhile")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	awaitID(t, changes, "meanwhile", func() {})
}

// A number that is missing says that something was lost.
func TestAMessageThatWasLostIsNoticed(t *testing.T) {
	s := newStation(t, pgtest.Database(t))
	changes := s.live.Changes()
	defer changes.Close()
	say := func(payload string) {
		if _, err := s.pool.Exec(t.Context(), `SELECT pg_notify('taskyard', $1)`, payload); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	awaitID(t, changes, "here", func() { n++; say("other " + string(rune('0'+n)) + " moved here") })
	s.setMoved("lost")
	say("other 99 beat")
	awaitID(t, changes, "lost", func() {})
	say("rubbish") // is passed over
	say("other 100 moved after")
	awaitID(t, changes, "after", func() {})
}

// A node that another is missing may have died before it said what it had stored.
func TestANodeThatFallsSilentIsLookedAfter(t *testing.T) {
	s := newStation(t, pgtest.Database(t))
	changes := s.live.Changes()
	defer changes.Close()
	awaitID(t, changes, "here", func() {
		if _, err := s.pool.Exec(t.Context(), `SELECT pg_notify('taskyard', 'other 1 moved here')`); err != nil {
			t.Fatal(err)
		}
	})
	s.setMoved("unsaid")
	awaitID(t, changes, "unsaid", func() {})
}
