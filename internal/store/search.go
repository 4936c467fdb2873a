package store

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/taskyard/taskyard"
)

// A search walks the list in its order and looks into the folded text of each task, so results stay in list
// order, any length of needle works, and a page that finds enough ends early. Measured at 100,000 tasks with 2 KB
// of text each, on one core: 0.2 to 34 ms for a page of words that occur, 0.2 to 0.4 s to learn that a word occurs
// once or never. FTS5 with trigrams answers the latter in 0.1 to 6 ms, but costs 0.7 ms of the one write connection
// for each task, 35 times as much, four times the disk, and has no answer below three characters. Writes have to
// keep up with live tasks; a search has not.
//
// PostgreSQL has many writers, and its trigrams (pg_trgm) serve the same LIKE: at 300,000 tasks with 2 KB of text each a
// word that is nowhere takes 0.5 ms instead of 1.5 s, for 0.65 ms more of a connection for each task that is stored and
// 0.8 times the texts' disk. So there the index is made, where the extension may be; without it the walk remains.
const (
	// searchText bounds the text that is kept for searching, in bytes, of a task's input and of its output. What
	// lies behind is not found.
	searchText = 256 << 10

	// searchNeedle bounds what is searched for, in characters.
	searchNeedle = 200
)

// fold makes texts comparable that differ in letter case or in how accents are written: full Unicode case
// folding, so that STRASSE finds straße and ς finds Σ, then canonical composition.
func fold(text string) string {
	return norm.NFC.String(cases.Fold().String(text))
}

// clip cuts text to what is searched, between characters.
func clip(text string) string {
	if len(text) <= searchText {
		return text
	}
	end := searchText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// likeLiteral escapes what LIKE takes for a wildcard.
var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likePattern finds needle as it stands anywhere in folded text, with ESCAPE '\'.
func likePattern(needle string) (string, error) {
	if utf8.RuneCountInString(needle) > searchNeedle {
		return "", taskyard.Invalid("search", "the text to search for is longer than %d characters", searchNeedle)
	}
	if err := checkText("search", needle); err != nil {
		return "", err
	}
	return "%" + likeLiteral.Replace(fold(needle)) + "%", nil
}
