package webui

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

type tasksPage struct {
	layout
	Read       time.Time // when the list was
	Filter     filter
	Upstreams  []string
	Selectable bool
	Rows       []taskRow
	Next       string // address of the next page; "" when there is none
	First      string // address of the first page, when this is not it
	Prepend    bool
	Simulate   string
	Empty      string
}

func (ui *UI) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := readFilter(q)
	query, err := f.query()
	if err != nil {
		return err
	}
	if query.After, err = readCursor(q.Get("after")); err != nil {
		return err
	}
	read := ui.now()
	page, err := ui.store.Tasks(r.Context(), query)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	p := tasksPage{layout: ui.layout(r.Context(), "Tasks", "tasks"), Read: read, Filter: f, Simulate: ui.simulatedNames(), Empty: emptyText(f), Selectable: true}
	for _, up := range ui.service.Upstreams() {
		p.Upstreams = append(p.Upstreams, up.Name)
	}
	p.Live, p.Prepend = true, !f.Active() && query.After.IsZero()
	for _, t := range page.Tasks {
		row := ui.row(t)
		row.Selectable = true
		p.Rows = append(p.Rows, row)
	}
	if !page.Next.IsZero() {
		p.Next = f.address(page.Next)
	}
	if !query.After.IsZero() {
		p.First = f.address(taskyard.Cursor{})
	}
	return ui.render(w, http.StatusOK, "tasks", "layout", p)
}

// cursorText hides the store's number in a word that nobody is tempted to count up.
func cursorText(c taskyard.Cursor) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", c.CreatedAt, c.Num))
}

func readCursor(text string) (taskyard.Cursor, error) {
	if text == "" {
		return taskyard.Cursor{}, nil
	}
	bad := taskyard.Invalid("after", "The address of this page of the list is damaged. Start from the first page.")
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return taskyard.Cursor{}, bad
	}
	at, num, found := strings.Cut(string(plain), ".")
	if !found {
		return taskyard.Cursor{}, bad
	}
	created, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return taskyard.Cursor{}, bad
	}
	number, err := strconv.ParseInt(num, 10, 64)
	if err != nil {
		return taskyard.Cursor{}, bad
	}
	return taskyard.Cursor{CreatedAt: created, Num: number}, nil
}

func emptyText(f filter) string {
	if f.Active() {
		return "No tasks match."
	}
	return "No tasks yet."
}

// simulatedNames lists the upstreams whose tasks carry the label, for the script that adds rows.
func (ui *UI) simulatedNames() string {
	names := []string{simulator}
	for _, up := range ui.service.Upstreams() {
		if up.Simulated && up.Name != simulator {
			names = append(names, up.Name)
		}
	}
	return strings.Join(names, " ")
}
