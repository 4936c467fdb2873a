package main

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver "sqlite", which the program has too
)

// gather is for how long a floor collects events before it commits them: as long as the program's journal does.
const gather = 5 * time.Millisecond

// batches is a sink that inserts whatever has come within a moment in one transaction.
type batches struct {
	rows   chan row // capacity of some moments: a reader waits only for a database that is far behind
	insert func(ctx context.Context, rows []row) error
	fail   func(error)
}

func (b *batches) put(ctx context.Context, e row) {
	select {
	case b.rows <- e:
	case <-ctx.Done():
	}
}

// openSink makes the table of a floor in an empty database and begins to take events.
func openSink(ctx context.Context, database string, fail func(error)) (sink, error) {
	b := &batches{rows: make(chan row, 4096), fail: fail}
	var err error
	if strings.HasPrefix(database, "postgres:") {
		b.insert, err = postgresInsert(ctx, database)
	} else {
		b.insert, err = sqliteInsert(ctx, database)
	}
	if err != nil {
		return nil, err
	}
	go b.run(ctx) // ends with the process
	return b, nil
}

func (b *batches) run(ctx context.Context) {
	for {
		rows := []row{<-b.rows}
		time.Sleep(gather)
		for more := true; more; {
			select {
			case e := <-b.rows:
				rows = append(rows, e)
			default:
				more = false
			}
		}
		if err := b.insert(ctx, rows); err != nil {
			b.fail(err)
			return
		}
	}
}

const floorTable = `CREATE TABLE event (task_num BIGINT NOT NULL, seq BIGINT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (task_num, seq))`

// sqliteInsert inserts row by row with a prepared statement, with the settings that the program has.
func sqliteInsert(ctx context.Context, path string) (func(context.Context, []row) error, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, floorTable); err != nil {
		return nil, err
	}
	statement, err := db.PrepareContext(ctx, `INSERT INTO event VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, rows []row) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
		insert := tx.StmtContext(ctx, statement)
		for _, e := range rows {
			if _, err := insert.ExecContext(ctx, e.task, e.seq, e.kind, string(e.data), e.at); err != nil {
				return err
			}
		}
		return tx.Commit()
	}, nil
}

// postgresInsert copies rows in, which is the least that PostgreSQL can be asked to do.
func postgresInsert(ctx context.Context, url string) (func(context.Context, []row) error, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, floorTable); err != nil {
		return nil, err
	}
	columns := []string{"task_num", "seq", "type", "data", "at"}
	return func(ctx context.Context, rows []row) error {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"event"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			e := rows[i]
			return []any{e.task, e.seq, e.kind, string(e.data), e.at}, nil
		}))
		return err
	}, nil
}
