package app

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/dispatch"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// What nodes tell each other besides what moved.
const (
	sayInterrupt = "interrupt" // a task's id: its drive shall look at it anew
	sayBreak     = "break"     // a run of the simulator, and what of it
)

// Connections of a node besides the store's, so that no load on those makes a beat late or an announcement.
const (
	beatConnections = 2
	newsConnections = 3 // River's that listens, the relay's that listens, the relay's that speaks
)

// cluster is what one of many nodes has and one alone has not.
type cluster struct {
	name  string
	beats *sql.DB
	news  *pgxpool.Pool
	relay *live.Relay
}

// newCluster connects to nothing yet.
func (a *App) newCluster() (*cluster, error) {
	config, err := store.PostgresConfig(a.cfg.Database)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("a variable of PostgreSQL's in the environment: %w", err)
	}
	pool.ConnConfig, pool.MaxConns, pool.MinConns = config.Copy(), newsConnections, 0
	c := &cluster{name: nodeName(a.listener.Addr().String())}
	if c.news, err = pgxpool.NewWithConfig(context.Background(), pool); err != nil {
		return nil, err
	}
	c.beats = stdlib.OpenDB(*config)
	c.beats.SetMaxOpenConns(beatConnections)
	c.beats.SetMaxIdleConns(beatConnections)
	c.relay = live.NewRelay(live.RelayConfig{Hub: a.hub, Pool: c.news, Moved: a.moved, Heard: a.heard, Logger: a.log})
	return c, nil
}

// nodeName is what people call a node.
func nodeName(addr string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%s/%d", host, addr, os.Getpid())
}

func (c *cluster) dispatch() *dispatch.Cluster {
	return &dispatch.Cluster{Name: c.name, Beats: c.beats, Listen: c.news}
}

func (c *cluster) close() error {
	c.relay.Stop()
	c.news.Close()
	return c.beats.Close()
}

func (a *App) moved(ctx context.Context, since time.Time) ([]string, error) {
	return a.store.Moved(ctx, since)
}

// heard acts on what another node told this one.
func (a *App) heard(kind string, args []string) {
	switch {
	case kind == sayInterrupt && len(args) == 1:
		a.dispatch.Interrupt(args[0])
	case kind == sayBreak && len(args) == 2 && a.simulator != nil:
		// Elsewhere than where the relay hears, as it looks the run up. Where it is not known nothing needs breaking.
		go func() { _ = a.simulator.Break(args[0], sandbox.Breakage(args[1])) }()
	}
}

// anywhere interrupts a drive on whichever node it is.
type anywhere struct {
	taskyard.Dispatcher
	relay *live.Relay
}

func (d anywhere) Interrupt(id string) {
	d.Dispatcher.Interrupt(id)
	d.relay.Tell(sayInterrupt, id)
}
