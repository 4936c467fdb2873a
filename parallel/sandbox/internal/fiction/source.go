package fiction

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"unicode"
)

// Source is a page that does not exist.
type Source struct{ URL, Title string }

var (
	publishers = []string{
		"journal", "statistics", "open-data", "observatory", "archive", "institute", "almanac", "gazette", "review", "filings", "registry", "library",
		"monitor", "standards", "proceedings", "atlas", "ledger", "chronicle", "panel", "fieldnotes", "survey", "bulletin", "museum", "census",
	}
	regions   = []string{"", "", "north", "east", "south", "west", "central", "coastal", "inland", "city"}
	tops      = []string{"example.com", "example.org", "example.net"}
	documents = []string{
		"annual report", "working paper", "data sheet", "field study", "interview", "overview", "briefing", "technical note", "case study", "timeline",
		"survey results", "frequently asked questions", "press release", "meeting minutes", "literature review", "dataset", "explainer", "fact check",
	}
)

// Sources makes up n pages, no two alike. They lie under the example domains, which nobody can own; where a source
// policy includes domains, their names are in the hosts, and no host has the name of an excluded one.
func (t *Topic) Sources(r *rand.Rand, n int, include, exclude []string) []Source {
	list := make([]Source, 0, n)
	seen := make(map[string]bool, n)
	for len(list) < n {
		s := t.source(r, include, len(list))
		if seen[s.URL] || excluded(s.URL, exclude) {
			s.URL = fmt.Sprintf("https://page-%d.%s/%d", len(list), tops[len(list)%len(tops)], len(list))
		}
		seen[s.URL] = true
		list = append(list, s)
	}
	return list
}

func (t *Topic) source(r *rand.Rand, include []string, number int) Source {
	host := pick(r, publishers)
	if region := pick(r, regions); region != "" {
		host = region + "-" + host
	}
	if len(include) > 0 {
		host = label(include[number%len(include)], host)
	}
	host += "." + pick(r, tops)
	document, phrase := pick(r, documents), t.phrase(r)
	year := 2012 + r.IntN(14)
	path := fmt.Sprintf("/%d/%s-%s", year, slug(phrase), slug(document))
	if r.IntN(3) == 0 {
		path = fmt.Sprintf("/%s/%s/%d", slug(document), slug(phrase), 100+r.IntN(9900))
	}
	return Source{
		URL:   (&url.URL{Scheme: "https", Host: host, Path: path}).String(),
		Title: fmt.Sprintf("%s: %s %d (simulated)", capital(phrase), document, year),
	}
}

// label makes part of a host of a domain: "reuters.com" becomes "reuters-com", ".edu" becomes "journal-edu".
func label(domain, publisher string) string {
	name := slug(strings.Trim(strings.ReplaceAll(strings.TrimLeft(domain, "*."), ".", "-"), "-"))
	if strings.HasPrefix(strings.TrimLeft(domain, "*"), ".") {
		return publisher + "-" + name
	}
	return name
}

func excluded(address string, exclude []string) bool {
	for _, domain := range exclude {
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(domain, "*.")), ".")
		if name != "" && strings.Contains(address, "//"+name+".") {
			return true
		}
	}
	return false
}

// slug is a text in the letters of addresses; "page" if none of its letters are.
func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r < unicode.MaxASCII && isWord(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := strings.Trim(b.String(), "-")
	if s == "" {
		return "page"
	}
	return s[:min(len(s), 50)]
}

// capital is a text with a large first letter.
func capital(text string) string {
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return text
}
