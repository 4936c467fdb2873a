package webui

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
)

// Template is a task that someone has thought about, to begin from.
type Template struct {
	Slug    string // in addresses
	Title   string
	Summary string
	Request json.RawMessage // upstream's create body
}

// Library returns the templates, in the order in which they are shown.
func Library() []Template { return library }

// templateOf finds a template by its slug.
func templateOf(slug string) (Template, bool) {
	for _, t := range library {
		if t.Slug == slug {
			return t, true
		}
	}
	return Template{}, false
}

// shelf is the templates of one kind of output.
type shelf struct {
	Mode    string // "text", "json" or "auto"
	Title   string
	Summary string
	Cards   []templateCard
}

type templateCard struct {
	Template
	Input     string // its beginning
	Processor string
	Price     string
	Usual     string
	mode      string
}

type libraryPage struct {
	layout
	Shelves []shelf
	Own     []ownCard // of whoever looks
	Team    []ownCard // of others, for everybody with a token
}

// templates shows the library.
func (ui *UI) templates(w http.ResponseWriter, r *http.Request) error {
	own, team, err := ui.keptTemplates(r.Context())
	if err != nil {
		return err
	}
	return ui.render(w, http.StatusOK, "templates", "layout", libraryPage{layout: ui.layout(r.Context(), "Templates", "templates"), Shelves: shelves(), Own: own, Team: team})
}

func shelves() []shelf {
	list := []shelf{
		{Mode: "text", Title: "Reports", Summary: "A text with headings, and a source behind each claim."},
		{Mode: "json", Title: "Structured answers", Summary: "Fields that you name, each with its sources and how sure it is."},
		{Mode: "auto", Title: "Open questions", Summary: "The processor chooses the shape of the answer. From pro upwards."},
	}
	for _, t := range library {
		card := cardOf(t)
		for i := range list {
			if list[i].Mode == card.mode {
				list[i].Cards = append(list[i].Cards, card)
			}
		}
	}
	return list
}

// cardOf is what a template's card says.
func cardOf(t Template) templateCard {
	v := valuesFrom(taskyard.Task{}, t.Request, false)
	input, _ := cut(strings.Join(strings.Fields(v.Input), " "), 160)
	name := v.processorName()
	return templateCard{Template: t, Input: input, Processor: name, Price: price(name), Usual: latency(usualTime(name)), mode: v.Output}
}

// composerFromTemplate fills the form from a template.
func (ui *UI) composerFromTemplate(ctx context.Context, slug string) composer {
	t, ok := templateOf(slug)
	if !ok {
		c := ui.composer(ctx, fresh())
		c.Notice = "There is no such template."
		return c
	}
	v := valuesFrom(taskyard.Task{}, t.Request, false)
	c := ui.composer(ctx, v)
	c.Prefilled = true
	c.Notice = "Filled from the template “" + t.Title + "”. Change what it is about, then run it."
	return c
}
