package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/taskyard/taskyard"
)

// fileLock keeps a second process away from a database. Two would each take the other's tasks for those of a
// dead process and drive them twice.
type fileLock struct {
	db *sql.DB
	tx *sql.Tx
}

// lockFile takes the lock for the database at path. It is SQLite's own file lock, on an empty database beside the
// real one: it works wherever SQLite does, with no code per system, and it ends with the process however that ends.
func lockFile(ctx context.Context, path string) (*fileLock, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path + ".lock"}).EscapedPath()+"?_txlock=exclusive")
	if err != nil {
		return nil, fault("open lock file", err)
	}
	db.SetMaxOpenConns(1)
	// The context of a transaction ends it; the lock must outlive the context of Open.
	tx, err := db.Begin()
	if err == nil && ctx.Err() == nil {
		return &fileLock{db: db, tx: tx}, nil
	}
	if err == nil {
		return nil, errors.Join(context.Cause(ctx), tx.Rollback(), db.Close())
	}
	err = lockError(path, err)
	return nil, errors.Join(err, db.Close())
}

func lockError(path string, err error) error {
	switch primaryCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return &taskyard.Error{
			Code:    taskyard.CodeUnavailable,
			Message: "another Taskyard process uses the database " + path + "; stop it, or give this one a database of its own",
			Err:     err,
		}
	case sqlite3.SQLITE_NOTADB:
		return &taskyard.Error{
			Code:    taskyard.CodeInvalid,
			Message: path + ".lock is not a lock file of Taskyard; move it away, or give another path",
			Err:     err,
		}
	}
	return fault("lock "+path, err)
}

// release lets another process in. The file stays: removing it could remove the lock of the next holder.
func (l *fileLock) release() error {
	return errors.Join(l.tx.Rollback(), l.db.Close())
}
