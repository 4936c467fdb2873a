package schema

import (
	"fmt"
	"strings"
	"unicode"
)

// words makes a string: of its format or pattern if it has one, else in the writer's words.
func (m *maker) words(o *Object, name, description string) string {
	if pattern := text(o, "pattern"); pattern != "" {
		made := m.fromPattern(pattern)
		m.text += len(made)
		return made
	}
	if s, ok := m.formatted(text(o, "format")); ok {
		return s
	}
	written := m.write(name, description)
	made := fit(o, written)
	m.text += max(0, len(made)-len(written))
	return made
}

// fit cuts or lengthens s to the bounds of the schema.
func fit(o *Object, s string) string {
	runes := []rune(s)
	if most, ok := countOf(o, "maxLength"); ok && len(runes) > most {
		runes = []rune(strings.TrimRightFunc(string(runes[:most]), unicode.IsSpace))
	}
	least, _ := countOf(o, "minLength")
	for least = min(least, maxMadeLength); len(runes) < least; {
		runes = append(runes, filler[len(runes)%len(filler)])
	}
	return string(runes)
}

var filler = []rune(" simulated")

func (m *maker) formatted(format string) (string, bool) {
	date := fmt.Sprintf("%d-%02d-%02d", 2015+m.rand.IntN(11), 1+m.rand.IntN(12), 1+m.rand.IntN(28))
	clock := fmt.Sprintf("%02d:%02d:00Z", m.rand.IntN(24), m.rand.IntN(60))
	id := m.rand.IntN(900) + 100
	switch format {
	case "date":
		return date, true
	case "time":
		return clock, true
	case "date-time":
		return date + "T" + clock, true
	case "duration":
		return fmt.Sprintf("P%dD", 1+m.rand.IntN(90)), true
	case "email", "idn-email":
		return fmt.Sprintf("contact%d@example.com", id), true
	case "hostname", "idn-hostname":
		return fmt.Sprintf("site%d.example.com", id), true
	case "uri", "url", "iri", "uri-reference", "iri-reference":
		return fmt.Sprintf("https://www.example.com/page/%d", id), true
	case "uri-template":
		return "https://www.example.com/{page}", true
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", 1+m.rand.IntN(254)), true // RFC 5737
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", 1+m.rand.IntN(65535)), true // RFC 3849
	case "uuid":
		return m.uuid(), true
	case "json-pointer":
		return fmt.Sprintf("/items/%d", id), true
	case "relative-json-pointer":
		return fmt.Sprintf("%d/items", m.rand.IntN(9)), true
	case "regex":
		return "^[a-z]+$", true
	}
	return "", false
}

func (m *maker) uuid() string {
	a, b := m.rand.Uint64(), m.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// hasWord reports whether a field's name, such as "foundedYear" or "founded_year", has the word.
func hasWord(name, word string) bool {
	for _, w := range Words(name) {
		if w == word {
			return true
		}
	}
	return false
}

// Words splits a field's name into its words in lower case.
func Words(name string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.IsUpper(r) && lower {
			flush()
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word = append(word, r)
		}
		lower = unicode.IsLower(r)
	}
	flush()
	return words
}
