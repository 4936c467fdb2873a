package fiction

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// messages have the gaps of sentences, and {t} the title of a source, {h} its host, {i} and {j} how many steps are done
// of how many.
var messages = map[string][]string{
	"plan": {
		"Plan: break “{s}” into {p} and {q}, look for figures first, then for what explains them.",
		"Next I will settle what counts as {p}, find two independent sources for it, and compare them over {k} years.",
		"The request has several parts. I begin with {p}, because {q} depends on it.",
	},
	"search": {
		"{p} {q} statistics {y}..{z}",
		"{p} comparison {l}",
		"{p} {m} site reports {z}",
		"history of {p} before {y}",
		"{q} criticism evidence {z}",
	},
	"result": {
		"{t}: gives {n} for {y} and {n} for {z}; the method is described.",
		"{t}: confirms the order of events for {p}, without numbers.",
		"{h} has a table on {p} with {n} rows; {%} of them are usable.",
		"{t}: contradicts an earlier source on {q} by {%}.",
		"{t}: mostly about {q}; one paragraph on {m} is useful.",
	},
	"tool_call": {
		"Calling the tool with the query “{p}”.",
		"Asking the tool for records on {q} since {y}.",
	},
	"exec_status": {
		"Step {i} of {j} is done: {p}.",
		"Checked {n} passages on {p}; {%} were kept.",
		"Working on {q}; {i} of {j} steps are done.",
	},
	"reasoning": {
		"The two figures for {p} differ by {%}. The newer one uses the wider definition, so I keep both and say so.",
		"{q} cannot explain the whole change: in {l} it came {k} years too late.",
		"If {m} had been the cause, {l} would show it too, and it does not.",
	},
	"analysis": {
		"Comparing {p} with {q} over {k} years: the trend is the same, the level differs by {%}.",
		"Evidence so far: {n} passages, {%} of them from {y} or later. The weakest part is {m}.",
	},
	"tool": {"The tool returned {n} records on {p}."},
}

// Message words a progress message of a kind, the i-th of so many; source is the page that is being read.
func (t *Topic) Message(r *rand.Rand, kind string, i, of int, source *Source) string {
	patterns, ok := messages[kind]
	if !ok {
		patterns = messages["exec_status"]
	}
	pattern := pick(r, patterns)
	if kind == "exec_status" && i == of-1 {
		pattern = "Writing the answer on “{s}”; all sources are simulated."
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(source.URL, "https://"), "/")
	pattern = strings.NewReplacer("{t}", source.Title, "{h}", host, "{i}", fmt.Sprint(i+1), "{j}", fmt.Sprint(of)).Replace(pattern)
	return capital(t.fill(r, pattern))
}
