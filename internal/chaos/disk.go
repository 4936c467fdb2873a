package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // to lock the database as another program does, and to look into it at the end
)

// diskSize is small enough to be filled in a moment, and holds what a run of an hour writes. In bytes.
const diskSize = 1 << 30

// fatName is the file that fills it.
const fatName = "fat"

// disk is a small file system of its own for the database.
type disk struct {
	path string
	own  bool   // it is a file system of its own, which root alone can have
	fat  string // the file that fills it

	beside   sync.Mutex   // held by whoever of this harness opens the database, or remounts
	troubled atomic.Int64 // faults under way that let the server's writes fail
	troubles atomic.Int64 // all that there were
}

// quiet is a number that stays the same as long as the disk does what is asked of it, and is below 0 while it does not.
func (d *disk) quiet() int64 {
	if d.troubled.Load() > 0 {
		return -1
	}
	return d.troubles.Load()
}

// trouble does something during which the server's writes may fail.
func (d *disk) trouble(do func() error) error {
	d.troubles.Add(1)
	d.troubled.Add(1)
	defer d.troubled.Add(-1)
	return do()
}

func newDisk(path string) (*disk, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	d := &disk{path: path, fat: filepath.Join(path, fatName)}
	switch err := syscall.Mount("taskyard-chaos", path, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", diskSize)); {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
	case err != nil:
		return nil, fmt.Errorf("mount a small disk at %s: %w", path, err)
	default:
		d.own = true
	}
	return d, nil
}

func (d *disk) database() string { return filepath.Join(d.path, "taskyard.db") }

// fill leaves no room at all.
func (d *disk) fill() error {
	file, err := os.Create(d.fat)
	if err != nil {
		return err
	}
	defer file.Close()
	var room syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &room); err != nil {
		return err
	}
	size := int64(room.Bavail) * room.Bsize
	for step := int64(64 << 20); step >= 4096; { // what the server takes meanwhile makes large steps fail
		at, err := file.Seek(0, 2)
		if err != nil {
			return err
		}
		switch err := syscall.Fallocate(int(file.Fd()), 0, at, min(step, max(size, 4096))); {
		case errors.Is(err, syscall.ENOSPC):
			step /= 4
		case err != nil:
			return err
		}
	}
	return nil
}

// empty gives the room back.
func (d *disk) empty() error { return os.Remove(d.fat) }

// readOnly mounts it so that nothing can be written, or again so that it can. No file may be open for writing.
func (d *disk) readOnly(on bool) error {
	d.beside.Lock()
	defer d.beside.Unlock()
	flags := uintptr(syscall.MS_REMOUNT)
	if on {
		flags |= syscall.MS_RDONLY
	}
	if err := syscall.Mount("taskyard-chaos", d.path, "tmpfs", flags, ""); err != nil {
		return fmt.Errorf("remount: %w", err)
	}
	return nil
}

// lock holds the database's write lock, as a backup or a curious user's shell does.
func (d *disk) lock(ctx context.Context, length time.Duration) error {
	d.beside.Lock()
	defer d.beside.Unlock()
	db, err := d.open("_txlock=immediate&_busy_timeout=20000")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		return fmt.Errorf("lock the database: %w", err)
	}
	sleep(ctx, length)
	return tx.Rollback()
}

// open opens the database beside the server.
func (d *disk) open(params string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+d.database()+"?"+params)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// jump moves every time in the database, and with that the clock: after a jump by an hour back, everything stored
// seems to come from an hour ahead. On a disk that cannot be written it does nothing.
func (d *disk) jump(ctx context.Context, by time.Duration) error {
	err := d.shift(ctx, by)
	if err != nil && d.troubled.Load() > 0 {
		return nil
	}
	return err
}

func (d *disk) shift(ctx context.Context, by time.Duration) error {
	d.beside.Lock()
	defer d.beside.Unlock()
	db, err := d.open("_txlock=immediate&_busy_timeout=20000")
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // without effect after the commit
	for table, columns := range map[string][]string{
		"task": {"created_at", "updated_at", "completed_at"}, "event": {"at"}, "idempotency": {"created_at"},
	} {
		for _, column := range columns {
			if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET %s = %s - $1`, table, column, column), by.Milliseconds()); err != nil {
				return fmt.Errorf("move %s.%s: %w", table, column, err)
			}
		}
	}
	seconds := fmt.Sprintf("%+.3f seconds", -by.Seconds())
	for table, columns := range map[string][]string{
		"river_job": {"created_at", "scheduled_at", "attempted_at", "finalized_at"}, "river_leader": {"elected_at", "expires_at"}, "river_queue": {"created_at", "updated_at"},
	} {
		for _, column := range columns {
			query := fmt.Sprintf(`UPDATE %s SET %s = strftime('%%Y-%%m-%%d %%H:%%M:%%f', %s, $1) WHERE %s IS NOT NULL`, table, column, column, column)
			if _, err := tx.ExecContext(ctx, query, seconds); err != nil {
				return fmt.Errorf("move %s.%s: %w", table, column, err)
			}
		}
	}
	return tx.Commit()
}

// close gives the disk back. What is to be kept is copied beside it.
func (d *disk) close(keep bool) error {
	var err error
	if keep {
		err = os.CopyFS(d.path+"-kept", os.DirFS(d.path))
	}
	if d.own {
		err = errors.Join(err, syscall.Unmount(d.path, 0))
	}
	return errors.Join(err, os.RemoveAll(d.path))
}

// sleep waits, or until the context ends.
func sleep(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
