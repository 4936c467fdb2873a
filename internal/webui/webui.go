// Package webui serves the pages: complete HTML from html/template, which small native ES modules then keep
// up to date. Every page says what happened with scripts off, and nothing from upstream reaches one except as
// escaped text or sanitised Markdown.
//
// View models (view_*.go) turn tasks, events and results into what a template prints; handlers (one file each)
// read the store, build a view model and render it. The scripts follow the JSON API's streams.
package webui

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/taskyard/taskyard"
)

// Config is what the pages need.
type Config struct {
	Store     taskyard.Store
	Service   taskyard.Service
	Logger    *slog.Logger
	Version   string
	Scenarios []Scenario // of the simulator, for the composer; none hides the choice

	// BaseURLs are where a user's own program finds an upstream, by its name; one that is missing is Parallel's own.
	BaseURLs map[string]string

	// Admit returns why whoever asks may not use a page; nil admits everybody.
	Admit func(*http.Request) error
	// Login signs browsers in with Parallel; nil where that is not offered.
	Login Login
	// Door lets people in; nil where nobody is asked who they are.
	Door Door

	// Notice is what every page says above all else; nil and "" say nothing.
	Notice func() string
	// Started is when this server began, and Resumed how many tasks an earlier one had left.
	Started time.Time
	Resumed int

	// ConfirmAbove is the price from which the form asks before it spends, in dollars for 1,000 such submissions; 0 never
	// asks.
	ConfirmAbove int

	// Break breaks something of a simulated run while it goes on; nil hides the choice. Breakages are what there is.
	Break     func(runID, what string) error
	Breakages []Scenario

	// Dev reads templates and assets from internal/webui below the working directory at every request.
	Dev bool
}

// Scenario is a way the simulator can behave. Choosing one sends metadata.sandbox = Name.
type Scenario struct {
	Name    string
	Summary string // one short sentence
}

// UI serves the pages.
type UI struct {
	store     taskyard.Store
	service   taskyard.Service
	log       *slog.Logger
	version   string
	scenarios []Scenario
	baseURLs  map[string]string
	admit     func(*http.Request) error
	login     Login
	door      Door
	notice    func() string
	started   string // told by every page, so that one that comes back knows that the server has restarted
	askAbove  int
	breakRun  func(runID, what string) error
	breakages []Scenario
	assets    *assets
	views     *templates
	now       func() time.Time
}

// New checks every template; an error is an error of the build, found at start.
func New(c Config) (*UI, error) {
	if c.Store == nil || c.Service == nil {
		return nil, errors.New("webui: a store and a service are required")
	}
	if c.Admit == nil {
		c.Admit = func(*http.Request) error { return nil }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var files fs.FS = embedded
	if c.Dev {
		files = os.DirFS("internal/webui")
	}
	a, err := newAssets(files, c.Dev)
	if err != nil {
		return nil, err
	}
	ui := &UI{
		store: c.Store, service: c.Service, log: c.Logger, version: c.Version,
		admit: c.Admit, login: c.Login, door: c.Door,
		notice: c.Notice, started: fmt.Sprintf("%d %d", c.Started.UnixMilli(), c.Resumed), askAbove: c.ConfirmAbove, breakRun: c.Break, breakages: c.Breakages,
		scenarios: c.Scenarios, baseURLs: c.BaseURLs, assets: a, now: time.Now,
	}
	if ui.views, err = newTemplates(files, a, c.Dev); err != nil {
		return nil, err
	}
	return ui, nil
}

// route is a pattern of [http.ServeMux] and what serves it.
type route struct {
	pattern string
	handler http.Handler
}

// routes are the pages' own, "/" among them: what nothing else serves gets the 404 page.
func (ui *UI) routes() []route {
	list := []route{
		{"GET /{$}", ui.page(ui.home)},
		{"GET /tasks", ui.page(ui.list)},
		{"GET /compare", ui.page(ui.compare)},
		{"GET /templates", ui.page(ui.templates)},
		{"GET /tasks/{id}", ui.page(ui.show)},
		{"GET /tasks/{id}/result.json", ui.page(ui.downloadJSON)},
		{"GET /tasks/{id}/report.md", ui.page(ui.downloadReport)},
		{"GET /tasks/{id}/table.csv", ui.page(ui.downloadCSV)},
		{"GET /tasks/{id}/recording", ui.page(ui.recording)},
		{"GET /tasks/{id}/raw", ui.page(ui.raw)},
		{"GET /tasks/{id}/events/{seq}", ui.page(ui.rawEvent)},
		{"POST /preview", ui.form(ui.preview)},
		{"POST /lint", ui.form(ui.lint)},
		{"POST /tasks", ui.form(ui.create)},
		{"POST /tasks/selected", ui.form(ui.selected)},
		{"GET /tasks/import", ui.page(ui.showImport)},
		{"POST /tasks/import", ui.form(ui.importRun)},
		{"POST /tasks/{id}/cancel", ui.form(ui.cancel)},
		{"POST /tasks/{id}/submit-again", ui.form(ui.submitAgain)},
		{"POST /tasks/{id}/template", ui.form(ui.saveTemplate)},
		{"POST /templates/{id}/delete", ui.form(ui.deleteTemplate)},
		{"POST /tasks/{id}/name", ui.form(ui.name)},
		{"POST /tasks/{id}/again", ui.form(ui.runAgain)},
		{"POST /tasks/{id}/delete", ui.form(ui.remove)},
		{"POST /tasks/{id}/share", ui.form(ui.addShare)},
		{"GET /links", ui.page(ui.showLinks)},
		{"POST /links/{token}/revoke", ui.form(ui.revokeShare)},
		{"GET /s/{token}", ui.page(ui.showShared)},
		{"GET /assets/{hash}/{path...}", ui.assets},
		{"/", ui.page(func(http.ResponseWriter, *http.Request) error {
			return taskyard.Errorf(taskyard.CodeNotFound, "There is no page at this address.")
		})},
	}
	if ui.breakRun != nil {
		list = append(list, route{"POST /tasks/{id}/break", ui.form(ui.breakIt)})
	}
	if ui.login != nil {
		list = append(list,
			route{"POST /sign-in/parallel", ui.form(ui.beginLogin)},
			route{"GET /sign-in/parallel/callback", ui.page(ui.finishLogin)},
			route{"POST /sign-in/parallel/end", ui.form(ui.endLogin)},
		)
	}
	if ui.door != nil {
		list = append(list,
			route{"POST /tasks/{id}/visibility", ui.form(ui.setVisibility)},
			route{"GET /sign-in", ui.page(ui.showSignIn)},
			route{"POST /sign-in", ui.form(ui.signIn)},
			route{"POST /sign-out", ui.form(ui.signOut)},
			route{"GET /access", ui.page(ui.showAccess)},
			route{"POST /access/tokens", ui.form(ui.addToken)},
			route{"POST /access/tokens/{id}/revoke", ui.form(ui.revokeToken)},
		)
	}
	return list
}

// Register adds the pages' routes to mux.
func (ui *UI) Register(mux *http.ServeMux) {
	for _, r := range ui.routes() {
		mux.Handle(r.pattern, r.handler)
	}
}

// Patterns are those of the routes, for whoever checks who may use them.
func (ui *UI) Patterns() []string {
	var list []string
	for _, r := range ui.routes() {
		list = append(list, r.pattern)
	}
	return list
}
