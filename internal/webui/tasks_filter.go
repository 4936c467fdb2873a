package webui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// filter is what the address of the list asks for. Its names are the API's, but for the days.
type filter struct {
	Search     string
	Statuses   []string
	Processors []string
	Upstream   string
	Mode       string
	Tags       []string
	Meta       []string // key:value
	From, To   string   // days in UTC, both of them within
}

// filterValues bounds the values of one parameter; the store takes no more.
const filterValues = 100

// maxSearch bounds what is searched for, in characters; the store takes no more.
const maxSearch = 200

func readFilter(q url.Values) filter {
	f := filter{
		Search: strings.TrimSpace(q.Get("q")), Statuses: given(q, "status"), Processors: given(q, "processor"), Upstream: q.Get("upstream"),
		Mode: q.Get("mode"), Tags: given(q, "tag"), Meta: given(q, "meta"), From: q.Get("from"), To: q.Get("to"),
	}
	if short, isCut := cut(f.Search, maxSearch); isCut {
		f.Search = strings.TrimSpace(strings.TrimSuffix(short, "…"))
	}
	return f
}

// given are the values of a parameter that a form sends even where nothing was chosen.
func given(q url.Values, name string) []string {
	var list []string
	for _, v := range q[name] {
		for part := range strings.SplitSeq(v, ",") { // of a field that takes several
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(list, part) && len(list) < filterValues {
				list = append(list, part)
			}
		}
	}
	return list
}

// Active reports whether something is filtered.
func (f filter) Active() bool { return len(f.values()) > 0 }

func (f filter) values() url.Values {
	q := url.Values{}
	for name, list := range map[string][]string{
		"q": {f.Search}, "status": f.Statuses, "processor": f.Processors, "upstream": {f.Upstream}, "mode": {f.Mode}, "tag": f.Tags, "meta": f.Meta,
		"from": {f.From}, "to": {f.To},
	} {
		for _, v := range list {
			if v != "" {
				q.Add(name, v)
			}
		}
	}
	return q
}

func (f filter) query() (taskyard.TaskQuery, error) {
	q := taskyard.TaskQuery{Search: f.Search, Processors: f.Processors, Upstream: f.Upstream, Mode: f.Mode, Tags: f.Tags, Limit: tasksOnPage}
	for _, pair := range f.Meta {
		key, value, found := strings.Cut(pair, ":")
		if !found {
			return q, taskyard.Invalid("meta", "%q is not metadata such as team:red.", pair)
		}
		if q.Metadata == nil {
			q.Metadata = map[string]string{}
		}
		q.Metadata[strings.TrimSpace(key)] = strings.TrimSpace(value)
	}
	for _, s := range f.Statuses {
		q.Statuses = append(q.Statuses, taskyard.Status(s))
	}
	var err error
	if q.Since, err = day("from", f.From); err != nil {
		return q, err
	}
	if q.Until, err = day("to", f.To); err != nil {
		return q, err
	}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // the last day is within
	}
	return q, nil
}

func day(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, taskyard.Invalid(name, "%q is not a day such as 2026-01-31.", text)
	}
	return t, nil
}

func (f filter) address(after taskyard.Cursor) string { return addressOf(f.values(), after) }

func addressOf(q url.Values, after taskyard.Cursor) string {
	if !after.IsZero() {
		q.Set("after", cursorText(after))
	}
	if len(q) == 0 {
		return "/tasks"
	}
	return "/tasks?" + q.Encode()
}

// chip is one value that is filtered by, and the address without it.
type chip struct{ Label, Without string }

// Chips are all of them, in the order of the form.
func (f filter) Chips() []chip {
	var list []chip
	for _, name := range []struct{ param, label string }{
		{"q", "Text"}, {"status", "Status"}, {"processor", "Processor"}, {"upstream", "On"}, {"mode", "Output"}, {"tag", "Tag"}, {"meta", "Metadata"}, {"from", "From"}, {"to", "To"},
	} {
		for i, v := range f.values()[name.param] {
			rest := f.values()
			rest[name.param] = slices.Delete(slices.Clone(rest[name.param]), i, i+1)
			if len(rest[name.param]) == 0 {
				rest.Del(name.param)
			}
			shown, _ := cut(v, 60)
			if name.param == "status" {
				shown = pillOf(taskyard.Status(v)).Word
			}
			list = append(list, chip{name.label + ": " + shown, addressOf(rest, taskyard.Cursor{})})
		}
	}
	return list
}

// many is a group of boxes of which several can be chosen.
type many struct {
	Label, Name string
	Chosen      int
	Boxes       []box
}

type box struct {
	Label, Value string
	Checked      bool
}

// ManyStatuses are the statuses to choose from; one that is chosen is among them, whoever invented it.
func (f filter) ManyStatuses() many {
	m := many{Label: "Status", Name: "status", Chosen: len(f.Statuses)}
	list := slices.Clone(pillTable)
	for _, s := range f.Statuses {
		if !slices.ContainsFunc(list, func(p pill) bool { return string(p.Status) == s }) {
			list = append(list, pillOf(taskyard.Status(s)))
		}
	}
	for _, p := range list {
		m.Boxes = append(m.Boxes, box{p.Word, string(p.Status), slices.Contains(f.Statuses, string(p.Status))})
	}
	return m
}

// ManyProcessors are the processors to choose from, likewise.
func (f filter) ManyProcessors() many {
	m := many{Label: "Processor", Name: "processor", Chosen: len(f.Processors)}
	list := processorNames()
	for _, p := range f.Processors {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, p := range list {
		m.Boxes = append(m.Boxes, box{p, p, slices.Contains(f.Processors, p)})
	}
	return m
}

// Modes are the kinds of output.
func (filter) Modes() []string { return []string{"text", "json", "auto"} }

// Rest reports whether something of the folded part of the form is set.
func (f filter) Rest() bool {
	return f.Upstream+f.Mode+f.From+f.To != "" || len(f.Tags)+len(f.Meta) > 0
}
