package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	// The driver "sqlite": pure Go, so that the binary is static.
	_ "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/taskyard/taskyard"
)

// Config says where tasks are kept and who is told when they move.
type Config struct {
	// Path of the database file. It is made if it is missing; its folder is not.
	Path string
	// Synchronous is "normal" (the default: a commit survives the death of the process, and a power cut may cost
	// the newest ones) or "full" (a commit survives a power cut too, and waits for the disk).
	Synchronous string
	// Announce is told which tasks moved, after the commit. It must not block: the journal waits for it.
	Announce func([]taskyard.Announcement)
	// Window is how long the journal gathers writes before it commits them together; 0 is 5 ms.
	Window time.Duration
	// Logger hears what has no caller to be returned to; nil discards it.
	Logger *slog.Logger

	// Fault is for tests: it is called around every commit, also of what shares the write connection. An error before
	// (stored is false) is a commit that failed, an error after it one that failed for the writer but was persisted.
	Fault func(stored bool) error
}

const (
	defaultWindow = 5 * time.Millisecond

	// busyTimeout is how long a connection waits for another program that holds the file, such as a backup.
	busyTimeout = 5 * time.Second

	// writeCache and readCache are page caches in KiB for each connection. Appends touch one index page for each
	// live task: 10,000 of them are 40 MiB.
	writeCache = 64 << 10
	readCache  = 8 << 10

	pageSize = 4096 // SQLite's default, in bytes
)

// Open opens the store at cfg.Path, bringing its schema up to date. Only one process can have it open.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	lock, err := lockFile(ctx, cfg.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, log: cfg.Logger, lock: lock, turn: make(chan struct{}, 1)}
	if err := s.start(ctx); err != nil {
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
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var err error
	c.Path, err = databasePath(c.Path)
	return err
}

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

func unusable(err error, format string, args ...any) error {
	e := taskyard.Invalid("database", format, args...)
	e.Err = err
	return e
}

// start opens the pools and what runs on them. What it leaves behind when it fails, release closes.
func (s *Store) start(ctx context.Context) error {
	if err := s.openPools(); err != nil {
		return err
	}
	if err := s.check(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.run(ctx)
}

// openPools makes the pools. Neither opens a connection before it is used.
func (s *Store) openPools() (err error) {
	// One reader is the checkpointer's.
	s.read, err = s.pool(1+max(4, runtime.NumCPU()), nil,
		"_query_only=1", fmt.Sprintf("_pragma=cache_size(-%d)", readCache))
	if err != nil {
		return err
	}
	s.write, err = s.pool(1, s.cfg.Fault,
		"_txlock=immediate", fmt.Sprintf("_pragma=cache_size(-%d)", writeCache),
		// Keys are erased when a task ends. ON rather than FAST: FAST leaves the old bytes in pages that fall free.
		// Nothing else is deleted often, so it costs next to nothing.
		"_pragma=secure_delete(1)",
		fmt.Sprintf("_pragma=wal_autocheckpoint(%d)", walPages),
		fmt.Sprintf("_pragma=journal_size_limit(%d)", walPages*pageSize)) // what a rush took of the disk is given back
	return err
}

// run starts the goroutines.
func (s *Store) run(ctx context.Context) (err error) {
	if s.checkpointer, err = startCheckpointer(ctx, s.read, s.write, s.log); err != nil {
		return err
	}
	s.journal = startJournal(s.cfg.Window, s.commitBatch)
	if err := s.sweepAll(ctx); err != nil {
		return errors.Join(err, s.journal.stop(ctx), s.checkpointer.stop())
	}
	return nil
}

// pool makes a pool of at most n connections, all of which are kept. If fault is not nil their commits can fail.
func (s *Store) pool(n int, fault func(stored bool) error, params ...string) (*sql.DB, error) {
	params = append(params,
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()),
		"_synchronous="+s.cfg.Synchronous)
	dsn := "file:" + (&url.URL{Path: s.cfg.Path}).EscapedPath() + "?" + strings.Join(params, "&")
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.cfg.Path, err)
	}
	if fault != nil {
		below := db.Driver()
		if err := db.Close(); err != nil {
			return nil, fmt.Errorf("open %s: %w", s.cfg.Path, err)
		}
		db = sql.OpenDB(&faulty{driver: below, dsn: dsn, fault: fault})
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// applicationID marks a database file as ours. The first migration sets it.
const applicationID = 0x5461736b

// check finds out whether the file is a database and ours, before anything is changed in it, and switches it to
// write-ahead logging.
func (s *Store) check(ctx context.Context) error {
	var id, tables int
	err := s.write.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id)
	if err == nil {
		err = s.write.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables)
	}
	if primaryCode(err) == sqlite3.SQLITE_NOTADB {
		return unusable(err, "%s is not a database; give another path", s.cfg.Path)
	}
	if err != nil {
		return fault("open "+s.cfg.Path, err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return unusable(nil, "%s is the database of another program; give another path", s.cfg.Path)
	}
	var mode string
	if err := s.write.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
		return fault("open "+s.cfg.Path, err)
	}
	if mode != "wal" {
		return unusable(nil, "the file system of %s does not allow SQLite's write-ahead log; give a path on a local disk", s.cfg.Path)
	}
	return nil
}
