// Package app puts the parts together: it is the one place that knows all of them, and that knows that the
// upstream named "simulator" is one of ours.
package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/dispatch"
	"github.com/taskyard/taskyard/internal/limit"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// App is a running server. Start makes it; Stop ends it.
type App struct {
	cfg Config
	log *slog.Logger

	listener  net.Listener
	simulator *sandbox.Sandbox // nil unless asked for
	store     *store.Store
	hub       *live.Hub
	cluster   *cluster // nil on SQLite
	dispatch  *dispatch.Dispatcher
	service   *service
	limiter   *limit.Limiter
	server    *http.Server
	drain     chan struct{} // closed to end all browser streams
	served    chan error    // capacity 1: Serve's error waits here for whoever asks
	started   time.Time
	resumed   int            // tasks that an earlier process left
	gallery   *galleryServer // nil unless in development

	stop    sync.Once
	stopErr error
}

// Start opens the database, takes up the tasks that an earlier process left, and serves. It returns when all of
// that has begun; what had begun when it fails is ended again.
func Start(ctx context.Context, cfg Config) (*App, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	for _, e := range cfg.exposed() {
		cfg.Logger.Warn("others could read what is not for them", "what", e.what, "help", e.help)
	}
	serveProfiles()
	a := &App{cfg: cfg, log: cfg.Logger, hub: live.NewHub(), drain: make(chan struct{}), served: make(chan error, 1)}
	for _, step := range []func(context.Context) error{a.listen, a.join, a.openStore, a.wire, a.serve} {
		if err := step(ctx); err != nil {
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.DrainTimeout)
			defer cancel()
			return nil, errors.Join(err, a.Stop(stopping))
		}
	}
	return a, nil
}

// URL is where the page is.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// GalleryURL is where every part is shown in every state; "" unless in development.
func (a *App) GalleryURL() string {
	if a.gallery == nil {
		return ""
	}
	return "http://" + a.gallery.listener.Addr().String() + "/gallery"
}

// Failed delivers the error that ended serving before Stop was called.
func (a *App) Failed() <-chan error { return a.served }

// listen comes first: a port in use is the likeliest mistake and the cheapest to find.
func (a *App) listen(ctx context.Context) (err error) {
	a.listener, err = Listen(ctx, a.cfg.Addr)
	return err
}

// join makes what only one of many nodes has.
func (a *App) join(context.Context) (err error) {
	if a.cfg.clustered() {
		a.cluster, err = a.newCluster()
	}
	return err
}

func (a *App) openStore(ctx context.Context) (err error) {
	cfg := a.cfg.store()
	cfg.Announce, cfg.Fault = a.hub.Announce, commitFault
	if a.cluster != nil {
		cfg.Announce = a.cluster.relay.Announce
	}
	a.store, err = store.Open(ctx, cfg)
	return err
}

// Database says where tasks are kept, without a password.
func (a *App) Database() string { return store.Place(a.cfg.Database) }

// store is how the database is opened.
func (c *Config) store() store.Config {
	return store.Config{
		Database: c.Database, Connections: c.Connections, Synchronous: c.Synchronous, Logger: c.Logger,
		Migrate: func(ctx context.Context, db *sql.DB) error {
			return store.Explain(dispatch.Migrate(ctx, db, c.clustered(), c.Logger))
		},
	}
}

// wire connects the parts. Nothing runs yet but the simulator.
func (a *App) wire(ctx context.Context) error {
	ring, err := a.cfg.ring()
	if err != nil {
		return err
	}
	if a.cluster != nil {
		if err := a.store.CheckSealKeys(ctx, a.cluster.name, ring.Fingerprints(), a.cfg.ReplaceSealKey); err != nil {
			return err
		}
	}
	if a.cfg.Simulator {
		if a.simulator, err = startSimulator(&a.cfg, a.store.Runs()); err != nil {
			return err
		}
	}
	upstreams, targets := a.upstreams()
	a.limiter = a.newLimiter(ring.Pseudonym)
	a.service = &service{
		store: a.store, ring: ring, upstreams: upstreams, targets: targets, visibility: taskyard.Visibility(a.cfg.DefaultVisibility),
		allot: a.limiter.Allotment, mayTake: a.mayTake,
	}
	cfg := dispatch.Config{
		Write: a.store.WriteDB(), Read: a.store.ReadDB(), Drive: a.runner(targets).Drive,
		ToDrive: a.store.ToDrive, Cancelled: a.store.Cancelled, Tidy: a.store.Tidy, Logger: a.log,
	}
	if a.cluster != nil {
		cfg.Cluster = a.cluster.dispatch()
		cfg.Cluster.Admit = func(ctx context.Context) error {
			return a.store.CheckSealKeys(ctx, a.cluster.name, ring.Fingerprints(), false)
		}
	}
	if a.dispatch, err = dispatch.New(cfg); err != nil {
		return err
	}
	a.service.dispatcher = a.dispatch
	if a.cluster != nil {
		a.service.dispatcher = anywhere{a.dispatch, a.cluster.relay}
		a.cluster.relay.Start(ctx)
	}
	return nil
}

// serve begins to drive tasks and to answer requests.
func (a *App) serve(ctx context.Context) error {
	left, err := a.store.ToDrive(ctx)
	if err != nil {
		return store.Explain(err)
	}
	a.started, a.resumed = time.Now(), len(left)
	handler, err := a.handler()
	if err != nil {
		return err
	}
	if err := a.dispatch.Start(ctx); err != nil {
		return store.Explain(err)
	}
	a.server = newServer(handler, a.log)
	go func() { a.served <- a.server.Serve(a.limiter.Listener(a.listener)) }() // Stop waits for it
	if a.cfg.Dev {
		a.gallery, err = startGallery(ctx, a.cfg, a.service)
	}
	return err
}

// Stop ends the server in this order: no new connections, browser streams ended so that they come back later,
// tasks handed back, the database closed. It returns when nothing is running, or with what did not end in time.
func (a *App) Stop(ctx context.Context) error {
	a.stop.Do(func() {
		var errs []error
		add := func(what string, err error) {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", what, err))
			}
		}
		close(a.drain)
		if a.gallery != nil {
			add("close gallery", a.gallery.close())
		}
		if a.server != nil {
			add("end requests", a.endRequests(ctx))
		} else if a.listener != nil {
			add("close listener", a.listener.Close())
		}
		if a.dispatch != nil {
			add("hand tasks back", a.dispatch.Stop(ctx))
		}
		if a.simulator != nil {
			add("stop simulator", a.simulator.Close())
		}
		if a.store != nil {
			add("close database", a.closeStore(ctx))
		}
		if a.cluster != nil { // last, so that the others hear what was stored in the end
			add("leave the other nodes", within(ctx, a.cluster.close))
		}
		a.stopErr = errors.Join(errs...)
	})
	return a.stopErr
}

// closeStore closes the database. Connections to PostgreSQL that hang are left to the end of the process.
func (a *App) closeStore(ctx context.Context) error {
	if a.cluster == nil {
		return a.store.Close(ctx)
	}
	return within(ctx, func() error {
		_ = a.store.ForgetSealKeys(ctx, a.cluster.name) // the others forget them too, a little later
		return a.store.Close(ctx)
	})
}

// within returns what do returns, or that it took longer than ctx; then it goes on while the process lives.
func within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// requestShare is how much of the time to end goes to open requests; the rest is for tasks and the database.
const requestShare = 2

func (a *App) endRequests(ctx context.Context) error {
	bound := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		bound, cancel = context.WithTimeout(ctx, time.Until(deadline)/requestShare)
		defer cancel()
	}
	err := a.server.Shutdown(bound)
	if errors.Is(err, context.DeadlineExceeded) {
		err = a.server.Close() // whoever still reads has had its time
	}
	return err
}
