package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// mostCompared is how many tasks fit side by side.
const mostCompared = 4

// comparePage has tasks side by side.
type comparePage struct {
	layout
	Columns  []comparedTask
	View     string
	Views    []viewLink
	Rows     []comparedRow
	Same     int
	IsCut    bool
	Facts    []string // what of them was cheaper, quicker, and how much agrees
	Choices  []taskRow
	Chosen   []string // the tasks that are chosen already
	Waiting  bool     // some have no answer yet
	Problems string
}

type comparedTask struct {
	ID      string
	Missing bool // it is not on this server
	Task    taskHead
	Score   score
	Now     nowLine
	Trouble *trouble
	result  parallel.TaskRunOutput
	request flattener
	price   float64 // dollars for 1,000 runs; below 0 if unknown
	took    time.Duration
}

// compare serves 2 to 4 tasks side by side; with fewer it asks for the others.
func (ui *UI) compare(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ids := comparedIDs(q)
	if len(ids) > mostCompared {
		return taskyard.Invalid("id", "%d tasks do not fit side by side; %d do. Leave some out of the address.", len(ids), mostCompared)
	}
	p := comparePage{layout: ui.layout(r.Context(), "Compare", "tasks"), View: "answer"}
	if q.Get("view") == "requests" {
		p.View = "requests"
	}
	for _, id := range ids {
		column, err := ui.compared(r.Context(), id)
		if err != nil {
			return err
		}
		p.Live = p.Live || column.Task.Live
		p.Columns = append(p.Columns, column)
	}
	p.Chosen = ids
	if len(ids) < 2 {
		return ui.chooseCompared(w, r, p)
	}
	for _, v := range []viewLink{{Name: "answer", Label: "Answers"}, {Name: "requests", Label: "Requests"}} {
		v.Current = v.Name == p.View
		p.Views = append(p.Views, v)
	}
	p.fill()
	return ui.render(w, http.StatusOK, "compare", "layout", p)
}

// With is the address of this comparison with one more parameter.
func (p comparePage) With(name, value string) string {
	q := url.Values{"id": slices.Clone(p.Chosen)}
	q.Add(name, value)
	return "/compare?" + q.Encode()
}

// comparedIDs are the tasks that an address names, each once: id=, repeated, or a= and b=.
func comparedIDs(q url.Values) []string {
	var ids []string
	for _, id := range slices.Concat(q["id"], q["a"], q["b"]) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (ui *UI) compared(ctx context.Context, id string) (comparedTask, error) {
	t, err := ui.store.Task(ctx, id)
	if errors.Is(err, taskyard.ErrNotFound) {
		return comparedTask{ID: id, Missing: true}, nil
	}
	if err != nil {
		return comparedTask{}, fmt.Errorf("read task: %w", err)
	}
	doc, err := ui.store.Document(ctx, id)
	if err != nil {
		return comparedTask{}, notHere(err)
	}
	l, err := ui.readLog(ctx, t, 0, replayRows)
	if err != nil {
		return comparedTask{}, err
	}
	now, up := ui.now(), taskyard.FindUpstream(ui.service.Upstreams(), t.Upstream)
	c := comparedTask{
		ID: id, Task: ui.head(t, now), Score: scoreOf(t, now), Now: nowOf(t, up, l, now), Trouble: troubleOf(t, up),
		request: flattenRequest(doc.Request), price: -1, took: elapsed(t, now),
	}
	if known, ok := parallel.LookupProcessor(t.Processor); ok {
		c.price = float64(known.Price)
	}
	if len(doc.Result) > 0 {
		read, err := readResult(doc.Result)
		if err != nil {
			return c, err
		}
		c.result = read.Output
	}
	return c, nil
}

// fill matches what the columns have.
func (p *comparePage) fill() {
	docs, present := make([]flattener, len(p.Columns)), make([]bool, len(p.Columns))
	for i, c := range p.Columns {
		switch {
		case c.Missing:
		case p.View == "requests":
			docs[i], present[i] = c.request, true
		case len(c.result.Content) > 0:
			docs[i], present[i] = flattenOutput(c.result), true
		default:
			p.Waiting = p.Waiting || c.Task.Live
		}
		p.IsCut = p.IsCut || docs[i].cut
	}
	p.Rows, p.Same = compareLeaves(docs, present)
	p.Facts = p.summary(present)
}

// summary says what is worth knowing before one reads on.
func (p *comparePage) summary(present []bool) []string {
	var facts []string
	if have := len(slices.DeleteFunc(slices.Clone(present), func(b bool) bool { return !b })); have > 1 {
		facts = append(facts, fmt.Sprintf("%d of %s the same", p.Same, plural(len(p.Rows), "value")))
	}
	cheap, dear := p.extremes(func(c comparedTask) (float64, bool) { return c.price, !c.Missing && c.price >= 0 })
	if cheap != dear {
		facts = append(facts, fmt.Sprintf("%s costs %.3g times as much as %s", p.name(dear), p.Columns[dear].price/p.Columns[cheap].price, p.name(cheap)))
	}
	quick, slow := p.extremes(func(c comparedTask) (float64, bool) { return c.took.Seconds(), !c.Missing && !c.Task.Live })
	if quick != slow {
		facts = append(facts, fmt.Sprintf("%s was quicker by %s", p.name(quick), span(p.Columns[slow].took-p.Columns[quick].took)))
	}
	return facts
}

func (p *comparePage) name(i int) string { return sentence(p.Columns[i].Task.Processor) }

// extremes are the columns with the least and the most of something; the same one where there is nothing to compare.
func (p *comparePage) extremes(of func(comparedTask) (float64, bool)) (least, most int) {
	first := true
	for i, c := range p.Columns {
		v, known := of(c)
		if !known {
			continue
		}
		if first {
			least, most, first = i, i, false
			continue
		}
		if low, _ := of(p.Columns[least]); v < low {
			least = i
		}
		if high, _ := of(p.Columns[most]); v > high {
			most = i
		}
	}
	return least, most
}

// chooseCompared offers what a task can be compared with: those of the same input first, then the newest.
func (ui *UI) chooseCompared(w http.ResponseWriter, r *http.Request, p comparePage) error {
	page, err := ui.store.Tasks(r.Context(), taskyard.TaskQuery{Limit: tasksOnPage})
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	chosen, preview := "", ""
	for _, c := range p.Columns {
		if c.Missing {
			p.Problems = "The task to compare is no longer on this server."
			p.Chosen = nil
			continue
		}
		chosen, preview = c.ID, c.Task.Title
	}
	for _, t := range page.Tasks {
		if t.ID != chosen {
			p.Choices = append(p.Choices, ui.row(t))
		}
	}
	slices.SortStableFunc(p.Choices, func(a, b taskRow) int {
		return btoi(b.Title == preview) - btoi(a.Title == preview)
	})
	return ui.render(w, http.StatusOK, "compare", "layout", p)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
