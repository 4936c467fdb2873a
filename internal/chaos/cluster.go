package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the database

	"github.com/taskyard/taskyard/internal/pgtest"
)

// clusterNodes is how many processes share the database.
const clusterNodes = 3

// sealKey is that of all nodes.
const sealKey = "dGFza3lhcmQtY2hhb3Mtc2VhbC1rZXktMzItYnl0ZXM="

// cluster is what many nodes share: a real PostgreSQL, to which each has a link of its own.
type cluster struct {
	folder string
	server *pgtest.Server
	links  []*link

	troubled atomic.Int64 // faults under way that let writes fail
	troubles atomic.Int64 // all that there were

	mu        sync.Mutex // guards failovers
	failovers []time.Duration
}

// newCluster starts PostgreSQL as it comes, with fsync: it will crash.
func newCluster() (*cluster, error) {
	folder, err := os.MkdirTemp("", "taskyard-chaos-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{folder: folder}
	if c.server, err = pgtest.Start(folder); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	for range clusterNodes {
		l, err := newLink(c.server.Addr())
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.links = append(c.links, l)
	}
	return c, nil
}

// database is the address of the database over a node's link.
func (c *cluster) database(node int) string {
	u, err := url.Parse(c.server.URL("postgres"))
	if err != nil {
		panic(err) // it is ours
	}
	u.Host = c.links[node].addr()
	return u.String()
}

func (c *cluster) open() (*sql.DB, error) { return sql.Open("pgx", c.server.URL("postgres")) }

func (c *cluster) close() error {
	var errs []error
	for _, l := range c.links {
		errs = append(errs, l.close())
	}
	return errors.Join(append(errs, c.server.Stop(), os.RemoveAll(c.folder))...)
}

func (c *cluster) quiet() int64 {
	if c.troubled.Load() > 0 {
		return -1
	}
	return c.troubles.Load()
}

func (c *cluster) trouble(do func() error) error {
	c.troubles.Add(1)
	c.troubled.Add(1)
	defer time.AfterFunc(recovery, func() { c.troubled.Add(-1) })
	return do()
}

// recovery is how long nodes may take to find their way back when the database is there again.
const recovery = 5 * time.Second

// nodeFaults are those of the processes. One node at a time, but for the last.
func (w *world) nodeFaults() []fault {
	one := func(r *rand.Rand) *server { return w.nodes[r.IntN(len(w.nodes))] }
	return []fault{
		{"kill -9", func(ctx context.Context, r *rand.Rand) error {
			return w.restartNode(ctx, one(r), func(s *server) error { return w.killAndMeasure(ctx, s) })
		}},
		{"kill -9 in a burst", func(ctx context.Context, r *rand.Rand) error {
			w.users.burst()
			return w.restartNode(ctx, one(r), func(s *server) error { s.kill(); return nil })
		}},
		{"SIGTERM in a burst", func(ctx context.Context, r *rand.Rand) error {
			w.users.burst()
			return w.restartNode(ctx, one(r), w.terminate)
		}},
		{"SIGSTOP", func(ctx context.Context, r *rand.Rand) error {
			s := one(r)
			s.hand.Lock()
			defer s.hand.Unlock()
			s.signal(syscall.SIGSTOP)
			sleep(ctx, between(r, 2*time.Second, 12*time.Second))
			s.signal(syscall.SIGCONT)
			return nil
		}},
		{"rolling restart", func(ctx context.Context, _ *rand.Rand) error {
			for _, s := range w.nodes {
				if err := w.restartNode(ctx, s, w.terminate); err != nil {
					return err
				}
			}
			return nil
		}},
		{"all nodes are killed", func(ctx context.Context, _ *rand.Rand) error {
			for _, s := range w.nodes {
				s.kill()
			}
			for _, s := range w.nodes {
				if err := w.restartNode(ctx, s, func(*server) error { return nil }); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

// restartNode ends a node in some way and starts it again.
func (w *world) restartNode(ctx context.Context, s *server, end func(*server) error) error {
	s.hand.Lock()
	defer s.hand.Unlock()
	if err := end(s); err != nil && ctx.Err() == nil {
		w.wrong.add("%v", err)
	}
	w.users.searchDisk()
	return s.startUntilServing(ctx)
}

// failoverPatience is how long a killed node's tasks are waited for. Ten seconds are promised while the database works.
const failoverPatience = 30 * time.Second

// killAndMeasure kills a node and waits until each of its tasks has another owner.
func (w *world) killAndMeasure(ctx context.Context, s *server) error {
	before := w.cluster.quiet()
	db, err := w.cluster.open()
	if err != nil {
		return err
	}
	defer db.Close()
	tasks, err := tasksOf(ctx, db, s)
	s.kill()
	killed := time.Now()
	if err != nil || before < 0 {
		return nil // the database is away, so there is nothing to be measured
	}
	var took []time.Duration
	for len(tasks) > 0 && time.Since(killed) < failoverPatience && ctx.Err() == nil {
		sleep(ctx, 50*time.Millisecond)
		for id, epoch := range tasks {
			var moved bool
			err := db.QueryRowContext(ctx, `SELECT count(*) = 0 FROM task WHERE id = $1 AND epoch <= $2 AND completed_at IS NULL`, id, epoch).Scan(&moved)
			if err == nil && moved {
				took = append(took, time.Since(killed))
				delete(tasks, id)
			}
		}
	}
	if w.cluster.quiet() != before || ctx.Err() != nil {
		return nil // the database was away meanwhile
	}
	w.cluster.mu.Lock()
	w.cluster.failovers = append(w.cluster.failovers, took...)
	w.cluster.mu.Unlock()
	if len(tasks) > 0 {
		return fmt.Errorf("%d tasks of a killed node have no other owner after %s", len(tasks), failoverPatience)
	}
	return nil
}

// tasksOf are the tasks that a node drives, with their epochs.
func tasksOf(ctx context.Context, db *sql.DB, s *server) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, `SELECT task.id, task.epoch FROM river_job JOIN node ON node.id = attempted_by[array_upper(attempted_by, 1)]
		JOIN task ON task.id = args ->> 'task_id'
		WHERE state = 'running' AND completed_at IS NULL AND epoch > 0 AND node.name LIKE '%/' || $1`, fmt.Sprint(s.pid()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tasks := make(map[string]int64)
	for rows.Next() {
		var id string
		var epoch int64
		if err := rows.Scan(&id, &epoch); err != nil {
			return nil, err
		}
		tasks[id] = epoch
	}
	return tasks, rows.Err()
}

// databaseFaults are those of PostgreSQL and of the ways to it.
func (w *world) databaseFaults() []fault {
	c := w.cluster
	away := func(end func() error) func(context.Context, *rand.Rand) error {
		return func(ctx context.Context, r *rand.Rand) error {
			return c.trouble(func() error {
				if err := end(); err != nil {
					return err
				}
				sleep(ctx, between(r, time.Millisecond, 5*time.Second))
				return c.server.Restart()
			})
		}
	}
	return []fault{
		{"PostgreSQL crashes", away(c.server.Crash)},
		{"PostgreSQL restarts", away(c.server.Stop)},
		{"PostgreSQL does not answer", func(ctx context.Context, r *rand.Rand) error {
			return c.trouble(func() error {
				var resume []func()
				for _, l := range c.links {
					resume = append(resume, l.stall(false))
				}
				sleep(ctx, between(r, time.Second, 9*time.Second))
				for _, r := range resume {
					r()
				}
				return nil
			})
		}},
		{"a node is cut off from PostgreSQL", func(ctx context.Context, r *rand.Rand) error {
			return c.trouble(func() error {
				l := c.links[r.IntN(len(c.links))]
				resume := l.stall(true)
				sleep(ctx, between(r, 2*time.Second, 12*time.Second))
				resume()
				return nil
			})
		}},
		{"connections to PostgreSQL are cut", func(ctx context.Context, r *rand.Rand) error {
			return c.trouble(func() error {
				for range 5 {
					c.links[r.IntN(len(c.links))].cut()
					sleep(ctx, between(r, time.Millisecond, 500*time.Millisecond))
				}
				return nil
			})
		}},
		{"notifications are lost", func(ctx context.Context, r *rand.Rand) error {
			l := c.links[r.IntN(len(c.links))]
			l.setDeaf(true)
			sleep(ctx, between(r, 500*time.Millisecond, 10*time.Second))
			l.setDeaf(false)
			return nil
		}},
	}
}

// failover tells how soon the tasks of killed nodes had another owner.
func (c *cluster) failover() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.failovers) == 0 {
		return "no node was killed while the database worked"
	}
	slices.Sort(c.failovers)
	round := func(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }
	return strings.Join([]string{
		fmt.Sprintf("%d tasks of killed nodes had another owner", len(c.failovers)),
		"median " + round(c.failovers[len(c.failovers)/2]), "worst " + round(c.failovers[len(c.failovers)-1]),
	}, ", ")
}
