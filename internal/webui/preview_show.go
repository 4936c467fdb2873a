package webui

import (
	"encoding/json"
	"net/http"
	"strings"
)

type previewPage struct {
	layout
	Code    snippets
	Problem string // why there is no request
}

// preview shows the request that the composer's form makes, without making a task of it.
func (ui *UI) preview(w http.ResponseWriter, r *http.Request) error {
	v, request, fault, err := ui.written(r)
	if err != nil {
		return err
	}
	p := previewPage{layout: ui.layout(r.Context(), "The exact request", "home"), Problem: fault}
	if fault == "" {
		p.Code = ui.snippetsOf(request, strings.Join(words(v.Betas), ","), v.Upstream)
		p.Code.check(r.PostForm.Get("language"))
	}
	return ui.render(w, http.StatusOK, "preview", "layout", p)
}

// written is the request that a form makes. The key is not read. That a form is not finished yet is an answer like any
// other: then fault says why there is no request.
func (ui *UI) written(r *http.Request) (v values, request json.RawMessage, fault string, err error) {
	if err := parseForm(r); err != nil {
		return v, nil, "", err
	}
	v = readValues(r)
	request, err = v.request(ui.simulated(v.Upstream))
	if err == nil {
		return v, request, "", nil
	}
	status, message := ui.explain(r, err)
	if status >= http.StatusInternalServerError {
		return v, nil, "", err
	}
	return v, nil, sentence(message), nil
}
