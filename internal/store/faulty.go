package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// faulty makes connections below everything that uses the database, River included, whose commits can be told to
// fail. It is there for tests and for the chaos harness; see [Config.Fault].
type faulty struct {
	open   func(context.Context) (driver.Conn, error)
	driver driver.Driver
	fault  func(stored bool) error
}

// Driver is the real one.
func (f *faulty) Driver() driver.Driver { return f.driver }

// Connect opens a connection.
func (f *faulty) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(wholeConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a %T cannot be given faults", conn), conn.Close())
	}
	return &faultyConn{wholeConn: whole, fault: f.fault}, nil
}

// wholeConn is what database/sql asks a connection of either engine for.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

type faultyConn struct {
	wholeConn
	fault func(stored bool) error
	inTx  bool
}

// CheckNamedValue leaves the check to connections that have one: PostgreSQL's take slices.
func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.wholeConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// IsValid leaves the answer to connections that have one.
func (c *faultyConn) IsValid() bool {
	validator, ok := c.wholeConn.(driver.Validator)
	return !ok || validator.IsValid()
}

// BeginTx begins a transaction whose commit can fail.
func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.wholeConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return &faultyTx{Tx: tx, conn: c}, nil
}

// writes finds statements that are transactions of their own, behind the comments that River's begin with.
var writes = regexp.MustCompile(`(?is)^(\s|--[^\n]*\n|/\*.*?\*/)*(INSERT|UPDATE|DELETE|WITH)\b`)

func (c *faultyConn) commits(query string) bool { return !c.inTx && writes.MatchString(query) }

// ExecContext can fail where it is a transaction of its own.
func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !c.commits(query) {
		return c.wholeConn.ExecContext(ctx, query, args)
	}
	if err := c.fault(false); err != nil {
		return nil, err
	}
	result, err := c.wholeConn.ExecContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return result, c.fault(true)
}

// QueryContext can fail where it is a transaction of its own. What is stored and not told is run to its end.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !c.commits(query) {
		return c.wholeConn.QueryContext(ctx, query, args)
	}
	if err := c.fault(false); err != nil {
		return nil, err
	}
	rows, err := c.wholeConn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if err := c.fault(true); err != nil {
		return nil, errors.Join(err, exhaust(rows))
	}
	return rows, nil
}

func exhaust(rows driver.Rows) error {
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return rows.Close()
		} else if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
}

type faultyTx struct {
	driver.Tx
	conn *faultyConn
}

// Commit fails before or after it is done, as it is told.
func (t *faultyTx) Commit() error {
	t.conn.inTx = false
	if err := t.conn.fault(false); err != nil {
		return errors.Join(err, t.Tx.Rollback())
	}
	if err := t.Tx.Commit(); err != nil {
		return err
	}
	return t.conn.fault(true)
}

func (t *faultyTx) Rollback() error {
	t.conn.inTx = false
	return t.Tx.Rollback()
}
