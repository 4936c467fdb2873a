package store_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// ring is fingerprints of keys, the one that seals first.
func ring(keys ...string) (all [][]byte) {
	for _, key := range keys {
		all = append(all, []byte("fingerprint of "+key))
	}
	return all
}

func openVault(t *testing.T, database string) *store.Vault {
	t.Helper()
	v, err := store.OpenVault(t.Context(), store.Config{Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func TestNodesHaveOneSealKey(t *testing.T) {
	s := openShared(t, pgtest.Database(t))
	check := func(node, key string, replace bool) error {
		return s.CheckSealKeys(t.Context(), node, ring(key), replace)
	}
	for _, node := range []string{"a", "b", "a"} {
		if err := check(node, "ours", false); err != nil {
			t.Error(err)
		}
	}
	if err := check("c", "another", false); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("another key: %v", err)
	}
	if err := check("c", "another", true); err != nil {
		t.Error(err)
	}
	if err := check("a", "ours", false); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("the key that was replaced: %v", err)
	}
}

// The roll-over of the documents, with a node that steps out of line at each step.
func TestNodesRollOverToANewSealKey(t *testing.T) {
	url := pgtest.Database(t)
	s := openShared(t, url)
	let := func(node string, keys ...string) {
		t.Helper()
		if err := s.CheckSealKeys(t.Context(), node, ring(keys...), false); err != nil {
			t.Errorf("%s with %v: %v", node, keys, err)
		}
	}
	refuse := func(because, node string, keys ...string) {
		t.Helper()
		err := s.CheckSealKeys(t.Context(), node, ring(keys...), false)
		if !errors.Is(err, taskyard.ErrConflict) || !strings.Contains(err.Error(), because) {
			t.Errorf("%s with %v is let in: %v", node, keys, err)
		}
	}
	let("a", "old")
	let("b", "old")
	let("a", "old", "new")
	refuse("the node b lacks", "a", "new", "old") // b could not open what it seals
	let("b", "old", "new")
	let("a", "new", "old")
	refuse("which it lacks", "c", "old") // it could not open what a seals
	refuse("which it lacks", "c", "new") // it could not open what b seals
	v := openVault(t, url)
	if err := v.Retire(t.Context(), ring("new")[0]); !errors.Is(err, taskyard.ErrConflict) || !strings.Contains(err.Error(), "the node b seals with another key") {
		t.Errorf("the key that b seals with is retired: %v", err)
	}
	let("b", "new", "old")
	refuse("which it lacks", "b", "new") // something may still be sealed with the old one
	if err := v.Retire(t.Context(), ring("new")[0]); err != nil {
		t.Error(err)
	}
	let("b", "new")
	refuse("which it lacks", "c", "old")
	refuse("the node b lacks", "c", "old", "new") // back is a roll-over too
}

func TestANodeThatHasEndedHoldsNoKeyUp(t *testing.T) {
	s := openShared(t, pgtest.Database(t))
	if err := s.CheckSealKeys(t.Context(), "a", ring("old"), false); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSealKeys(t.Context(), "b", ring("new", "old"), false); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("a lives, and lacks the key: %v", err)
	}
	if err := s.ForgetSealKeys(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSealKeys(t.Context(), "b", ring("new", "old"), false); err != nil {
		t.Errorf("a has ended: %v", err)
	}
	// A node of which nobody noted what it has, but that beats, may lack the key.
	_, err := s.WriteDB().ExecContext(t.Context(), `INSERT INTO node (id, name, started_at, beat_at) VALUES ('x', 'x', clock_timestamp(), clock_timestamp())`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSealKeys(t.Context(), "b", ring("third", "new", "old"), false); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("x lives: %v", err)
	}
	if _, err := s.WriteDB().ExecContext(t.Context(), `UPDATE node SET beat_at = beat_at - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckSealKeys(t.Context(), "b", ring("third", "new", "old"), false); err != nil {
		t.Errorf("x is dead: %v", err)
	}
}

// A key that a node has noted moves to the schema of many.
func TestTheKeyOfADatabaseFromBeforeIsKept(t *testing.T) {
	url := pgtest.Database(t)
	s := openShared(t, url)
	migration, err := os.ReadFile("migrations/postgres/00011_seal_keys.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range []string{
		`DROP TABLE node_seal_key`, `DROP TABLE seal_key`, `CREATE TABLE seal_check (digest BYTEA NOT NULL)`,
		`INSERT INTO seal_check (digest) VALUES ('fingerprint of old')`, string(migration),
	} {
		if _, err := conn.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.CheckSealKeys(t.Context(), "a", ring("another"), false); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("another key: %v", err)
	}
	if err := s.CheckSealKeys(t.Context(), "a", ring("old"), false); err != nil {
		t.Error(err)
	}
}

func TestAVaultIsForOne(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s, err := store.Open(t.Context(), store.Config{Database: database})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		openVault(t, database)
		if _, err := store.OpenVault(t.Context(), store.Config{Database: database}); err == nil || !strings.Contains(err.Error(), "another") {
			t.Errorf("a second one: %v", err)
		}
	})
}
