package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/taskyard/taskyard"
)

// fault wraps an error of the database with what was attempted. Those that an operator can do something about
// become CodeUnavailable with a sentence that says what.
func fault(attempt string, err error) error {
	return Explain(fmt.Errorf("%s: %w", attempt, err))
}

// Explain does the same for an error of something else that uses the database, and says what that attempted itself.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if advice := advice(err); advice != "" {
		return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: advice, Err: err}
	}
	return err
}

func advice(err error) string {
	if advice := postgresAdvice(err); advice != "" {
		return advice
	}
	switch primaryCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "the database is held by another program; end that program and try again"
	case sqlite3.SQLITE_FULL:
		return "the disk that holds the database is full; free some space"
	case sqlite3.SQLITE_IOERR:
		return "the disk that holds the database does not answer as it should; check it and its mount"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "the database cannot be written; check the rights on its file and folder"
	case sqlite3.SQLITE_CORRUPT:
		return "the database file is damaged; restore it from a backup"
	}
	return ""
}

// touchesAll reports whether err is about the database rather than about one write, so that there is no point
// in trying the other writes of a batch by themselves.
func touchesAll(err error) bool {
	var e *taskyard.Error
	return errors.As(err, &e) && e.Code == taskyard.CodeUnavailable
}

// primaryCode is SQLite's result code without its extension, or 0.
func primaryCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
