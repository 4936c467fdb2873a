package store

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/taskyard/taskyard"
)

// Vault is the sealed secrets of a database, for a program that looks after the keys. It is the only such program; of an
// SQLite file no server runs beside it, of PostgreSQL nodes may.
type Vault struct {
	store *Store
	lock  *pgx.Conn // a session of PostgreSQL that holds vaultLock; nil on SQLite, where the file has a lock
}

// vaultLock is the number of the advisory lock of a vault, next to that of migrations.
const vaultLock = migrationLock + 1

// OpenVault opens the vault of a database, and brings that up to date before.
func OpenVault(ctx context.Context, cfg Config) (*Vault, error) {
	if !IsPostgres(cfg.Database) {
		if _, err := os.Stat(cfg.Database); err != nil { // opening it would make one
			return nil, unusable(err, "the database cannot be read")
		}
	}
	s, err := openMigrated(ctx, cfg)
	if err != nil {
		return nil, err
	}
	v := &Vault{store: s}
	if IsPostgres(cfg.Database) {
		err = v.takeLock(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

func (v *Vault) takeLock(ctx context.Context) error {
	config, err := PostgresConfig(v.store.cfg.Database)
	if err != nil {
		return err
	}
	if v.lock, err = pgx.ConnectConfig(ctx, config); err != nil {
		return fault("open the database", err)
	}
	var held bool
	if err := v.lock.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, vaultLock).Scan(&held); err != nil {
		return fault("lock the keys", err)
	}
	if !held {
		return taskyard.Errorf(taskyard.CodeUnavailable, "another taskyard keys command is at work on this database; let it end first")
	}
	return nil
}

// Close lets others in.
func (v *Vault) Close() error {
	err := v.store.release()
	if v.lock != nil {
		err = errors.Join(err, v.lock.Close(context.Background()))
	}
	return err
}

// Sealed is a secret as it is stored: of a task, or the key of a browser that signed in.
type Sealed struct {
	Task   string // the task's id, or ""
	Login  []byte // the hash of the browser's cookie, or nil
	Secret []byte
	num    int64 // of the task
}

// A batch of secrets is read, and written in one transaction: small enough that a node which waits for it notices nothing.
const (
	vaultRows  = 100
	vaultBytes = 4 << 20
)

// EachBatch passes over all secrets, those of tasks first, some at a time. What do returns is stored in place of the same ones as
// they were; those that have gone meanwhile stay so. What was replaced before an error is replaced.
func (v *Vault) EachBatch(ctx context.Context, do func([]Sealed) ([]Sealed, error)) error {
	for _, read := range []func(context.Context, Sealed) ([]Sealed, error){v.tasks, v.logins} {
		for last := (Sealed{Login: []byte{}}); ; {
			batch, err := read(ctx, last)
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			changed, err := do(batch)
			if err != nil {
				return err
			}
			if err := v.replace(ctx, changed); err != nil {
				return err
			}
			last = batch[len(batch)-1]
		}
	}
	return nil
}

func (v *Vault) tasks(ctx context.Context, after Sealed) ([]Sealed, error) {
	return v.batch(ctx, func(s *Sealed) []any { return []any{&s.num, &s.Task, &s.Secret} },
		`SELECT s.task_num, t.id, s.sealed FROM task_secret AS s JOIN task AS t ON t.num = s.task_num WHERE s.task_num > $1 ORDER BY s.task_num LIMIT $2`, after.num)
}

func (v *Vault) logins(ctx context.Context, after Sealed) ([]Sealed, error) {
	return v.batch(ctx, func(s *Sealed) []any { return []any{&s.Login, &s.Secret} },
		`SELECT hash, sealed FROM login WHERE hash > $1 ORDER BY hash LIMIT $2`, after.Login)
}

func (v *Vault) batch(ctx context.Context, columns func(*Sealed) []any, query string, after any) ([]Sealed, error) {
	rows, err := v.store.read.QueryContext(ctx, query, after, vaultRows)
	if err != nil {
		return nil, fault("read secrets", err)
	}
	defer rows.Close()
	var batch []Sealed
	for size := 0; size < vaultBytes && rows.Next(); {
		var s Sealed
		if err := rows.Scan(columns(&s)...); err != nil {
			return nil, fault("read secrets", err)
		}
		batch, size = append(batch, s), size+len(s.Secret)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("read secrets", err)
	}
	return batch, nil
}

// replace stores secrets anew. One changes in no other way; it can only go, when its task ends or its browser signs out.
func (v *Vault) replace(ctx context.Context, changed []Sealed) error {
	if len(changed) == 0 {
		return nil
	}
	return v.store.transaction(ctx, func(tx *sql.Tx) error {
		for _, s := range changed {
			query, key := `UPDATE task_secret SET sealed = $2 WHERE task_num = $1`, any(s.num)
			if s.Login != nil {
				query, key = `UPDATE login SET sealed = $2 WHERE hash = $1`, s.Login
			}
			if _, err := tx.ExecContext(ctx, query, key, s.Secret); err != nil {
				return fault("replace a secret", err)
			}
		}
		return nil
	})
}
