package webui

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Bounds of comparing two texts word by word. Beyond them texts stand side by side unmarked, and the page says so.
const (
	maxDiff     = 200 << 10              // bytes of one text
	diffTimeout = 250 * time.Millisecond // after which what is left counts as different
)

// stretch is a piece of a text: the same in both, or only in the one that it is a piece of.
type stretch struct {
	Text   string
	Differ bool
}

// diffWords cuts two texts into stretches that both have and stretches that one has. ok is false where they are too
// long to be compared.
func diffWords(one, other string) (ofOne, ofOther []stretch, ok bool) {
	if len(one) > maxDiff || len(other) > maxDiff {
		return nil, nil, false
	}
	table := wordTable{number: map[string]rune{}}
	a, b := table.runes(one), table.runes(other)
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = diffTimeout
	for _, d := range dmp.DiffMainRunes(a, b, false) {
		text := table.text(d.Text)
		switch d.Type {
		case diffmatchpatch.DiffEqual:
			ofOne, ofOther = append(ofOne, stretch{Text: text}), append(ofOther, stretch{Text: text})
		case diffmatchpatch.DiffDelete:
			ofOne = append(ofOne, stretch{text, true})
		case diffmatchpatch.DiffInsert:
			ofOther = append(ofOther, stretch{text, true})
		}
	}
	return ofOne, ofOther, true
}

// wordTable writes each word as one rune, so that a comparison of runes is one of words.
type wordTable struct {
	number map[string]rune
	words  []string
}

// surrogates are no runes: numbers from there on are moved past them.
var surrogates, behindSurrogates rune = 0xD800, 0xE000

func (t *wordTable) runes(text string) []rune {
	var list []rune
	for word := range wordsOf(text) {
		n, known := t.number[word]
		if !known {
			n = rune(len(t.words) + 1)
			if n >= surrogates {
				n += behindSurrogates - surrogates
			}
			t.number[word], t.words = n, append(t.words, word)
		}
		list = append(list, n)
	}
	return list
}

func (t *wordTable) text(numbers string) string {
	var b strings.Builder
	for _, n := range numbers {
		if n >= behindSurrogates {
			n -= behindSurrogates - surrogates
		}
		b.WriteString(t.words[n-1])
	}
	return b.String()
}

// wordsOf yields words, each with the white space behind it.
func wordsOf(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			end := strings.IndexFunc(text, unicode.IsSpace)
			if end < 0 {
				end = len(text)
			}
			for end < len(text) {
				r, n := utf8.DecodeRuneInString(text[end:])
				if !unicode.IsSpace(r) {
					break
				}
				end += n
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}
