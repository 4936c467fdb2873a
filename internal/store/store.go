// Package store keeps tasks and their logs, in an SQLite file for one node or in a PostgreSQL database that many share.
// Its law is the suite in storetest.
//
// What owners append is gathered by the [journal] and committed a few milliseconds' worth at a time; everything else is
// a transaction of its own. Readers see what is committed, no more. What moved is announced after its commit, in
// [Store.announce] alone.
//
// The SQL is one text for both: numbered parameters, ON CONFLICT, RETURNING, row values, times as integers and JSON as
// text that the database never looks into. What an engine does in its own way is behind [engine].
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/taskyard/taskyard"
)

// Store is a taskyard.Store. Open makes it.
type Store struct {
	cfg    Config
	log    *slog.Logger
	engine engine
	write  *sql.DB // on SQLite exactly one connection, so that writers wait in Go instead of failing as busy
	read   *sql.DB // connections that cannot write
	stmt   statements

	// turn is taken by every write but the journal's before it asks for a write connection. A burst of creates
	// therefore queues here, and the journal soon has one. Its capacity is how many may write beside the journal.
	turn chan struct{}

	journal  *journal
	opens    opens
	close    sync.Once
	closeErr error
}

var _ taskyard.Store = (*Store)(nil)

// WriteDB is the pool of connections that write: on SQLite there is one. River shares it, so that a job is inserted
// with its task.
func (s *Store) WriteDB() *sql.DB { return s.write }

// ReadDB is a pool of connections that cannot write.
func (s *Store) ReadDB() *sql.DB { return s.read }

// Ping reports whether the database answers and the journal takes writes.
func (s *Store) Ping(ctx context.Context) error {
	if s.journal.stopped() {
		return errClosed()
	}
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM task LIMIT 1) AS any_task`).Scan(&n); err != nil {
		return fault("ping the database", err)
	}
	return nil
}

// Close commits what was appended and lets go of the database. Writes that are still waiting when ctx ends are refused;
// the database is closed in order all the same. Nothing may be using the pools.
func (s *Store) Close(ctx context.Context) error {
	s.close.Do(func() {
		s.opens.stop()
		s.closeErr = errors.Join(s.journal.stop(ctx), s.engine.halt(), s.release())
	})
	return s.closeErr
}

// release closes the pools, and then what the engine holds.
func (s *Store) release() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.engine.close())...)
}

// change runs do in a transaction on a write connection.
func (s *Store) change(ctx context.Context, do func(tx *sql.Tx) error) error {
	if s.journal.stopped() {
		return errClosed()
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	// Deferred, because do calls back: a panic there must not keep the one connection. Without effect after commit.
	defer tx.Rollback() //nolint:errcheck // the error to report is that of do or of commit
	if err := do(tx); err != nil {
		return err
	}
	return s.commit(tx)
}

// beginPatience is for how long a transaction that could not begin is tried again: after PostgreSQL was away, each of the
// connections to it finds out by its next use.
const beginPatience = time.Second

func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	for begun := time.Now(); ; {
		tx, err := s.write.BeginTx(ctx, nil)
		if err == nil {
			return tx, nil
		}
		if !IsPostgres(s.cfg.Database) || ctx.Err() != nil || time.Since(begun) > beginPatience {
			return nil, fault("begin", err)
		}
	}
}

// commit commits tx. An error does not mean that nothing was stored: writers must be safe either way.
func (s *Store) commit(tx *sql.Tx) error {
	if err := tx.Commit(); err != nil {
		return fault("commit", err)
	}
	return nil
}

// announce tells who listens that tasks moved. It is called after their commit and nowhere else.
func (s *Store) announce(moved ...taskyard.Announcement) {
	if s.cfg.Announce != nil && len(moved) > 0 {
		s.cfg.Announce(moved)
	}
}

func errClosed() error {
	return taskyard.Errorf(taskyard.CodeUnavailable, "the store is closed")
}
