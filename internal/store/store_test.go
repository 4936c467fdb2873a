package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(holdVariable); path != "" {
		hold(path)
	}
	goleak.VerifyTestMain(pgtest.M{M: m})
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) (taskyard.Store, func()) {
		s := open(t, suiteConfig(filepath.Join(o.Dir, "test.db"), o))
		return s, func() { closeStore(t, s) }
	})
}

func suiteConfig(database string, o storetest.Options) Config {
	return Config{
		Database: database,
		Announce: o.Announce,
		Fault: func(stored bool) error {
			switch {
			case !stored && o.BeforeCommit != nil:
				return o.BeforeCommit()
			case stored && o.AfterCommit != nil:
				return o.AfterCommit()
			}
			return nil
		},
	}
}

func open(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	// Not the test's context, which has ended when its clean-up runs.
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
}
