package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the database

	"github.com/taskyard/taskyard/internal/pgtest"
)

// The engines, as figures name them.
const (
	sqlite   = "SQLite"
	postgres = "PostgreSQL"
)

var engines = []string{sqlite, postgres}

// database is an empty database for one measurement.
type database struct {
	engine  string
	address string // as the program takes it: a path or a URL
	cluster *cluster
}

// cluster is the one PostgreSQL server of all measurements, with its settings as they come.
type cluster struct {
	folder string
	server *pgtest.Server
	made   int // databases
}

func startCluster() (*cluster, error) {
	folder, err := os.MkdirTemp("", "taskyard-bench-pg-") // beside the other folder, which the user postgres may not enter
	if err != nil {
		return nil, err
	}
	server, err := pgtest.Start(folder)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &cluster{folder: folder, server: server}, nil
}

func (c *cluster) close() error { return errors.Join(c.server.Stop(), os.RemoveAll(c.folder)) }

func (c *cluster) exec(ctx context.Context, statement string) error {
	db, err := sql.Open("pgx", c.server.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// emptyDatabase makes a database of an engine.
func (b *bench) emptyDatabase(ctx context.Context, engine string) (*database, error) {
	if engine == sqlite {
		folder, err := os.MkdirTemp(b.folder, "db-")
		return &database{engine: engine, address: filepath.Join(folder, "bench.db")}, err
	}
	b.cluster.made++
	name := fmt.Sprintf("bench_%d", b.cluster.made)
	err := b.cluster.exec(ctx, "CREATE DATABASE "+name)
	return &database{engine: engine, address: b.cluster.server.URL(name), cluster: b.cluster}, err
}

// drop removes a database that nobody uses any more.
func (d *database) drop(ctx context.Context) error {
	if d.engine == sqlite {
		return os.RemoveAll(filepath.Dir(d.address))
	}
	return d.cluster.exec(ctx, fmt.Sprintf("DROP DATABASE bench_%d WITH (FORCE)", d.cluster.made))
}

// cpu is what the database's own processes have used; SQLite has none.
func (d *database) cpu() (time.Duration, error) {
	if d.engine == sqlite {
		return 0, nil
	}
	return cpuOfAll(d.cluster.server.Pid())
}

// with opens the database for one use, while the program does not.
func (d *database) with(use func(*sql.DB) error) error {
	driver := "pgx"
	if d.engine == sqlite {
		driver = "sqlite"
	}
	db, err := sql.Open(driver, d.address)
	if err != nil {
		return err
	}
	return errors.Join(use(db), db.Close())
}

// size is what the database takes on disk, in bytes, while the program does not use it.
func (d *database) size(ctx context.Context) (n int64, err error) {
	if d.engine == postgres {
		err = d.with(func(db *sql.DB) error {
			return db.QueryRowContext(ctx, `SELECT pg_database_size(current_database())`).Scan(&n)
		})
		return n, err
	}
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(d.address + suffix)
		if err == nil {
			n += info.Size()
		} else if !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
	}
	return n, nil
}

// messages counts the stored events that upstream sends on every connection, so that none may be missing and none twice.
func (d *database) messages(ctx context.Context) (n int64, err error) {
	err = d.with(func(db *sql.DB) error {
		return db.QueryRowContext(ctx, `SELECT count(*) FROM event WHERE type LIKE 'task_run.progress_msg.%'`).Scan(&n)
	})
	return n, err
}
