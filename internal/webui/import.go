package webui

import (
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

type importPage struct {
	layout
	Composer composer // for its upstreams and its faults
	RunID    string
}

// showImport asks which run is to be followed.
func (ui *UI) showImport(w http.ResponseWriter, r *http.Request) error {
	return ui.renderImport(w, r, http.StatusOK, ui.composer(r.Context(), fresh()), r.URL.Query().Get("run"))
}

func (ui *UI) renderImport(w http.ResponseWriter, r *http.Request, status int, c composer, runID string) error {
	return ui.render(w, status, "import", "layout", importPage{layout: ui.layout(r.Context(), "Import a run", "tasks"), Composer: c, RunID: runID})
}

// importRun makes a task of a run that was made elsewhere. The key is never sent back.
func (ui *UI) importRun(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	asked := taskyard.Import{
		RunID: strings.TrimSpace(r.PostForm.Get("run")), Upstream: r.PostForm.Get("upstream"), Visibility: taskyard.Visibility(r.PostForm.Get("visibility")), APIKey: ui.keyFor(r, r.PostForm.Get("upstream")),
	}
	if _, err := taskyard.ParseVisibility(string(asked.Visibility)); asked.Visibility != "" && err != nil {
		return ui.refuseImport(w, r, asked, err)
	}
	t, _, err := ui.service.Import(r.Context(), asked)
	if err != nil {
		return ui.refuseImport(w, r, asked, err)
	}
	http.Redirect(w, r, "/tasks/"+t.ID, http.StatusSeeOther)
	return nil
}

// refuseImport says beside the field what is wrong with it.
func (ui *UI) refuseImport(w http.ResponseWriter, r *http.Request, asked taskyard.Import, why error) error {
	status, message := ui.explain(r, why)
	field := fieldOfForm(fieldOf(why))
	if fieldOf(why) == "runId" {
		field = "run"
	}
	v := fresh()
	v.Upstream = asked.Upstream
	c := ui.composer(r.Context(), v)
	c.Errors[field] = sentence(message)
	return ui.renderImport(w, r, status, c, asked.RunID)
}
