package webui

import (
	"net/http"
	"strings"
)

type previewPage struct {
	layout
	Code    snippets
	Problem string // why there is no request
}

// preview shows the request that the composer's form makes, without making a task of it. The key is not read. That a
// form is not finished yet is an answer like any other.
func (ui *UI) preview(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v := readValues(r)
	p := previewPage{layout: ui.layout("The exact request", "home")}
	request, err := v.request(ui.simulated(v.Upstream))
	if err != nil {
		status, message := ui.explain(r, err)
		if status >= http.StatusInternalServerError {
			return err
		}
		p.Problem = sentence(message)
		return ui.render(w, http.StatusOK, "preview", "layout", p)
	}
	p.Code = ui.snippetsOf(request, strings.Join(words(v.Betas), ","), v.Upstream)
	p.Code.check(r.PostForm.Get("language"))
	return ui.render(w, http.StatusOK, "preview", "layout", p)
}
