package httpapi

import (
	"net/http"
	"net/url"

	"github.com/taskyard/taskyard"
)

const (
	defaultPage = 100
	maxSearch   = 200 // characters, as in the store
)

var listParameters = []string{"status", "processor", "upstream", "mode", "tag", "meta", "since", "until", "q", "limit", "cursor"}

// listTasks answers with an array, newest first, as the original does. What the array has no room for, where
// the next page is, is in the Link header.
func (a *API) listTasks(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	query, err := taskQuery(values)
	if err != nil {
		return err
	}
	page, err := a.store.Tasks(r.Context(), query)
	if err != nil {
		return err
	}
	items := make([]item, 0, len(page.Tasks))
	for _, t := range page.Tasks {
		items = append(items, a.item(t))
	}
	leadOn(w, r, values, page.Next)
	return writeJSON(w, http.StatusOK, items)
}

// leadOn says where the next page of a list is, if there is one.
func leadOn(w http.ResponseWriter, r *http.Request, values url.Values, next taskyard.Cursor) {
	if !next.IsZero() {
		values.Set("cursor", encodeCursor(next))
		w.Header().Set("Link", "<"+(&url.URL{Path: r.URL.Path, RawQuery: values.Encode()}).String()+`>; rel="next"`)
	}
}

func taskQuery(values url.Values) (taskyard.TaskQuery, error) {
	p := parameters{values: values}
	q := taskyard.TaskQuery{
		Processors: p.many("processor"),
		Upstream:   p.one("upstream"),
		Mode:       p.one("mode"),
		Tags:       p.many("tag"),
		Metadata:   p.pairs("meta"),
		Since:      p.time("since"),
		Until:      p.time("until"),
		Search:     p.text("q", maxSearch),
		Limit:      p.number("limit", 1, taskyard.MaxPage, defaultPage),
		After:      p.cursor("cursor"),
	}
	for _, s := range p.many("status") { // an open set: a status that nobody has yet finds nothing
		q.Statuses = append(q.Statuses, taskyard.Status(s))
	}
	return q, p.err
}
