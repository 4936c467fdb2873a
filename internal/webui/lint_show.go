package webui

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/taskyard/taskyard/internal/lint"
)

type lintPage struct {
	layout
	Lint    []finding
	Problem string // why there is no request to check
}

// finding is one line of the list below the schema.
type finding struct {
	Tone, Word string
	Message    string
	Repair     string
	Fixed      string // the whole schema, repaired and indented
	Into       string // the field of the form that has the schema
}

// lint checks the request that the composer's form makes, without making a task of it.
func (ui *UI) lint(w http.ResponseWriter, r *http.Request) error {
	v, request, fault, err := ui.written(r)
	if err != nil {
		return err
	}
	p := lintPage{layout: ui.layout(r.Context(), "Check of the request", "home"), Problem: fault, Lint: findings(request)}
	if sealed := v.sealedFindings(); len(sealed) > 0 { // the rest is checked all the same
		request, _ = v.withoutSealed().build(ui.simulated(v.Upstream)) // what else keeps it from being sent is said then
		p.Problem, p.Lint = "", slices.Concat(sealed, findings(request))
	}
	return ui.render(w, http.StatusOK, "lint", "layout", p)
}

func findings(request json.RawMessage) []finding {
	var list []finding
	for _, f := range lint.Request(request) {
		shown := finding{Tone: "warn", Word: "Parallel will warn", Message: f.Message, Repair: f.Repair, Fixed: indented(f.Fixed), Into: fieldOfForm(f.Field)}
		if f.IsError {
			shown.Tone, shown.Word = "fail", "Parallel will refuse"
		}
		shown.Message, _ = cut(shown.Message, 400)
		list = append(list, shown)
	}
	return list
}

// sealedFindings are for what this server refuses, before anything is sent.
func (v values) sealedFindings() (list []finding) {
	for _, f := range v.sealedFields() {
		list = append(list, finding{Tone: "fail", Word: "Not sent", Message: sealedFault(f), Into: f})
	}
	return list
}

// findingsOf checks a form that is shown again. A schema is checked before anything is asked. Repairs are left out: they
// need a script, which has its own list at once, and hold whole schemas, of the extra fields too.
func (ui *UI) findingsOf(v values) []finding {
	if strings.TrimSpace(v.Input) == "" {
		v.Input, v.InputMode = "x", "text"
	}
	list := v.sealedFindings()
	request, err := v.withoutSealed().build(ui.simulated(v.Upstream))
	if err != nil {
		return list // the form says what else is wrong
	}
	list = append(list, findings(request)...)
	for i := range list {
		list[i].Repair, list[i].Fixed = "", ""
	}
	return list
}
