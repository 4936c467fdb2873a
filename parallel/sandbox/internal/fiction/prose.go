package fiction

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// sentences have gaps: {p} and {q} pieces of the topic, {s} the subject, {n} a number, {%} a share, {y} and {z} years,
// {o} an organisation, {l} a place, {m} a measure.
var sentences = []string{
	"Figures for {p} rose from {n} in {y} to {n} in {z}, a change of {%}.",
	"The {o} counted {n} cases in {y}, of which {%} concerned {p}.",
	"A survey of {n} people in {l} found that {%} had an opinion about {p} before they were asked.",
	"In {l}, {p} came first, and {q} followed about {k} years later.",
	"Two studies disagree: one puts the effect of {p} at {%}, the other at {%}.",
	"What is known about {q} before {y} rests on a single register kept in {l}.",
	"The {o} revised its method in {z}, so earlier numbers on {p} are not comparable.",
	"Costs fell by {%} between {y} and {z}, mostly because of {m}.",
	"Critics point out that {m} was never measured where {p} mattered most.",
	"Of the {n} records on {p}, {%} name a date and {%} name a place.",
	"The strongest link is with {q}: where it doubled, {m} grew by {%}.",
	"No source explains why {l} differs from its neighbours by {%}.",
	"Between {y} and {z} responsibility for {p} moved to the {o}.",
	"Experts who were interviewed in {l} expect {m} to change by {%} within {k} years.",
	"The oldest document on {q} is dated {y} and is cited by {n} others.",
	"Where {p} and {q} were looked at together, the combined effect was {%}.",
	"A correction of {z} lowered the published value from {n} to {n}.",
	"The effect was visible after {k} months and had halved after {k} years.",
	"Open data from the {o} cover {n} places, {l} among them.",
	"Most accounts agree on the order of events, though not on {m}.",
	"In {y} the {o} set a target of {%}; by {z} it had reached {%}.",
	"Small samples make the estimate for {l} uncertain by about {%}.",
	"Where records are complete, {p} explains {%} of the variation in {m}.",
	"The {o} lists {n} exceptions, nearly all of them connected with {q}.",
	"Reports from {l} describe {p} in terms of {m} rather than of numbers.",
	"A comparison over {k} years shows {q} to be steadier than {p}.",
	"By {z}, {%} of those concerned had changed their view of {p}.",
	"The question of {m} came up {n} times in the minutes of the {o}.",
}

var (
	organisations = []string{
		"Office for Example Statistics", "Halden Institute", "Northport Observatory", "Council of Imagined Cities", "Lindow Survey", "Registry of Examples",
		"Society for Made-up Records", "Eastmere Laboratory", "Bureau of Sample Data", "Placeholder Foundation",
	}
	places   = []string{"Northport", "Eastmere", "Halden Bay", "Lindow", "Westhaven", "Oakmoor", "Port Example", "Greywater", "Saltmarsh", "Upper Sample"}
	measures = []string{
		"average cost", "public support", "time to completion", "reliability", "participation", "maintenance", "demand", "the share of new entrants",
		"quality of the records", "regional differences", "the number of complaints", "staffing",
	}
)

// sentence fills one of the sentences.
func (t *Topic) sentence(r *rand.Rand) string { return capital(t.fill(r, pick(r, sentences))) }

// fill replaces the gaps of a sentence.
func (t *Topic) fill(r *rand.Rand, pattern string) string {
	var b strings.Builder
	gaps := gaps{topic: t, r: r, year: 1990 + r.IntN(25), first: r.IntN(len(t.phrases))}
	for {
		before, rest, found := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(gaps.fill(rest[0]))
		pattern = rest[2:]
	}
}

// gaps are what the gaps of one sentence are filled from.
type gaps struct {
	topic *Topic
	r     *rand.Rand
	year  int
	first int // phrase for {p}; that for {q} is another, if there is one
}

func (g *gaps) fill(kind byte) string {
	switch phrases := g.topic.phrases; kind {
	case 'p':
		return phrases[g.first]
	case 'q':
		return phrases[(g.first+1+g.r.IntN(max(1, len(phrases)-1)))%len(phrases)]
	case 's':
		return g.topic.subject
	case 'n':
		return thousands(20 + g.r.IntN(2)*g.r.IntN(90_000) + g.r.IntN(900))
	case '%':
		return fmt.Sprintf("%d.%d\u00a0%%", 2+g.r.IntN(80), g.r.IntN(10))
	case 'y':
		return fmt.Sprint(g.year)
	case 'z':
		return fmt.Sprint(g.year + 3 + g.r.IntN(8))
	case 'o':
		return pick(g.r, organisations)
	case 'l':
		return pick(g.r, places)
	case 'k':
		return fmt.Sprint(2 + g.r.IntN(11))
	}
	return pick(g.r, measures)
}

// thousands writes a number as people do: 12,345.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// Excerpts makes up n passages of one to three sentences about a field.
func (t *Topic) Excerpts(r *rand.Rand, field string, n int) []string {
	list := make([]string, n)
	for i := range list {
		parts := make([]string, 1+r.IntN(3))
		for k := range parts {
			parts[k] = t.sentence(r)
		}
		if r.IntN(3) == 0 && field != "" {
			parts[0] = fmt.Sprintf("On %s: %s", readable(field), parts[0])
		}
		list[i] = strings.Join(parts, " ")
	}
	return list
}

// readable is a field's name in words.
func readable(field string) string {
	return strings.Join(strings.FieldsFunc(plain(strings.ReplaceAll(field, "_", " ")), func(r rune) bool { return r == '.' || r == ' ' }), " ")
}

// Confidence is high, medium or low, in about the mix that real runs have.
func (t *Topic) Confidence(r *rand.Rand) string {
	return pick(r, []string{"high", "high", "high", "high", "medium", "medium", "medium", "low", "low"})
}

var grounds = map[string][]string{
	"high": {
		"They agree with each other, and the first of them is close to the event.",
		"The value is stated in so many words, and an independent source repeats it.",
		"Three separate passages lead to the same value.",
	},
	"medium": {
		"They agree in substance but give different dates, so the newest was taken.",
		"The value follows from two statements that were made at different times.",
		"One source states it plainly; the others are silent.",
	},
	"low": {
		"They contradict each other, and neither says how it was measured.",
		"The value is inferred from a related figure, as nobody states it directly.",
		"Only one passage touches on it, and only in passing.",
	},
}

// Reasoning says why a field has its value.
func (t *Topic) Reasoning(r *rand.Rand, field, description string, sources []Source, confidence string) string {
	parts := []string{fmt.Sprintf("For %s, %d simulated %s on %s were compared.", readable(field), len(sources), plural(len(sources), "source"), t.phrase(r))}
	if description != "" && r.IntN(2) == 0 {
		parts = append(parts, fmt.Sprintf("What was wanted: %s.", strings.TrimRight(cut(plain(description), 160), ".")))
	}
	if len(sources) > 0 {
		parts = append(parts, fmt.Sprintf("“%s” says: %s", strings.TrimSuffix(pick(r, sources).Title, " (simulated)"), t.sentence(r)))
	}
	if g := grounds[confidence]; len(g) > 0 {
		parts = append(parts, pick(r, g))
	}
	if confidence == "low" {
		parts = append(parts, "It should be checked before anyone relies on it.")
	}
	return strings.Join(parts, " ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
