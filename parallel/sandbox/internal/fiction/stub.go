package fiction

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

type Topic struct{ subject string }

func NewTopic(input string, previous string) *Topic {
	s := strings.TrimSpace(input)
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "")
	}
	if previous != "" {
		s = previous + ", " + s
	}
	return &Topic{s}
}
func (t *Topic) Subject() string { return t.subject }

type Source struct{ URL, Title string }

func (t *Topic) Sources(r *rand.Rand, n int, include, exclude []string) []Source {
	var l []Source
	for i := range n {
		h := "a"
		if len(include) > 0 {
			h = strings.ReplaceAll(include[0], ".", "-")
		}
		l = append(l, Source{fmt.Sprintf("https://%s%d.example.com/p", h, i), fmt.Sprint("Page (simulated) ", i)})
	}
	return l
}
func (t *Topic) Excerpts(r *rand.Rand, field string, n int) []string {
	var l []string
	for range n {
		l = append(l, fmt.Sprintf("Excerpt %d about %s of %s.", r.IntN(1000), field, t.subject))
	}
	return l
}
func (t *Topic) Reasoning(r *rand.Rand, field, description string, sources []Source, confidence string) string {
	return "simulated reasoning"
}
func (t *Topic) Confidence(r *rand.Rand) string { return []string{"low", "medium", "high"}[r.IntN(3)] }
func (t *Topic) Report(r *rand.Rand, description string, sources []Source, words int) string {
	return "*simulated* " + t.subject + "\n## a\n| a |\n [1]" + strings.Repeat(" wordings", words)
}
func (t *Topic) Write(r *rand.Rand, name, description string) string {
	return fmt.Sprint(name, " (simulated) ", r.IntN(1000))
}
func (t *Topic) Message(r *rand.Rand, kind string, i, of int, source *Source) string {
	return fmt.Sprintf("%s %d of %d", kind, i, of)
}

type Field struct {
	Name, Type, Description string
	Fields                  []Field
}

func (t *Topic) AutoSchema(r *rand.Rand) []Field {
	return []Field{{Name: "summary", Type: "string", Description: "x"}, {Name: "n", Type: "array", Description: "y", Fields: []Field{{Name: "a", Type: "number", Description: "z"}}}}
}
