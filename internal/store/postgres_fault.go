package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// postgresAdvice is what an operator can do about an error of PostgreSQL, or of the way to it; "" if it is none of those.
// The codes are those of PostgreSQL's appendix "Error Codes".
func postgresAdvice(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return adviceOnCode(e.Code)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || lostConnection(err) {
		return "the database does not answer; check that PostgreSQL runs and that its address, user and password are right"
	}
	return ""
}

func adviceOnCode(code string) string {
	switch {
	case strings.HasPrefix(code, "28"):
		return "the database refuses the user or the password; check the address of --database"
	case code == "3D000":
		return "there is no such database; make it with CREATE DATABASE"
	case code == "42501":
		return "the database's user may not do this; it needs to own the tables, and CREATE on the schema to migrate them"
	case code == "53300":
		return "the database has no connection left; raise its max_connections, or lower --database-connections"
	case code == "53100":
		return "the disk that holds the database is full; free some space"
	case strings.HasPrefix(code, "53"), strings.HasPrefix(code, "58"):
		return "the database lacks memory or a disk that answers; see its log"
	case strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "08"), code == "25P03":
		return "the database is being restarted or has ended the connection; try again in a moment"
	case code == "25006":
		return "the database takes no writes: it is a standby, or set to be read only; give the address of the primary"
	case strings.HasPrefix(code, "XX"):
		return "the database is damaged or has a fault; see its log"
	}
	return ""
}

// isNoText reports whether PostgreSQL refused to look for a name because it has a NUL or is no UTF-8. SQLite looks, and
// finds nothing.
func isNoText(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "22021"
}

// unreachable reports whether a database may come to answer by itself.
func unreachable(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return strings.HasPrefix(e.Code, "57P") || e.Code == "53300"
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || lostConnection(err)
}

// lostConnection reports whether err is about the way to the database. A context's own end is not.
func lostConnection(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || pgconn.Timeout(err) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}
