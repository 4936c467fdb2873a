package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/taskyard/taskyard"
)

const (
	// startPatience is how long a start waits for a database that does not answer yet, as when both start together.
	startPatience = 30 * time.Second
	startRetry    = 500 * time.Millisecond

	// commitPatience bounds one commit of the journal where the database does not answer any more. The owners of what
	// is in the batch then take their tasks anew.
	commitPatience = 10 * time.Second

	// connectTimeout bounds the making of a connection.
	connectTimeout = 5 * time.Second

	// idleInTransaction is how long PostgreSQL lets a transaction of ours be idle before it ends the session. Ours
	// are never idle for long, unless the process is paused or cut off: its locks must then not keep others from its tasks.
	idleInTransaction = 3 * time.Second

	// keepAlive finds connections whose other end is gone without a word.
	keepAlive = 5 * time.Second

	// journalConnections is how many of the write connections are left for the journal, the jobs and the beats.
	journalConnections = 3

	// FewestConnections that a node can have leave one write connection to creates and changes.
	FewestConnections = 2 * (journalConnections + 1)
	// MostConnections is more than servers are set up for.
	MostConnections = 1000
)

// postgresEngine is the engine of many nodes over one database.
type postgresEngine struct {
	cfg    *Config
	config *pgx.ConnConfig
}

func newPostgres(cfg *Config) (*postgresEngine, error) {
	if cfg.Connections < FewestConnections || cfg.Connections > MostConnections {
		return nil, taskyard.Invalid("connections", "a PostgreSQL database is given %d connections; it can be %d to %d", cfg.Connections, FewestConnections, MostConnections)
	}
	config, err := PostgresConfig(cfg.Database)
	if err != nil {
		return nil, err
	}
	return &postgresEngine{cfg: cfg, config: config}, nil
}

// PostgresConfig reads the URL of a PostgreSQL database. Its errors do not hold the password.
func PostgresConfig(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx's own text repeats the URL: with the password blotted out where it finds it, and it need not.
		return nil, taskyard.Invalid("database", "the database's address cannot be read; it is like postgres://user:password@host:5432/name?sslmode=require, with special characters of the password written as %%40 and the like")
	}
	config.ConnectTimeout = connectTimeout
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive, Count: 2}}
	config.DialFunc = dialer.DialContext
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "taskyard"
	}
	config.RuntimeParams["idle_in_transaction_session_timeout"] = fmt.Sprint(idleInTransaction.Milliseconds())
	config.RuntimeParams["timezone"] = "UTC"
	return config, nil
}

// name is the server and the database, without user and password.
func (e *postgresEngine) name() string { return nameOf(e.config) }

func nameOf(config *pgx.ConnConfig) string {
	return fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)
}

// Place says where a database is, for people: the path of a file, or a server without user and password.
func Place(database string) string {
	if !IsPostgres(database) {
		return database
	}
	config, err := PostgresConfig(database)
	if err != nil {
		return "a PostgreSQL database"
	}
	return nameOf(config)
}

// InClear reports whether what is said to a database on another machine can be read on the way: TLS is off, or is given up where
// the server has none.
func InClear(database string) bool {
	if !IsPostgres(database) {
		return false
	}
	config, err := PostgresConfig(database)
	if err != nil || isThisMachine(config.Host) {
		return false
	}
	inClear := config.TLSConfig == nil
	for _, other := range config.Fallbacks {
		inClear = inClear || other.TLSConfig == nil && !isThisMachine(other.Host)
	}
	return inClear
}

// isThisMachine is for hosts of PostgreSQL, which are folders of sockets, too.
func isThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || filepath.IsAbs(host) || ip != nil && ip.IsLoopback()
}

// writers leaves some of the write connections to the journal and to River.
func (e *postgresEngine) writers() int { return e.writeConnections() - journalConnections }

// writeConnections is half of what there are; the rest read.
func (e *postgresEngine) writeConnections() int { return e.cfg.Connections / 2 }

// open makes the pools and waits until the database answers.
func (e *postgresEngine) open(ctx context.Context) (write, read *sql.DB, err error) {
	write = e.pool(e.config, e.writeConnections(), e.cfg.Fault)
	readers := e.config.Copy()
	readers.RuntimeParams["default_transaction_read_only"] = "on"
	// A search for what is nowhere and one for what is everywhere are the same statement, and need other plans.
	readers.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	read = e.pool(readers, e.cfg.Connections-e.writeConnections(), nil)
	if err := e.awaitAnswer(ctx, write); err != nil {
		return write, read, err
	}
	return write, read, e.check(ctx, write)
}

// pool makes a pool of at most n connections, all of which are kept. If fault is not nil their commits can fail.
func (e *postgresEngine) pool(config *pgx.ConnConfig, n int, fault func(stored bool) error) *sql.DB {
	connector := stdlib.GetConnector(*config)
	if fault != nil {
		below := connector
		connector = &faulty{open: func(ctx context.Context) (driver.Conn, error) { return below.Connect(ctx) }, driver: below.Driver(), fault: fault}
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db
}

// awaitAnswer waits for a database that is not there yet, and no longer for one that refuses us.
func (e *postgresEngine) awaitAnswer(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for first := true; ; first = false {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		if !unreachable(err) || ctx.Err() != nil {
			return fault("open the database "+e.name(), err)
		}
		if first {
			e.cfg.Logger.Warn("the database does not answer yet", "database", e.name(), "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(startRetry):
		}
	}
}

// oldestServer is the first PostgreSQL that all of the SQL was run on; River asks for it too.
const oldestServer = 14_00_00

// check finds out whether the database can be ours, before anything is changed in it.
func (e *postgresEngine) check(ctx context.Context, db *sql.DB) error {
	var version int
	var encoding string
	var foreign bool
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		to_regclass('task') IS NOT NULL AND to_regclass('schema_compat') IS NULL`).Scan(&version, &encoding, &foreign)
	switch {
	case err != nil:
		return fault("open the database "+e.name(), err)
	case version < oldestServer:
		return unusable(nil, "%s runs PostgreSQL %d; it must be %d or newer", e.name(), version/1_00_00, oldestServer/1_00_00)
	case encoding != "UTF8":
		return unusable(nil, "%s has the encoding %s; make a database with ENCODING 'UTF8'", e.name(), encoding)
	case foreign:
		return unusable(nil, "%s has a table named task that is another program's; make a database for Taskyard alone", e.name())
	}
	return nil
}

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// migrationLock is the number of the advisory lock that one migrating node holds: "Task" in ASCII, as in the SQLite file.
const migrationLock = applicationID

// migrating takes turns with other nodes. The lock is the session's, so it ends with a node that dies.
func (e *postgresEngine) migrating(ctx context.Context, do func(goose.Dialect, fs.FS) error) (err error) {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return fault("open a connection for migrations", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fault("wait for another node's migration", err)
	}
	return do(goose.DialectPostgres, files)
}

// runsWithNewer is so where the newer schema says that programs which know only up to known may go on: nodes are
// upgraded one after the other, and those that are not yet must be able to start again.
func (e *postgresEngine) runsWithNewer(ctx context.Context, known int64) (fits bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, e.config)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var oldest int64
	err = conn.QueryRow(ctx, `SELECT oldest FROM schema_compat`).Scan(&oldest)
	return err == nil && known >= oldest, err
}

func (e *postgresEngine) batchContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), commitPatience)
}

// The numbers of the advisory locks of transactions that count before they add, next to that of a vault.
const (
	shareLock    = vaultLock + 1
	templateLock = vaultLock + 2
)

// alone takes an advisory lock, which ends with the transaction.
func (e *postgresEngine) alone(ctx context.Context, tx *sql.Tx, lock int64) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lock)
	return err
}

func (e *postgresEngine) run(context.Context, *sql.DB, *sql.DB) error { return nil }
func (e *postgresEngine) halt() error                                 { return nil }
func (e *postgresEngine) close() error                                { return nil }
