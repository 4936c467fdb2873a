package webui

import (
	"encoding/json"

	"github.com/taskyard/taskyard/internal/snippet"
)

// snippets are the ways in which a request is written, one of them in sight.
type snippets struct {
	Tabs []snippetTab
	Note string // what is to be known before a program is run
}

type snippetTab struct {
	Name, Label string
	Code        string
	Fault       string // why there is no code
	Checked     bool
}

// snippetsOf writes a request as programs that send it to an upstream.
func (ui *UI) snippetsOf(request json.RawMessage, betas, upstream string) snippets {
	if len(request) > maxSnippet {
		return snippets{Note: "The request has " + size(len(request)) + ", which is too much to write it as a program here."}
	}
	var s snippets
	base := ui.baseURLs[upstream]
	for _, l := range snippet.Languages() {
		tab := snippetTab{Name: l.Name, Label: l.Label}
		code, err := snippet.Of(l.Name, request, betas, base)
		if err != nil {
			tab.Fault = sentence(err.Error()) + "."
		}
		tab.Code = code
		s.Tabs = append(s.Tabs, tab)
	}
	if ui.simulated(upstream) && base != "" {
		s.Note = "The programs look for a simulator at " + base + ". To start one: taskyard sandbox"
	}
	return s
}

// check brings the tab of that name into sight, or else the first one.
func (s *snippets) check(name string) {
	chosen := 0
	for i, tab := range s.Tabs {
		if tab.Name == name {
			chosen = i
		}
	}
	if len(s.Tabs) > 0 {
		s.Tabs[chosen].Checked = true
	}
}
