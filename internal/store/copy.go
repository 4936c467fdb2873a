package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/taskyard/taskyard"
)

// copied are the tables that [Copy] copies. Jobs are not among them: the nodes make new ones for the tasks that are open.
var copied = []string{
	"task", "task_document", "task_secret", "task_search", "task_tag", "task_metadata", "event", "idempotency", "deleted_task", "template",
	"access_token", "session", "share", "login", "allotment",
}

// Copied says how many rows of a table were copied.
type Copied struct {
	Table string
	Rows  int64
}

// Beside is what a server keeps beside its SQLite file, and many nodes within their database.
type Beside struct {
	SealKey []byte // the fingerprint of the key that seals, for [Store.CheckSealKeys]
	// SealedBy returns the fingerprint of the key that a secret is sealed with; nil if it is lost.
	SealedBy func(Sealed) []byte
	Runs     iter.Seq2[Run, error] // of the simulator, each once
}

// Run is a run that a simulator remembers.
type Run struct {
	ID        string
	Record    []byte    // not kept after the next run is asked for
	Cancelled time.Time // zero unless it was
}

// Copy copies all that an SQLite file keeps, and what lies beside it, into a PostgreSQL database that is empty, in one transaction: all of it or
// nothing. Both are brought up to date first. No server may have the file open; that is checked.
func Copy(ctx context.Context, from, to Config, beside Beside) (report []Copied, err error) {
	if IsPostgres(from.Database) || !IsPostgres(to.Database) {
		return nil, taskyard.Invalid("database", "a copy goes from an SQLite file to a PostgreSQL database")
	}
	if _, err := os.Stat(from.Database); err != nil { // opening it would make one
		return nil, unusable(err, "the file to copy from cannot be read")
	}
	if err := Migrate(ctx, to); err != nil {
		return nil, err
	}
	source, err := openMigrated(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, source.release()) }()
	config, err := PostgresConfig(to.Database)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fault("open the database to copy to", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // what was committed is stored
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, fault("begin to copy", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) //nolint:errcheck // without effect after a commit, and otherwise not the error to report
	if report, err = copyTables(ctx, source.read, tx); err != nil {
		return nil, err
	}
	if err := copySealKeys(ctx, source, beside, tx); err != nil {
		return nil, err
	}
	runs, err := copyBeside(ctx, beside, tx)
	if err != nil {
		return nil, err
	}
	report = append(report, Copied{"simulator_run", runs})
	if err := tx.Commit(ctx); err != nil {
		return nil, fault("commit the copy", err)
	}
	return report, nil
}

func copyTables(ctx context.Context, from *sql.DB, to pgx.Tx) ([]Copied, error) {
	// One snapshot of the source; and no node creates a task in the target while it is filled.
	snapshot, err := from.BeginTx(ctx, nil)
	if err != nil {
		return nil, fault("read the database to copy from", err)
	}
	defer snapshot.Rollback() //nolint:errcheck // it only reads
	if _, err := to.Exec(ctx, `LOCK TABLE task, template IN EXCLUSIVE MODE`); err != nil {
		return nil, fault("lock the database to copy to", err)
	}
	var used bool
	if err := to.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM task) OR EXISTS (SELECT 1 FROM template) OR EXISTS (SELECT 1 FROM deleted_task)`).Scan(&used); err != nil {
		return nil, fault("look into the database to copy to", err)
	}
	if used {
		return nil, taskyard.Errorf(taskyard.CodeConflict, "the database to copy to has tasks already; a copy goes into an empty one")
	}
	var report []Copied
	for _, table := range copied {
		n, err := copyTable(ctx, snapshot, to, table)
		if err != nil {
			return nil, fmt.Errorf("copy table %s: %w", table, err)
		}
		report = append(report, Copied{table, n})
	}
	uses, err := copyUses(ctx, snapshot, to)
	if err != nil {
		return nil, err
	}
	return append(report, Copied{"deleted_use", uses}), copyNumbers(ctx, snapshot, to)
}

// copyUses adds what deleted tasks have cost to what it was in the target, where tasks were deleted too, maybe: an empty
// database can have been tried.
func copyUses(ctx context.Context, from *sql.Tx, to pgx.Tx) (n int64, err error) {
	rows, err := from.QueryContext(ctx, `SELECT day, upstream, processor, runs FROM deleted_use`)
	if err != nil {
		return 0, fault("read what deleted tasks have cost", err)
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		var day, runs int64
		var upstream, processor string
		if err := rows.Scan(&day, &upstream, &processor, &runs); err != nil {
			return 0, fault("read what deleted tasks have cost", err)
		}
		if _, err := to.Exec(ctx, countUse, day, upstream, processor, runs); err != nil {
			return 0, fault("copy what deleted tasks have cost", err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fault("read what deleted tasks have cost", err)
	}
	return n, nil
}

// copyTable copies one table and compares what came with what was there.
func copyTable(ctx context.Context, from *sql.Tx, to pgx.Tx, table string) (int64, error) {
	names, types, err := columnsOf(ctx, to, table)
	if err != nil {
		return 0, err
	}
	rows, err := from.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+table) //nolint:gosec,rowserrcheck // names of our own schema; copySource asks for Err
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if _, err := to.CopyFrom(ctx, pgx.Identifier{table}, names, &copySource{rows: rows, types: types}); err != nil {
		return 0, err
	}
	var there, here int64
	if err := from.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&there); err != nil {
		return 0, err
	}
	if err := to.QueryRow(ctx, `SELECT count(*) FROM `+table).Scan(&here); err != nil {
		return 0, err
	}
	if there != here {
		return 0, fmt.Errorf("%d rows came of %d", here, there)
	}
	return here, nil
}

// columnsOf returns a table's columns and their types.
func columnsOf(ctx context.Context, tx pgx.Tx, table string) (names, types []string, err error) {
	rows, err := tx.Query(ctx, `SELECT column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return nil, nil, err
		}
		names, types = append(names, name), append(types, kind)
	}
	return names, types, rows.Err()
}

// copySource gives rows of SQLite as values of PostgreSQL's types. It is a pgx.CopyFromSource.
type copySource struct {
	rows  *sql.Rows
	types []string
	err   error
}

func (s *copySource) Next() bool { return s.rows.Next() }

func (s *copySource) Err() error { return errors.Join(s.err, s.rows.Err()) }

func (s *copySource) Values() ([]any, error) {
	values, into := make([]any, len(s.types)), make([]any, len(s.types))
	for i := range values {
		into[i] = &values[i]
	}
	if err := s.rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, kind := range s.types {
		values[i] = asType(values[i], kind)
	}
	return values, nil
}

// asType converts what SQLite says to what PostgreSQL keeps. SQLite takes a truth value for a number, and does not mind
// whether a text is stored as bytes.
func asType(value any, kind string) any {
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		if kind == "boolean" {
			return v != 0
		}
	case bool:
		if kind == "boolean" {
			return v
		}
	case string:
		if kind == "bytea" {
			return []byte(v)
		}
	case []byte:
		if kind == "text" {
			return string(v)
		}
	}
	return value
}

// copyNumbers sees that no number of a task comes twice, also none of a task that is gone; and none of a link.
func copyNumbers(ctx context.Context, from *sql.Tx, to pgx.Tx) error {
	for table, query := range map[string]string{
		"task":  `SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'task'`,
		"share": `SELECT coalesce(max(num), 0) FROM share`,
	} {
		var last int64
		if err := from.QueryRowContext(ctx, query).Scan(&last); err != nil {
			return fault("read the last number", err)
		}
		if _, err := to.Exec(ctx, `SELECT setval(pg_get_serial_sequence($1, 'num'), $2, $3)`, table, max(last, 1), last > 0); err != nil {
			return fault("set the last number", err)
		}
	}
	return nil
}

// copySealKeys notes what keys the nodes need: the one that sealed last, and those of secrets that came.
func copySealKeys(ctx context.Context, source *Store, beside Beside, to pgx.Tx) error {
	keys := map[string]bool{string(beside.SealKey): true}
	err := (&Vault{store: source}).EachBatch(ctx, func(batch []Sealed) ([]Sealed, error) {
		for _, s := range batch {
			if key := beside.SealedBy(s); key != nil {
				keys[string(key)] = true
			}
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	if _, err := to.Exec(ctx, `DELETE FROM seal_key`); err != nil {
		return fault("note the seal keys", err)
	}
	for key := range keys {
		if _, err := to.Exec(ctx, `INSERT INTO seal_key (digest) VALUES ($1)`, []byte(key)); err != nil {
			return fault("note the seal keys", err)
		}
	}
	return nil
}

// copyBeside returns how many runs there were.
func copyBeside(ctx context.Context, beside Beside, to pgx.Tx) (runs int64, err error) {
	next, stop := iter.Pull2(beside.Runs)
	defer stop()
	at := time.Now().UnixMilli()
	runs, err = to.CopyFrom(ctx, pgx.Identifier{"simulator_run"}, []string{"run_id", "record", "created_at", "cancelled_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			run, err, more := next()
			if !more || err != nil {
				return nil, err
			}
			cancelled := sql.NullInt64{Int64: run.Cancelled.UnixMicro(), Valid: !run.Cancelled.IsZero()}
			return []any{run.ID, string(run.Record), at, cancelled}, nil
		}))
	if err != nil {
		return 0, fmt.Errorf("copy what the simulator remembers: %w", err)
	}
	return runs, nil
}
