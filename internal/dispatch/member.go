package dispatch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/taskyard/taskyard"
)

// Each node says every second that it is alive, in a table, by the database's clock. A node that has not for some time
// is dead for the others, who take its jobs. It must have stopped by then: what cannot beat drives nothing.
const (
	beatInterval = time.Second
	// cutOff is how long after its last beat a node stops driving, by its own clock.
	cutOff = 3 * time.Second
	// dead is how long after its last beat a node counts as dead, by the database's clock. What lies between is for
	// clocks that run unevenly and for drives that take a moment to end.
	dead = 4500 * time.Millisecond
	// stopPatience bounds how long the drives of a node that was cut off may take to end.
	stopPatience = 10 * time.Second
)

// member is this node among the others. It lives one or more lives: each is a row in the table of nodes and a River
// client of the same name. A life ends when the node is cut off from the database, was paused for too long, or was
// given up by the others; the next begins when the database answers, as it would in a new process.
type member struct {
	db      *sql.DB
	name    string
	work    work
	release release
	admit   func(context.Context) error // before each life but the first
	logger  *slog.Logger

	mu     sync.Mutex // guards below
	id     string     // of the present life; "" between two
	eldest bool
	nodes  int // how many live, with this one

	stop    context.CancelFunc // nil before start
	stopped chan struct{}      // closed when stopErr is set
	stopErr error              // how the last life ended
}

// work begins to drive tasks as the node of this name. The returned function ends all drives and hands their jobs back.
type work func(ctx context.Context, node string) (end func(context.Context) error, err error)

// release gives the jobs of a node to others, in a transaction that says that it is gone.
type release func(ctx context.Context, tx *sql.Tx, node string) (jobs int, err error)

// life is one time among the others.
type life struct {
	id    string
	end   func(context.Context) error
	last  time.Time // when the last beat that was stored was begun
	began time.Time
}

// start begins the first life, after the nodes that are dead by now were buried.
func (m *member) start(ctx context.Context) error {
	if err := m.bury(ctx); err != nil {
		return err
	}
	first, err := m.join(ctx, "")
	if err != nil {
		return err
	}
	ctx, m.stop = context.WithCancel(context.WithoutCancel(ctx))
	m.stopped = make(chan struct{})
	go func() { // leave waits for it
		defer close(m.stopped)
		m.stopErr = m.live(ctx, first)
	}()
	return nil
}

// leave ends the present life, so that the others have its jobs at once.
func (m *member) leave(ctx context.Context) error {
	if m.stop == nil {
		return nil
	}
	m.stop()
	select {
	case <-m.stopped:
		return m.stopErr
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// live lives one life after the other until ctx ends.
func (m *member) live(ctx context.Context, now *life) error {
	for {
		m.set(now.id, false, 1)
		why := m.stay(ctx, now)
		m.set("", false, 1)
		if why != nil {
			m.logger.ErrorContext(ctx, "this node stops following tasks", "reason", why.Error())
		}
		if err := m.quit(now); err != nil || ctx.Err() != nil {
			if ctx.Err() != nil {
				return err
			}
			m.logger.WarnContext(ctx, "tasks could not be handed back; the other nodes take them", "err", err)
		}
		if now = m.rejoin(ctx, now.id); now == nil {
			return nil
		}
		m.logger.WarnContext(ctx, "this node follows tasks again")
	}
}

// quit ends the drives of a life and its row.
func (m *member) quit(l *life) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	if err := l.end(ctx); err != nil {
		return fmt.Errorf("stop dispatch: %w", err)
	}
	if _, err := m.db.ExecContext(ctx, `DELETE FROM node WHERE id = $1`, l.id); err != nil {
		return fmt.Errorf("leave the other nodes: %w", err)
	}
	return nil
}

// rejoin tries until the next life has begun. It returns nil when ctx ends first.
func (m *member) rejoin(ctx context.Context, before string) *life {
	for refused := false; ; {
		next, err := m.join(ctx, before)
		if err == nil {
			return next
		}
		if taskyard.CodeOf(err) == taskyard.CodeConflict && !refused {
			refused = true
			m.logger.ErrorContext(ctx, "the other nodes do not let this one in again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(beatInterval):
		}
	}
}

// join begins a life, and releases what the one before has left.
func (m *member) join(ctx context.Context, before string) (*life, error) {
	l := &life{id: m.name[:min(len(m.name), 60)] + "-" + strings.ToLower(rand.Text()), last: time.Now(), began: time.Now()}
	bounded, cancel := context.WithTimeout(ctx, cutOff)
	defer cancel()
	if before != "" && m.admit != nil {
		if err := m.admit(bounded); err != nil {
			return nil, err
		}
	}
	tx, err := m.db.BeginTx(bounded, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // without effect after a commit, and otherwise not the error to report
	if before != "" {
		if _, err := tx.ExecContext(bounded, `DELETE FROM node WHERE id = $1`, before); err != nil {
			return nil, err
		}
		if _, err := m.release(bounded, tx, before); err != nil {
			return nil, err
		}
	}
	_, err = tx.ExecContext(bounded, `INSERT INTO node (id, name, started_at, beat_at) VALUES ($1, $2, clock_timestamp(), clock_timestamp())`, l.id, m.name)
	if err != nil {
		return nil, fmt.Errorf("join the other nodes: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	l.end, err = m.work(ctx, l.id)
	return l, err
}

// stay beats until the life is over: because ctx ended, which is no error, or for the reason that it returns.
func (m *member) stay(ctx context.Context, l *life) error {
	ticker := time.NewTicker(beatInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
		if time.Since(l.last) > cutOff {
			return errCutOff
		}
		err := m.beat(ctx, l)
		if errors.Is(err, errGivenUp) {
			return err
		}
		if err == nil && time.Since(l.began) > dead {
			// Not before: after an outage of the database every node's last beat is old.
			err = m.bury(ctx)
		}
		if err != nil && ctx.Err() == nil {
			m.logger.WarnContext(ctx, "this node could not say that it is alive", "err", err)
		}
	}
}

var (
	errCutOff  = errors.New("it cannot reach the database")
	errGivenUp = errors.New("the other nodes have given it up")
)

const beatNode = `UPDATE node SET beat_at = clock_timestamp() WHERE id = $1
	RETURNING id = (SELECT id FROM node ORDER BY started_at, id LIMIT 1), (SELECT count(*) FROM node)`

// beat says that this node is alive.
func (m *member) beat(ctx context.Context, l *life) error {
	begun := time.Now()
	ctx, cancel := context.WithDeadline(ctx, l.last.Add(cutOff))
	defer cancel()
	var eldest bool
	var nodes int
	err := m.db.QueryRowContext(ctx, beatNode, l.id).Scan(&eldest, &nodes)
	if errors.Is(err, sql.ErrNoRows) {
		return errGivenUp
	}
	if err != nil {
		return err
	}
	l.last = begun
	m.set(l.id, eldest, nodes)
	return nil
}

func (m *member) set(id string, eldest bool, nodes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.id, m.eldest, m.nodes = id, eldest, nodes
}

// present is the id of the present life, or "".
func (m *member) present() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.id
}

// ready says why this node drives nothing, if it does not.
func (m *member) ready() error {
	if m.present() == "" {
		return taskyard.Errorf(taskyard.CodeUnavailable, "this node is cut off from the database and follows no tasks")
	}
	return nil
}

// isEldest reports whether this node is the one that looks after what concerns all.
func (m *member) isEldest() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.eldest
}

// Nodes is how many nodes drive tasks of this database, this one among them; at least 1.
func (d *Dispatcher) Nodes() int {
	if d.member == nil {
		return 1
	}
	d.member.mu.Lock()
	defer d.member.mu.Unlock()
	return max(d.member.nodes, 1)
}

// bury removes the nodes that are dead and releases their jobs.
func (m *member) bury(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // without effect after a commit, and otherwise not the error to report
	found, err := gone(ctx, tx)
	if err != nil || len(found) == 0 {
		return err
	}
	jobs := 0
	for _, node := range found {
		n, err := m.release(ctx, tx, node)
		if err != nil {
			return err
		}
		jobs += n
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	m.logger.WarnContext(ctx, "other nodes are dead: their tasks are followed elsewhere", "nodes", found, "tasks", jobs)
	return nil
}

// gone removes the nodes that are dead and returns their ids. One that beats at this moment is not among them: its row
// is locked, and looked at again.
func gone(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM node WHERE beat_at < clock_timestamp() - $1 * interval '1 millisecond' RETURNING id`, dead.Milliseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
