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
		notice: c.Notice, started: fmt.Sprintf("%d %d", c.Started.UnixMilli(), c.Resumed), askAbove: c.ConfirmAbove, breakRun: c.Break, breakages: c.Breakages,
		scenarios: c.Scenarios, baseURLs: c.BaseURLs, assets: a, now: time.Now,
	}
	if ui.views, err = newTemplates(files, a, c.Dev); err != nil {
		return nil, err
	}
	return ui, nil
}

// Register adds the pages' routes to mux, "/" among them: what nothing else serves gets the 404 page.
func (ui *UI) Register(mux *http.ServeMux) {
	mux.Handle("GET /{$}", ui.page(ui.home))
	mux.Handle("GET /tasks", ui.page(ui.list))
	mux.Handle("GET /compare", ui.page(ui.compare))
	mux.Handle("GET /templates", ui.page(ui.templates))
	mux.Handle("GET /tasks/{id}", ui.page(ui.show))
	mux.Handle("GET /tasks/{id}/result.json", ui.page(ui.downloadJSON))
	mux.Handle("GET /tasks/{id}/report.md", ui.page(ui.downloadReport))
	mux.Handle("GET /tasks/{id}/table.csv", ui.page(ui.downloadCSV))
	mux.Handle("GET /tasks/{id}/recording", ui.page(ui.recording))
	mux.Handle("GET /tasks/{id}/raw", ui.page(ui.raw))
	mux.Handle("GET /tasks/{id}/events/{seq}", ui.page(ui.rawEvent))

	mux.Handle("POST /preview", ui.form(ui.preview))
	mux.Handle("POST /lint", ui.form(ui.lint))
	mux.Handle("POST /tasks", ui.form(ui.create))
	mux.Handle("POST /tasks/selected", ui.form(ui.selected))
	mux.Handle("GET /tasks/import", ui.page(ui.showImport))
	mux.Handle("POST /tasks/import", ui.form(ui.importRun))
	mux.Handle("POST /tasks/{id}/cancel", ui.form(ui.cancel))
	mux.Handle("POST /tasks/{id}/submit-again", ui.form(ui.submitAgain))
	if ui.breakRun != nil {
		mux.Handle("POST /tasks/{id}/break", ui.form(ui.breakIt))
	}
	mux.Handle("POST /tasks/{id}/template", ui.form(ui.saveTemplate))
	mux.Handle("POST /templates/{id}/delete", ui.form(ui.deleteTemplate))
	mux.Handle("POST /tasks/{id}/name", ui.form(ui.name))
	mux.Handle("POST /tasks/{id}/again", ui.form(ui.runAgain))
	mux.Handle("POST /tasks/{id}/delete", ui.form(ui.remove))

	mux.Handle("GET /assets/{hash}/{path...}", ui.assets)
	mux.Handle("/", ui.page(func(http.ResponseWriter, *http.Request) error {
		return taskyard.Errorf(taskyard.CodeNotFound, "There is no page at this address.")
	}))
}
