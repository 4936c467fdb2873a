// Package fiction makes up what the simulator says: believable in form, about the user's own words, and never to be
// taken for true. The same random numbers give the same texts.
package fiction

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// Topic is what a run is about.
type Topic struct {
	subject string
	phrases []string // pieces of the input of one to three words, at least one
}

// Bounds of what is taken from an input.
const (
	maxSubject = 80 // characters
	maxPhrases = 12
	maxPhrase  = 40 // characters
)

// nothing is the subject of an input without words.
const nothing = "the question that was asked"

// NewTopic reads an input: text, or the JSON of an object, of which the values count. previous is the subject of the
// run that this one follows up, "" if it follows none.
func NewTopic(input, previous string) *Topic {
	text := plain(words(input))
	t := &Topic{subject: subject(text), phrases: phrases(text)}
	if previous != "" {
		t.phrases = append(phrases(previous), t.phrases...)
		t.subject = cut(previous, maxSubject/2) + ", then " + cut(t.subject, maxSubject/2)
	}
	return t
}

// Subject is the topic in at most some 80 characters, free of markup and line breaks.
func (t *Topic) Subject() string { return t.subject }

// phrase is a piece of the topic that fits into a sentence.
func (t *Topic) phrase(r *rand.Rand) string { return t.phrases[r.IntN(len(t.phrases))] }

// words are the readable parts of an input.
func words(input string) string {
	var object map[string]any
	if !strings.HasPrefix(strings.TrimSpace(input), "{") || json.Unmarshal([]byte(input), &object) != nil {
		return input
	}
	var values []string
	collect(object, &values)
	return strings.Join(values, ", ")
}

// collect gathers the strings of a JSON value, members in the order of their names.
func collect(v any, into *[]string) {
	switch v := v.(type) {
	case string:
		*into = append(*into, v)
	case []any:
		for _, e := range v {
			collect(e, into)
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			collect(v[name], into)
		}
	}
}

// plain is a text without markup, control characters and runs of white space.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("|<>[](){}*_#`\\~^\"=&!", r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	return strings.Join(strings.Fields(text), " ")
}

// openings are what requests begin with that is no part of what they are about; longer ones first.
var openings = []string{
	"write a short report about ", "write a report about ", "write a report on ", "i want to know ", "give me an overview of ", "tell me about ",
	"tell me ", "do research on ", "research ", "find out ", "find ", "compare ", "describe ", "explain ", "analyse ", "analyze ", "summarise ", "summarize ",
	"list ", "give me ", "please ", "what are ", "what is ", "what was ", "who is ", "who was ", "which ",
}

// subject is the first sentence of a text without its opening.
func subject(text string) string {
	if end := strings.IndexAny(text, ".?;\u3002\uff1f"); end > 0 && (end == len(text)-1 || text[end] != '.' || text[end+1] == ' ') {
		text = text[:end]
	}
	for _, opening := range openings {
		if len(text) > len(opening) && strings.EqualFold(text[:len(opening)], opening) {
			text = text[len(opening):]
			break
		}
	}
	text = strings.Trim(cut(text, maxSubject), " ,.:;?-'")
	if !strings.ContainsFunc(text, isWord) {
		return nothing
	}
	return text
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// cut shortens a text to so many characters, at the end of a word where there is one.
func cut(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	short := string(runes[:limit])
	if space := strings.LastIndexByte(short, ' '); space > len(short)/2 {
		short = short[:space]
	}
	return strings.TrimRight(short, " ,.:;-")
}

// phrases are the pieces of a text between small words and punctuation.
func phrases(text string) []string {
	var list []string
	var piece []string
	end := func() {
		if p := strings.Join(piece, " "); len(piece) > 0 && !slices.Contains(list, p) {
			list = append(list, p)
		}
		piece = nil
	}
	for word := range strings.FieldsSeq(cut(text, 2000)) {
		bare := strings.TrimFunc(word, func(r rune) bool { return !isWord(r) })
		if bare == "" || small[strings.ToLower(bare)] {
			end()
			continue
		}
		piece = append(piece, cut(bare, maxPhrase))
		if len(piece) == 3 || !strings.HasSuffix(word, bare) {
			end()
		}
		if len(list) == maxPhrases {
			return list
		}
	}
	end()
	if len(list) == 0 {
		return []string{nothing}
	}
	return list
}

// small are words that a phrase does not contain.
var small = set(`a an the and or but nor of in on at to for from by with without into onto over under about as than then that this these those
	it its they them their he she his her you your we our i my me is are was were be been being do does did done has have had will would can could
	shall should may might must not no yes how what who whom whose which when where why if so also more most less least very just only each every
	any some all both either neither between among during after before since until while please tell give find list compare describe explain write
	report research summarise summarize analyse analyze it's don't`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// pick returns one of a list.
func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }
