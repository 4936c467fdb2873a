package app

import (
	"net/http"
	"slices"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
)

// upstreams returns the upstreams as users see them, the default one first, and as the runner reaches them.
func (a *App) upstreams() ([]taskyard.Upstream, map[string]runner.Upstream) {
	known := []taskyard.Upstream{{Name: upstreamParallel, HasKey: !a.cfg.APIKey.IsZero()}}
	targets := map[string]runner.Upstream{
		upstreamParallel: {
			BaseURL: a.cfg.Upstream, APIKey: a.cfg.APIKey, HTTP: &http.Client{Transport: newTransport()}, CreatesPerMinute: a.cfg.CreatesPerMinute,
		},
	}
	if a.simulator != nil {
		known = append(known, taskyard.Upstream{Name: upstreamSimulator, Simulated: true, HasKey: true, Cancels: true})
		targets[upstreamSimulator] = simulatorTarget(a.simulator)
	}
	if a.cfg.SimulatorFirst {
		slices.Reverse(known)
	}
	return known, targets
}

// newTransport carries many long streams to one host. HTTP/2 shares a connection among some hundred of them.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns = 0 // no bound but that per host
	t.MaxIdleConnsPerHost = 100
	t.TLSHandshakeTimeout = 10 * time.Second
	// Pings find connections that died without a word, which the watchdog of a quiet stream would take minutes for.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	return t
}

func (a *App) runner(targets map[string]runner.Upstream) *runner.Runner {
	var turns runner.Turns
	var nodes func() int
	if a.cluster != nil {
		turns, nodes = a.store, func() int { return a.dispatch.Nodes() } // which is made after the runner
	}
	return runner.New(runner.Config{
		Turns:     turns,
		Nodes:     nodes,
		Store:     a.store,
		Upstreams: targets,
		Open:      a.service.open,
		UserAgent: "taskyard/" + a.cfg.Version,
		Timing:    runner.DefaultTiming(),
		Logger:    a.log,
	})
}
