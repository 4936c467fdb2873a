package docstest

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// link finds links and pictures: [text](target), ![text](target).
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	all := documents(t)
	found := 0
	for name, text := range all {
		for i, line := range strings.Split(prose(text), "\n") {
			for _, match := range link.FindAllStringSubmatch(line, -1) {
				target, err := url.Parse(match[1])
				if err != nil {
					t.Errorf("%s:%d: %v", name, i+1, err)
					continue
				}
				if target.Scheme != "" {
					continue // another site's address is that site's matter
				}
				found++
				if fault := follow(all, name, target); fault != "" {
					t.Errorf("%s:%d: %s: %s", name, i+1, match[1], fault)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d links were found", found)
	}
}

// follow returns what is wrong with a link in a document.
func follow(all map[string]string, from string, target *url.URL) string {
	to := from
	if target.Path != "" {
		to = path.Join(path.Dir(from), target.Path)
	}
	if _, err := os.Stat(filepath.Join(root, to)); err != nil || strings.HasPrefix(to, "../") {
		return "there is no such file"
	}
	if target.Fragment == "" {
		return ""
	}
	text, isDocument := all[to]
	if !isDocument {
		return "only documents have headings"
	}
	if !anchors(text)[target.Fragment] {
		return "there is no such heading"
	}
	return ""
}

// anchors are the names by which a document's headings are reached, made as the usual hosts make them: lower case,
// spaces become hyphens, punctuation goes, and one that comes again is counted.
func anchors(text string) map[string]bool {
	names := make(map[string]bool)
	for line := range strings.SplitSeq(prose(text), "\n") {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(heading))
		unique := name
		for n := 1; names[unique]; n++ {
			unique = name + "-" + strconv.Itoa(n)
		}
		names[unique] = true
	}
	return names
}

func TestAnchorsAreThoseOfTheHeadings(t *testing.T) {
	got := anchors("# One: two!\n```\n# no heading\n```\n## `GET /a/{b}`\n## Same\n## Same\n")
	for _, want := range []string{"one-two", "get-ab", "same", "same-1"} {
		if !got[want] {
			t.Errorf("%q is missing in %v", want, got)
		}
	}
	if len(got) != 4 {
		t.Errorf("%v", got)
	}
}
