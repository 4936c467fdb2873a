package store

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

// engine is what a database does in its own way. Everything else is SQL that both understand.
type engine interface {
	// name is how errors call the database: without a password.
	name() string
	// open makes the pools, and sees that the database is there and ours, before anything is changed in it. What it
	// leaves behind when it fails, close closes.
	open(ctx context.Context) (write, read *sql.DB, err error)
	// writers is how many transactions beside the journal's may be under way.
	writers() int
	// migrating runs do while no other process migrates.
	migrating(ctx context.Context, do func(goose.Dialect, fs.FS) error) error
	// runsWithNewer reports whether this program may run on a database that a newer one has migrated to schema found.
	runsWithNewer(ctx context.Context, known int64) (bool, error)
	// batchContext bounds one commit of the journal.
	batchContext() (context.Context, context.CancelFunc)
	// insertBatch writes what a batch comes to in a transaction, and refuses what is fenced out.
	insertBatch(ctx context.Context, tx *sql.Tx, rows *appender, groups []*group) error
	// alone makes a transaction wait until no other that has asked for this lock is under way, on any node: for what
	// counts rows before it adds one.
	alone(ctx context.Context, tx *sql.Tx, lock int64) error
	// run starts what the engine needs beside the store.
	run(ctx context.Context, write, read *sql.DB) error
	// halt ends it. It comes before the pools are closed, close after.
	halt() error
	close() error
}

// isURL reports whether a database is named by an address instead of a path.
func isURL(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// newEngine chooses the engine by how the database is named.
func newEngine(ctx context.Context, cfg *Config) (engine, error) {
	if isURL(cfg.Database) {
		return newPostgres(cfg)
	}
	return newSQLite(ctx, cfg)
}

// IsPostgres reports whether a database is one of PostgreSQL's, which many nodes share.
func IsPostgres(database string) bool { return isURL(database) }
