// Package httpapi serves Taskyard's own JSON API and event streams: what the pages, scripts and tools written
// for the original playground talk to. openapi.json describes every route and answer; a test holds them equal.
//
// A handler returns an error instead of writing one. What wraps it turns the error into a problem document
// while nothing has been sent, and breaks the connection when something has, so that an answer cut short never
// looks whole.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/taskyard/taskyard"
)

// defaultMaxBody leaves room for upstream's 25,000 characters of input and task spec many times over.
const defaultMaxBody = 1 << 20

// Config is what the API needs.
type Config struct {
	Store   taskyard.Store
	Service taskyard.Service
	Live    taskyard.Live
	Logger  *slog.Logger // nil discards
	Version string       // of the program, told by /healthz
	MaxBody int64        // bytes of a request body; 0 means 1 MiB

	// Admit returns why whoever asks may not use an address; nil admits everybody.
	Admit func(*http.Request) error
	// Tokens let others in; nil where nobody is asked who they are.
	Tokens Tokens
	// Ready reports why the server cannot do its work, such as a database that does not answer; nil is always ready.
	Ready func(context.Context) error
	// Drain, once closed, ends all event streams and makes /readyz refuse; nil never drains.
	Drain <-chan struct{}
}

// API serves the routes.
type API struct {
	store    taskyard.Store
	service  taskyard.Service
	live     taskyard.Live
	log      *slog.Logger
	version  string
	maxBody  int64
	admit    func(*http.Request) error
	tokens   Tokens
	ready    func(context.Context) error
	draining drainContext
	guard    *http.CrossOriginProtection
}

// New returns the API, ready to be registered.
func New(c Config) *API {
	a := &API{
		store: c.Store, service: c.Service, live: c.Live, log: c.Logger, version: c.Version,
		maxBody: c.MaxBody, admit: c.Admit, tokens: c.Tokens, ready: c.Ready, guard: http.NewCrossOriginProtection(),
		draining: drainContext{Context: context.Background(), done: c.Drain},
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.maxBody == 0 {
		a.maxBody = defaultMaxBody
	}
	if a.admit == nil {
		a.admit = func(*http.Request) error { return nil }
	}
	if a.ready == nil {
		a.ready = func(context.Context) error { return nil }
	}
	return a
}

// handler serves one route. An error that it returns becomes the answer.
type handler func(http.ResponseWriter, *http.Request) error

// route is a method on a path, with the query parameters that it knows. HEAD is served wherever GET is.
type route struct {
	method, path string
	serve        handler
	query        []string
	lasts        bool // its answer lasts for as long as its reader goes on reading
}

func (a *API) routes() []route {
	return []route{
		{method: "POST", path: "/api/tasks", serve: a.createTask},
		{method: "GET", path: "/api/tasks", serve: a.listTasks, query: listParameters},
		{method: "GET", path: "/api/tasks/{id}", serve: a.showTask},
		{method: "POST", path: "/api/lint", serve: a.lintTask},
		{method: "POST", path: "/api/tasks/import", serve: a.importRun},
		{method: "PATCH", path: "/api/tasks/{id}", serve: a.nameTask},
		{method: "DELETE", path: "/api/tasks/{id}", serve: a.deleteTask},
		{method: "POST", path: "/api/tasks/{id}/cancel", serve: a.cancelTask},
		{method: "POST", path: "/api/tasks/{id}/submit-again", serve: a.submitTaskAgain},
		{method: "GET", path: "/api/tasks/{id}/events", serve: a.streamTask, query: []string{"after"}, lasts: true},
		{method: "GET", path: "/api/events", serve: a.streamChanges, query: []string{"follow", "list"}, lasts: true},
		{method: "GET", path: "/api/links", serve: a.listLinks, query: []string{"task", "limit", "cursor"}},
		{method: "POST", path: "/api/tasks/{id}/links", serve: a.addLink},
		{method: "DELETE", path: "/api/links/{token}", serve: a.revokeLink},
		{method: "GET", path: "/api/tokens", serve: a.listTokens},
		{method: "POST", path: "/api/tokens", serve: a.addToken},
		{method: "DELETE", path: "/api/tokens/{id}", serve: a.revokeToken},
		{method: "GET", path: "/api/processors", serve: a.listProcessors},
		{method: "GET", path: "/api/upstreams", serve: a.listUpstreams},
		{method: "GET", path: "/task/{id}", serve: a.showDetail, lasts: true},
		{method: "OPTIONS", path: "/task/{id}", serve: a.allowDetail},
		{method: "GET", path: "/openapi.json", serve: a.showOpenAPI},
		{method: "GET", path: "/healthz", serve: a.showHealth},
		{method: "GET", path: "/readyz", serve: a.showReadiness},
	}
}

// Patterns are the routes, each with its method, for whoever checks who may use them.
func (a *API) Patterns() []string {
	var list []string
	for _, r := range a.routes() {
		list = append(list, r.method+" "+r.path)
	}
	return list
}

// Register adds the routes to mux. Paths are registered without their methods, and all of /api/ besides, so
// that a wrong method or address is answered with a problem document and not with the mux's plain text.
func (a *API) Register(mux *http.ServeMux) {
	paths := map[string]methods{"/api/": nil}
	for _, r := range a.routes() {
		if paths[r.path] == nil {
			paths[r.path] = make(methods)
		}
		paths[r.path][r.method] = r
		if r.method == http.MethodGet {
			paths[r.path][http.MethodHead] = r
		}
	}
	for path, methods := range paths {
		mux.Handle(path, a.wrap(methods))
	}
}
