package fiction

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// notice begins every report.
const notice = "*This report is simulated: its figures, names and sources are made up.*"

// report is Markdown in the making.
type report struct {
	topic   *Topic
	r       *rand.Rand
	sources []Source
	out     strings.Builder
	words   int
	deck    []int // sentences that are still to be used before any comes again
}

// Report makes up a report of about so many words in Markdown: headings, paragraphs with numbered citations, a list, a
// table, and the list of references. It takes time in proportion to its words.
func (t *Topic) Report(r *rand.Rand, description string, sources []Source, words int) string {
	p := &report{topic: t, r: r, sources: sources}
	const wordsPerReference = 8
	body := words - wordsPerReference*len(sources)
	p.block(notice)
	p.block("# " + capital(t.subject))
	p.summary(description)
	p.list(words / 150)
	for i := 0; p.words < body; i++ {
		p.section(i, body)
	}
	p.references()
	return strings.TrimRight(p.out.String(), "\n")
}

func (p *report) block(text string) {
	p.words += strings.Count(text, " ") + 1
	p.out.WriteString(text)
	p.out.WriteString("\n\n")
}

func (p *report) summary(description string) {
	p.block("## Summary")
	if description = strings.TrimRight(cut(plain(description), 200), "."); description != "" {
		p.block(fmt.Sprintf("The request was: %s.", description))
	}
	p.block(p.paragraph(2))
}

// paragraph is some sentences, most of them with a citation.
func (p *report) paragraph(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = p.sentence()
	}
	return strings.Join(parts, " ")
}

// sentence is one whose pattern has not been used for as long as possible.
func (p *report) sentence() string {
	if len(p.deck) == 0 {
		p.deck = p.r.Perm(len(sentences))
	}
	s := capital(p.topic.fill(p.r, sentences[p.deck[0]]))
	p.deck = p.deck[1:]
	if len(p.sources) > 0 && p.r.IntN(3) > 0 {
		return strings.TrimSuffix(s, ".") + fmt.Sprintf(" [%d].", 1+p.r.IntN(len(p.sources)))
	}
	return s
}

func (p *report) list(n int) {
	var b strings.Builder
	for range max(2, min(n, 6)) {
		fmt.Fprintf(&b, "- **%s**: %s\n", capital(p.topic.phrase(p.r)), p.sentence())
	}
	p.block(strings.TrimRight(b.String(), "\n"))
}

// wordsForTable is from which length a report has tables.
const wordsForTable = 250

var headings = []string{"Background", "What the figures say", "Differences between places", "Causes", "What people report", "Costs", "How it changed", "Open questions", "Outlook"}

// section writes the i-th section of a body of so many words.
func (p *report) section(i, body int) {
	heading := headings[i%len(headings)]
	if i >= len(headings) {
		heading = fmt.Sprintf("%s, part %d", heading, 1+i/len(headings))
	}
	p.block("## " + heading)
	if i%4 == 1 && body > wordsForTable {
		p.table()
	}
	for n := 0; n < 2 && (n == 0 || p.words+30 < body); n++ {
		p.block(p.paragraph(3 + p.r.IntN(2)))
	}
	if i%3 == 2 {
		p.block("> " + p.sentence())
	}
}

func (p *report) table() {
	var b strings.Builder
	year := 2014 + p.r.IntN(6)
	fmt.Fprintf(&b, "| Place | %d | %d | Change |\n| --- | ---: | ---: | ---: |", year, year+5)
	for _, i := range p.r.Perm(len(places))[:4] {
		before := 100 + p.r.IntN(9000)
		after := before/2 + p.r.IntN(before*2)
		fmt.Fprintf(&b, "\n| %s | %s | %s | %+.1f %% |", places[i], thousands(before), thousands(after), 100*(float64(after)/float64(before)-1))
	}
	p.block(b.String())
}

func (p *report) references() {
	if len(p.sources) == 0 {
		return
	}
	var b strings.Builder
	for i, s := range p.sources {
		fmt.Fprintf(&b, "%d. [%s](%s)\n", i+1, s.Title, s.URL)
	}
	p.block("## References")
	p.block(strings.TrimRight(b.String(), "\n"))
}
