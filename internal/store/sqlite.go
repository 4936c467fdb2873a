package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	// The driver "sqlite": pure Go, so that the binary is static.
	_ "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/taskyard/taskyard"
)

const (
	// busyTimeout is how long a connection waits for another program that holds the file, such as a backup.
	busyTimeout = 5 * time.Second

	// writeCache and readCache are page caches in KiB for each connection. Appends touch one index page for each
	// live task: 10,000 of them are 40 MiB.
	writeCache = 64 << 10
	readCache  = 8 << 10

	pageSize = 4096 // SQLite's default, in bytes
)

// sqliteEngine is the engine of a single node: one file, one process, one connection that writes.
type sqliteEngine struct {
	cfg          *Config
	path         string // the file's one true name
	lock         *fileLock
	checkpointer *checkpointer // nil before run
}

// newSQLite takes the lock of a database file, which is made if it is missing.
func newSQLite(ctx context.Context, cfg *Config) (*sqliteEngine, error) {
	path, err := databasePath(cfg.Database)
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(ctx, path)
	if err != nil {
		return nil, err
	}
	return &sqliteEngine{cfg: cfg, path: path, lock: lock}, nil
}

func (e *sqliteEngine) name() string { return e.path }

// writers is one: SQLite has one writer at a time, and the others would fail as busy instead of waiting in Go.
func (e *sqliteEngine) writers() int { return 1 }

// databasePath checks that a database can be at path, as far as that can be seen without opening it, and
// returns its one true name, so that two names of a file share one lock.
func databasePath(path string) (string, error) {
	if path == "" || strings.HasPrefix(path, ":") || strings.ContainsRune(path, 0) {
		return "", taskyard.Invalid("database", "the database needs the path of a file")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	switch info, err := os.Stat(filepath.Dir(abs)); {
	case err != nil:
		return "", unusable(err, "the folder of the database %s is not there or cannot be entered; create it, or give another path", abs)
	case !info.IsDir():
		return "", unusable(nil, "%s is not a folder, so the database cannot be in it; give another path", filepath.Dir(abs))
	}
	// 0600: requests, results and sealed keys are nobody else's. SQLite gives its other files the same rights.
	file, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", unusable(err, "the database %s cannot be written; check the rights on the file and its folder, or give another path", abs)
	}
	if err := file.Close(); err != nil {
		return "", fmt.Errorf("close %s: %w", abs, err)
	}
	name, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("resolve %s: %w", abs, err)
	}
	return name, nil
}

// open makes the pools: one connection that writes, and readers that cannot.
func (e *sqliteEngine) open(ctx context.Context) (write, read *sql.DB, err error) {
	// One reader is the checkpointer's.
	read, err = e.pool(1+max(4, runtime.NumCPU()), nil,
		"_query_only=1", fmt.Sprintf("_pragma=cache_size(-%d)", readCache))
	if err != nil {
		return nil, nil, err
	}
	write, err = e.pool(1, e.cfg.Fault,
		"_txlock=immediate", fmt.Sprintf("_pragma=cache_size(-%d)", writeCache),
		// Keys are erased when a task ends. ON rather than FAST: FAST leaves the old bytes in pages that fall free.
		// Nothing else is deleted often, so it costs next to nothing.
		"_pragma=secure_delete(1)",
		fmt.Sprintf("_pragma=wal_autocheckpoint(%d)", walPages),
		fmt.Sprintf("_pragma=journal_size_limit(%d)", walPages*pageSize)) // what a rush took of the disk is given back
	if err != nil {
		return nil, read, err
	}
	return write, read, e.check(ctx, write)
}

// pool makes a pool of at most n connections, all of which are kept. If fault is not nil their commits can fail.
func (e *sqliteEngine) pool(n int, fault func(stored bool) error, params ...string) (*sql.DB, error) {
	params = append(params,
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()),
		"_synchronous="+e.cfg.Synchronous)
	dsn := "file:" + (&url.URL{Path: e.path}).EscapedPath() + "?" + strings.Join(params, "&")
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e.path, err)
	}
	if fault != nil {
		below := db.Driver()
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("open %s: %w", e.path, err)
		}
		db = sql.OpenDB(&faulty{open: func(context.Context) (driver.Conn, error) { return below.Open(dsn) }, driver: below, fault: fault})
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// applicationID marks a database file as ours. The first migration sets it.
const applicationID = 0x5461736b

// check finds out whether the file is a database and ours, before anything is changed in it, and switches it to
// write-ahead logging.
func (e *sqliteEngine) check(ctx context.Context, write *sql.DB) error {
	var id, tables int
	err := write.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id)
	if err == nil {
		err = write.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	}
	if primaryCode(err) == sqlite3.SQLITE_NOTADB {
		return unusable(err, "%s is not a database; give another path", e.path)
	}
	if err != nil {
		return fault("open "+e.path, err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return unusable(nil, "%s is the database of another program; give another path", e.path)
	}
	var mode string
	if err := write.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
		return fault("open "+e.path, err)
	}
	if mode != "wal" {
		return unusable(nil, "the file system of %s does not allow SQLite's write-ahead log; give a path on a local disk", e.path)
	}
	return nil
}

// Each engine has its own migrations: how a row gets its number is the one thing they cannot say alike. Their numbers
// are the same, so that a schema has one version on both.
//
//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// migrating needs no lock but the one that the process holds on the file.
func (e *sqliteEngine) migrating(_ context.Context, do func(goose.Dialect, fs.FS) error) error {
	files, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return do(goose.DialectSQLite3, files)
}

// runsWithNewer is never so: there is no node beside this one that an upgrade must leave running.
func (e *sqliteEngine) runsWithNewer(context.Context, int64) (bool, error) { return false, nil }

// batchContext never ends: a batch is short, and is finished. A context that could end costs each statement a goroutine.
func (e *sqliteEngine) batchContext() (context.Context, context.CancelFunc) {
	return context.Background(), func() {}
}

// insertBatch writes row by row: inside one process a prepared statement costs a few microseconds.
func (e *sqliteEngine) insertBatch(ctx context.Context, _ *sql.Tx, rows *appender, groups []*group) error {
	for _, g := range groups {
		if err := rows.appendGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// alone is how every transaction that writes is here.
func (e *sqliteEngine) alone(context.Context, *sql.Tx, int64) error { return nil }

func (e *sqliteEngine) run(ctx context.Context, write, read *sql.DB) (err error) {
	e.checkpointer, err = startCheckpointer(ctx, read, write, e.cfg.Logger)
	return err
}

func (e *sqliteEngine) halt() error {
	if e.checkpointer == nil {
		return nil
	}
	return e.checkpointer.stop()
}

// close gives the lock back. It goes last: whoever gets it finds the file at rest. SQLite folds its write-ahead log
// into the file when the last connection closes, so that one file is left to be copied.
func (e *sqliteEngine) close() error { return e.lock.release() }
