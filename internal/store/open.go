package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/taskyard/taskyard"
)

// Config says where tasks are kept and who is told when they move. It is not printed, as an address may hold a password.
type Config struct {
	taskyard.Unprintable

	// Database is the path of an SQLite file, which is made if it is missing (its folder is not), or the URL of a
	// PostgreSQL database: postgres://user:password@host/name.
	Database string
	// Synchronous is of SQLite: "normal" (the default: a commit survives the death of the process, and a power cut may
	// cost the newest ones) or "full" (a commit survives a power cut too, and waits for the disk). PostgreSQL has a
	// setting of its own, synchronous_commit.
	Synchronous string
	// Connections is how many connections a PostgreSQL database is given, at most; 0 is 20. SQLite's are the store's own affair.
	Connections int
	// Announce is told which tasks moved, after the commit. It must not block: the journal waits for it.
	Announce func([]taskyard.Announcement)
	// Migrate brings what else is kept in the database up to date: the jobs. It is called after the store's own
	// migrations, while no other process migrates. Nil if there is nothing else.
	Migrate func(context.Context, *sql.DB) error
	// Window is how long the journal gathers writes before it commits them together; 0 is 5 ms.
	Window time.Duration
	// Logger hears what has no caller to be returned to; nil discards it.
	Logger *slog.Logger

	// Fault is for tests: it is called around every commit, also of what shares the write connections. An error before
	// (stored is false) is a commit that failed, an error after it one that failed for the writer but was persisted.
	Fault func(stored bool) error
}

const (
	defaultWindow      = 5 * time.Millisecond
	defaultConnections = 20
)

// Open opens the store, bringing its schema up to date. An SQLite file can be open in one process only, a PostgreSQL
// database in many.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	e, err := newEngine(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, log: cfg.Logger, engine: e, turn: make(chan struct{}, e.writers())}
	s.opens.store = s.storeOpens
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// Migrate brings the schema of a database up to date and leaves.
func Migrate(ctx context.Context, cfg Config) error {
	s, err := openMigrated(ctx, cfg)
	if err != nil {
		return err
	}
	return s.release()
}

// openMigrated returns a store of which only the pools work, and release.
func openMigrated(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	e, err := newEngine(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, log: cfg.Logger, engine: e}
	s.write, s.read, err = e.open(ctx)
	if err == nil {
		err = s.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// complete checks the configuration and fills in what was left out.
func (c *Config) complete() error {
	switch c.Synchronous {
	case "":
		c.Synchronous = "normal"
	case "normal", "full":
	default:
		return taskyard.Invalid("synchronous", "synchronous is %q; it can be \"normal\" or \"full\"", c.Synchronous)
	}
	if c.Window < 0 {
		return taskyard.Invalid("window", "the journal's window is negative")
	}
	if c.Window == 0 {
		c.Window = defaultWindow
	}
	if c.Connections == 0 {
		c.Connections = defaultConnections
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func unusable(err error, format string, args ...any) error {
	e := taskyard.Invalid("database", format, args...)
	e.Err = err
	return e
}

// start opens the pools and what runs on them. What it leaves behind when it fails, release closes.
func (s *Store) start(ctx context.Context) (err error) {
	if s.write, s.read, err = s.engine.open(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.engine.run(ctx, s.write, s.read); err != nil {
		return err
	}
	s.journal = startJournal(s.cfg.Window, s.commitBatch)
	if err := s.sweepAll(ctx); err != nil {
		return errors.Join(err, s.journal.stop(ctx), s.engine.halt())
	}
	return nil
}
