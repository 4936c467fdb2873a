package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// checkpointEvery is the pace of passive checkpoints. They move pages of the write-ahead log into the file
	// beside the writer; if a commit had to do it, it would be the slow one in a thousand.
	checkpointEvery = 200 * time.Millisecond

	// walPages is the length of the write-ahead log, 40 MB, from which it is begun anew. A passive checkpoint never
	// catches up with a steady writer, and readers who come and go all the time keep the writer from beginning
	// anew by itself.
	walPages = 10_000

	// restartPatience is how long writers are held up, at most, for readers who still read from the log. A search
	// can be one; then the next tick tries again.
	restartPatience = 50 * time.Millisecond
)

// checkpointer is the goroutine that checkpoints while there are writes, River's included.
type checkpointer struct {
	log    *slog.Logger
	write  *sql.DB
	conn   *sql.Conn // a reader of its own: data_version is told against what the same connection saw before
	seen   int64     // data_version when the log was last worked on
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned
}

func startCheckpointer(ctx context.Context, read, write *sql.DB, log *slog.Logger) (*checkpointer, error) {
	conn, err := read.Conn(ctx)
	if err != nil {
		return nil, fault("open a connection for checkpoints", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &checkpointer{log: log, write: write, conn: conn, cancel: cancel, done: make(chan struct{})}
	go c.run(ctx) // stop waits for it
	return c, nil
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.done)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.checkpoint(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("checkpoint", "err", err) // the log grows until it succeeds; commits go on
		}
	}
}

// checkpoint moves what it can of the write-ahead log into the file, unless nothing was committed since.
func (c *checkpointer) checkpoint(ctx context.Context) error {
	var version int64
	if err := c.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
		return fault("read data version", err)
	}
	if version == c.seen {
		return nil
	}
	var busy, pages, moved int
	err := c.conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &moved)
	if err != nil {
		return fault("checkpoint", err)
	}
	c.seen = version
	// Busy means that a commit checkpoints at this moment, which it does from walPages on.
	if busy != 0 || pages > walPages {
		return c.restart()
	}
	return nil
}

// restart moves the rest and makes the next commit begin the log anew. It takes the write connection, so that
// writers wait in Go for it; with no context, because cutting it short would cost that connection.
func (c *checkpointer) restart() error {
	ctx := context.Background()
	conn, err := c.write.Conn(ctx)
	if err != nil {
		return fault("begin the write-ahead log anew", err)
	}
	patience := func(d time.Duration) error {
		_, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, d.Milliseconds()))
		return err
	}
	err = patience(restartPatience)
	if err == nil {
		_, err = conn.ExecContext(ctx, `PRAGMA wal_checkpoint(RESTART)`)
	}
	err = errors.Join(err, patience(busyTimeout), conn.Close())
	if err != nil {
		return fault("begin the write-ahead log anew", err)
	}
	return nil
}

// stop returns when the goroutine has ended and its connection is given back.
func (c *checkpointer) stop() error {
	c.cancel()
	<-c.done
	// The driver drops a connection whose statement was cut short; then there is none to give back.
	if err := c.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("give back the connection for checkpoints: %w", err)
	}
	return nil
}
