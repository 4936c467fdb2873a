package webui

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

type homePage struct {
	layout
	Composer   composer
	Rows       []taskRow
	More       bool
	Read       time.Time // when the list was
	Prepend    bool      // new tasks are put on top of the list
	Simulate   string    // names of the simulated upstreams, for the script
	Empty      string
	Selectable bool
	Welcome    []welcome // to somebody who has no task yet
}

func (ui *UI) home(w http.ResponseWriter, r *http.Request) error {
	c, err := ui.composerFor(r)
	if err != nil {
		return err
	}
	return ui.renderHome(w, r, http.StatusOK, c)
}

func (ui *UI) renderHome(w http.ResponseWriter, r *http.Request, status int, c composer) error {
	read := ui.now()
	page, err := ui.store.Tasks(r.Context(), taskyard.TaskQuery{Limit: homeTasks})
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	h := homePage{
		layout: ui.layout(r.Context(), "New task", "home"), Composer: c, More: !page.Next.IsZero(), Read: read, Prepend: true,
		Simulate: ui.simulatedNames(), Empty: "No tasks yet. The first one appears here.",
	}
	h.Live = true
	if len(page.Tasks) == 0 {
		h.Welcome = ui.welcomes()
	}
	for _, t := range page.Tasks {
		h.Rows = append(h.Rows, ui.row(t))
	}
	return ui.render(w, status, "home", "layout", h)
}

// composerFor fills the form from what the address names: the task of ?from= to copy, or of ?follow= to go on from,
// the template of ?template=, or nothing.
func (ui *UI) composerFor(r *http.Request) (composer, error) {
	if slug := r.URL.Query().Get("template"); slug != "" {
		return ui.composerFromTemplate(r.Context(), slug), nil
	}
	if own := r.URL.Query().Get("saved"); own != "" {
		return ui.composerFromOwn(r.Context(), own)
	}
	if followed := r.URL.Query().Get("follow"); followed != "" {
		return ui.composerFollowing(r, followed)
	}
	from := r.URL.Query().Get("from")
	if from == "" {
		return ui.composer(r.Context(), fresh()), nil
	}
	t, err := ui.store.Task(r.Context(), from)
	if errors.Is(err, taskyard.ErrNotFound) {
		c := ui.composer(r.Context(), fresh())
		c.Notice = "The task to copy from is no longer on this server."
		return c, nil
	}
	if err != nil {
		return composer{}, fmt.Errorf("read task: %w", err)
	}
	doc, err := ui.store.Document(r.Context(), from)
	if err != nil {
		return composer{}, fmt.Errorf("read request: %w", err)
	}
	v := valuesFrom(t, doc.Request, ui.simulated(t.Upstream))
	if on := r.URL.Query().Get("upstream"); on != "" {
		v.Upstream = on // the same task somewhere else
		v.Scenario = ""
	}
	notice := "Filled from the task “" + titleOf(t) + "”."
	if r.URL.Query().Has("schema") {
		if schema := schemaOf(doc.Result); schema != nil {
			v.Output, v.Schema = "json", indented(schema)
			notice = "Asks for the shape that Parallel chose for “" + titleOf(t) + "”: the next answers will have the same fields."
		}
	}
	return ui.copied(r.Context(), v, notice), nil
}
