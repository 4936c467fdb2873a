package app

import (
	"context"
	"errors"
	"math"
	"net/http"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/access"
	"github.com/taskyard/taskyard/internal/httpapi"
	"github.com/taskyard/taskyard/internal/limit"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/webui"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// handler puts the API and the pages on one address.
func (a *App) handler() (http.Handler, error) {
	mux := http.NewServeMux()
	door, err := access.New(access.Config{
		Mode: access.Mode(a.cfg.Access), Records: a.store, OperatorToken: a.cfg.OperatorToken,
		Visibility: taskyard.Visibility(a.cfg.DefaultVisibility), Secure: a.cfg.secure(), Wrong: a.limiter.Wrong, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	admit := admit(door.Admit, a.limiter.Admit)
	// Nothing below this line has the store itself.
	tasks, service := access.Guard{Store: a.store}, access.Serve(a.service, a.store, taskyard.Visibility(a.cfg.DefaultVisibility))
	api := httpapi.Config{
		Store: tasks, Service: service, Live: access.Watch(live.New(a.store, a.hub), a.store), Logger: a.log, Admit: admit,
		Version: a.cfg.Version, MaxBody: a.cfg.MaxBody, Ready: a.ready, Drain: a.drain,
	}
	config := webui.Config{
		Store: tasks, Service: service, Admit: admit, Logger: a.log, Version: a.cfg.Version, Scenarios: a.scenarios(), ConfirmAbove: int(math.Round(a.cfg.ConfirmAbove * 1000)), Dev: a.cfg.Dev,
		Notice: a.notice, Started: a.started, Resumed: a.resumed,
		BaseURLs: map[string]string{upstreamParallel: a.cfg.Upstream, upstreamSimulator: "http://" + SandboxAddr},
	}
	if !a.cfg.asksNobody() {
		api.Tokens, config.Door = door, door
	}
	if login, err := a.newLogin(mux); err != nil {
		return nil, err
	} else if login != nil {
		config.Login = login
	}
	httpapi.New(api).Register(mux)
	if a.simulator != nil {
		config.Break, config.Breakages = a.breakRun, breakages()
	}
	pages, err := webui.New(config)
	if err != nil {
		return nil, err
	}
	pages.Register(mux)
	handler := a.limiter.Handler(door.Handler(mux))
	if names := a.cfg.hosts(); a.cfg.asksNobody() || len(names) > 0 {
		handler = guardHost(names, handler)
	}
	if a.cfg.secure() {
		handler = insistOnTLS(handler)
	}
	return limit.Patient(harden(handler)), nil
}

// ready says why this node cannot do its work.
func (a *App) ready(ctx context.Context) error {
	if err := a.dispatch.Ready(); err != nil { // first, as a database that hangs takes long to say so
		return err
	}
	return a.store.Ping(ctx)
}

// breakRun breaks something of a simulated run, on whichever node it is followed.
func (a *App) breakRun(runID, what string) error {
	err := a.simulator.Break(runID, sandbox.Breakage(what))
	if err == nil && a.cluster != nil {
		a.cluster.relay.Tell(sayBreak, runID, what)
	}
	if errors.Is(err, sandbox.ErrNoRun) {
		return taskyard.Errorf(taskyard.CodeNotFound, "The simulator does not know this run any more.")
	}
	if err != nil {
		return taskyard.Invalid("what", "%s", err)
	}
	return nil
}

func breakages() []webui.Scenario {
	var list []webui.Scenario
	for _, b := range sandbox.Breakages() {
		list = append(list, webui.Scenario{Name: string(b.Name), Summary: b.Summary})
	}
	return list
}

// scenarios are offered by the composer where there is a simulator to play them.
func (a *App) scenarios() []webui.Scenario {
	if a.simulator == nil {
		return nil
	}
	var list []webui.Scenario
	for _, s := range sandbox.Scenarios() {
		list = append(list, webui.Scenario{Name: s.Name, Summary: s.Summary})
	}
	return list
}
