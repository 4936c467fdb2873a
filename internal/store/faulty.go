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
	driver driver.Driver
	dsn    string
	fault  func(stored bool) error
}

// Driver is the real one.
func (f *faulty) Driver() driver.Driver { return f.driver }

// Connect opens a connection.
func (f *faulty) Connect(context.Context) (driver.Conn, error) {
	conn, err := f.driver.Open(f.dsn)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a %T cannot be given faults", conn), conn.Close())
	}
	return &faultyConn{sqliteConn: whole, fault: f.fault}, nil
}

// sqliteConn is all that database/sql asks a connection for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type faultyConn struct {
	sqliteConn
	fault func(stored bool) error
	inTx  bool
}

// BeginTx begins a transaction whose commit can fail.
func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqliteConn.BeginTx(ctx, opts)
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
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	if err := c.fault(false); err != nil {
		return nil, err
	}
	result, err := c.sqliteConn.ExecContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return result, c.fault(true)
}

// QueryContext can fail where it is a transaction of its own. What is stored and not told is run to its end.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !c.commits(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	if err := c.fault(false); err != nil {
		return nil, err
	}
	rows, err := c.sqliteConn.QueryContext(ctx, query, args)
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
