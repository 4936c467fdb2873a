package webui

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/taskyard/taskyard"
)

type tasksPage struct {
	layout
	Filter   filter
	Rows     []taskRow
	Next     string // address of the next page; "" when there is none
	First    string // address of the first page, when this is not it
	Prepend  bool
	Simulate string
	Empty    string
}

// filter is what the address of the list asks for.
type filter struct {
	Search     string
	Tag        string
	Status     string
	Processor  string
	Statuses   []pill
	Processors []string
	Active     bool // something is filtered
}

func (ui *UI) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := readFilter(q)
	query := taskyard.TaskQuery{Search: f.Search, Limit: tasksOnPage}
	if f.Tag != "" {
		query.Tags = []string{f.Tag}
	}
	if f.Status != "" {
		query.Statuses = []taskyard.Status{taskyard.Status(f.Status)}
	}
	if f.Processor != "" {
		query.Processors = []string{f.Processor}
	}
	var err error
	if query.After, err = readCursor(q.Get("after")); err != nil {
		return err
	}
	page, err := ui.store.Tasks(r.Context(), query)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	p := tasksPage{layout: ui.layout("Tasks", "tasks"), Filter: f, Simulate: ui.simulatedNames(), Empty: emptyText(f)}
	p.Live, p.Prepend = true, !f.Active && query.After.IsZero()
	for _, t := range page.Tasks {
		p.Rows = append(p.Rows, ui.row(t))
	}
	if !page.Next.IsZero() {
		p.Next = f.address(page.Next)
	}
	if !query.After.IsZero() {
		p.First = f.address(taskyard.Cursor{})
	}
	return ui.render(w, http.StatusOK, "tasks", "layout", p)
}

func readFilter(q url.Values) filter {
	f := filter{
		Search: strings.TrimSpace(q.Get("q")), Tag: q.Get("tag"), Status: q.Get("status"), Processor: q.Get("processor"),
		Statuses: pillTable, Processors: processorNames(),
	}
	f.Search, _ = cut(f.Search, 200)
	if f.Processor != "" && !slices.Contains(f.Processors, f.Processor) {
		f.Processors = append(f.Processors, f.Processor) // the set is open
	}
	if f.Status != "" && !slices.ContainsFunc(pillTable, func(p pill) bool { return string(p.Status) == f.Status }) {
		f.Statuses = append(slices.Clone(pillTable), pillOf(taskyard.Status(f.Status)))
	}
	f.Active = f.Search != "" || f.Tag != "" || f.Status != "" || f.Processor != ""
	return f
}

func (f filter) address(after taskyard.Cursor) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Search, "tag": f.Tag, "status": f.Status, "processor": f.Processor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if !after.IsZero() {
		q.Set("after", cursorText(after))
	}
	if len(q) == 0 {
		return "/tasks"
	}
	return "/tasks?" + q.Encode()
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
	if f.Active {
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
