package store_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

func openShared(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Database: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Two nodes take turns of one key: a burst at once, then one in an interval, whoever takes them.
func TestNodesShareTheTurnsOfAKey(t *testing.T) {
	url := pgtest.Database(t)
	nodes := []*store.Store{openShared(t, url), openShared(t, url)}
	key, interval, burst := []byte("key"), time.Hour, 4
	for i := range 10 {
		wait, held, _, err := nodes[i%2].TakeTurn(t.Context(), key, interval, burst)
		if err != nil || held != 0 {
			t.Fatal(held, err)
		}
		due := time.Duration(max(i-burst+1, 0)) * interval
		if wait > due || due-wait > time.Minute {
			t.Errorf("turn %d is in %s, want %s", i, wait, due)
		}
	}
	if wait, _, _, err := nodes[0].TakeTurn(t.Context(), []byte("other"), interval, burst); err != nil || wait != 0 {
		t.Errorf("another key waits %s, %v", wait, err)
	}
}

func TestAHeldKeyIsHeldOnEveryNode(t *testing.T) {
	url := pgtest.Database(t)
	a, b := openShared(t, url), openShared(t, url)
	key := []byte("key")
	if err := a.HoldTurns(t.Context(), key, time.Hour, "too many"); err != nil {
		t.Fatal(err)
	}
	if err := a.HoldTurns(t.Context(), key, time.Minute, "too many again"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wait, held, reason, err := b.TakeTurn(t.Context(), key, time.Hour, 1)
		if err != nil || wait != 0 || held > time.Hour || held < 59*time.Minute || reason != "too many" {
			t.Errorf("wait %s, held %s: %q, %v", wait, held, reason, err)
		}
	}
}

func TestSimulatorsShareRuns(t *testing.T) {
	url := pgtest.Database(t)
	a, b := openShared(t, url).Runs(), openShared(t, url).Runs()
	if record, _, err := a.Get(t.Context(), "trun_1"); record != nil || err != nil {
		t.Errorf("a run that nobody made: %s, %v", record, err)
	}
	if err := a.Add(t.Context(), "trun_1", []byte(`{"id":"trun_1"}`)); err != nil {
		t.Fatal(err)
	}
	record, cancelled, err := b.Get(t.Context(), "trun_1")
	if string(record) != `{"id":"trun_1"}` || !cancelled.IsZero() || err != nil {
		t.Errorf("%s, %s, %v", record, cancelled, err)
	}
	first := time.UnixMicro(1_000_000)
	if at, err := a.Cancel(t.Context(), "trun_1", first); !at.Equal(first) || err != nil {
		t.Errorf("cancelled %s, %v", at, err)
	}
	if at, err := b.Cancel(t.Context(), "trun_1", first.Add(time.Second)); !at.Equal(first) || err != nil {
		t.Errorf("cancelled again %s, %v", at, err)
	}
	if _, cancelled, err = b.Get(t.Context(), "trun_1"); !cancelled.Equal(first) || err != nil {
		t.Errorf("%s, %v", cancelled, err)
	}
	if err := a.Add(t.Context(), "trun_1", nil); err == nil {
		t.Error("a run is made twice")
	}
}

func TestTidyKeepsWhatIsNeeded(t *testing.T) {
	s := openShared(t, pgtest.Database(t))
	if err := s.Runs().Add(t.Context(), "trun_1", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.HoldTurns(t.Context(), []byte("key"), time.Hour, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if record, _, err := s.Runs().Get(t.Context(), "trun_1"); record == nil || err != nil {
		t.Errorf("the run is gone: %v", err)
	}
	if _, held, _, err := s.TakeTurn(t.Context(), []byte("key"), time.Second, 1); held == 0 || err != nil {
		t.Errorf("the hold is gone: %v", err)
	}
}

// Nodes that start at once on an empty database find one schema, whoever made it.
func TestNodesThatStartTogetherMigrateOnce(t *testing.T) {
	url := pgtest.Database(t)
	var nodes sync.WaitGroup
	for range 6 {
		nodes.Go(func() {
			s, err := store.Open(t.Context(), store.Config{Database: url, Connections: 8})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Ping(t.Context()), s.Close(context.Background())); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	s := openShared(t, url)
	var applied, versions int
	err := s.ReadDB().QueryRowContext(t.Context(), `SELECT count(*), count(DISTINCT version_id) FROM goose_db_version`).Scan(&applied, &versions)
	if err != nil || applied == 0 || applied != versions {
		t.Errorf("%d migrations were made of %d, %v", applied, versions, err)
	}
}

// A node goes on with a schema that is newer than it, unless that says that it cannot be written by it.
func TestANodeGoesOnDuringAnUpgrade(t *testing.T) {
	url := pgtest.Database(t)
	s := openShared(t, url)
	for _, row := range []struct {
		statement string
		want      error
	}{
		{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`, nil},
		{`UPDATE schema_compat SET oldest = 99999`, taskyard.ErrInvalid},
	} {
		if _, err := s.WriteDB().ExecContext(t.Context(), row.statement); err != nil {
			t.Fatal(err)
		}
		again, err := store.Open(t.Context(), store.Config{Database: url})
		if !errors.Is(err, row.want) {
			t.Errorf("after %s: %v", row.statement, err)
		}
		switch {
		case err != nil && !strings.Contains(err.Error(), "run a newer Taskyard"):
			t.Errorf("it does not say what to do: %v", err)
		case err == nil:
			if err := again.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhatOpensNoPostgresSaysSo(t *testing.T) {
	url := pgtest.Database(t)
	withPassword := strings.Replace(url, "taskyard@", "taskyard:hunter2@", 1)
	name := regexp.MustCompile(`/(test_\w+)\?`).FindStringSubmatch(url)[1]
	for _, row := range []struct{ database, want string }{
		{strings.Replace(withPassword, name, "nowhere", 1), "CREATE DATABASE"},
		{withPassword + "&connect_timeout=soon", "address cannot be read"},
		{strings.Replace(withPassword, "taskyard:", "stranger:", 1), "refuse"},
	} {
		_, err := store.Open(t.Context(), store.Config{Database: row.database})
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %q", err, row.want)
		}
	}
	if got := store.Place(withPassword); strings.Contains(got, "hunter2") || !strings.Contains(got, name) {
		t.Errorf("the place is %q", got)
	}
}
