package webui

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/taskyard/taskyard/parallel"
)

// reportView is a report as the page shows it: with anchors, an outline, and its numbered citations tied to what the
// result says of each source.
type reportView struct {
	HTML    template.HTML
	Outline []outlineEntry // nil for a report too short to need one
	Cited   []numbered
}

type outlineEntry struct {
	ID, Text string
	Level    int // from 1
}

// numbered is a source by the number that the report gives it.
type numbered struct {
	Number int
	citation
}

const (
	leastOutline = 3   // headings below which an outline says nothing
	mostOutline  = 200 // headings of an outline
)

func reportViewOf(source string, basis []parallel.FieldBasis) reportView {
	clean := string(markdown(source))
	v := reportView{}
	clean, v.Outline = withAnchors(clean)
	references := referencesOf(clean)
	known := map[string]citation{}
	for _, b := range basis {
		for _, c := range b.Citations {
			if _, seen := known[c.URL]; !seen {
				known[c.URL] = citationOf(c)
			}
		}
	}
	for n := 1; n <= min(len(references), maxSources); n++ {
		c, ok := known[references[n-1].url]
		if !ok {
			c = citationOf(parallel.Citation{URL: references[n-1].url, Title: references[n-1].text})
		}
		v.Cited = append(v.Cited, numbered{n, c})
	}
	v.HTML = template.HTML(withCitations(clean, len(v.Cited))) //nolint:gosec // it was sanitised, and gained only numbers since
	return v
}

// The report's HTML comes out of the sanitiser: a heading has no attributes, text has no "<" of its own.
var (
	headingTag = regexp.MustCompile(`(?s)<h([3-6])>(.*?)</h[3-6]>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
	listTag    = regexp.MustCompile(`(?s)<ol[^>]*>(.*?)</ol>`)
	itemTag    = regexp.MustCompile(`(?s)<li>(.*?)</li>`)
	linkTag    = regexp.MustCompile(`(?s)<a href="([^"]*)"[^>]*>(.*?)</a>`)
	numberMark = regexp.MustCompile(`\[([1-9][0-9]{0,2})\]`)
)

// withAnchors gives each heading an id, and lists them.
func withAnchors(clean string) (string, []outlineEntry) {
	var list []outlineEntry
	clean = headingTag.ReplaceAllStringFunc(clean, func(tag string) string {
		parts := headingTag.FindStringSubmatch(tag)
		if len(list) == mostOutline {
			return tag
		}
		level, _ := strconv.Atoi(parts[1]) // one of four digits
		text, _ := cut(plainText(parts[2]), 120)
		e := outlineEntry{ID: fmt.Sprintf("part-%d", len(list)+1), Text: text, Level: level - 2}
		list = append(list, e)
		return fmt.Sprintf(`<h%s id=%q tabindex="-1">%s</h%s>`, parts[1], e.ID, parts[2], parts[1])
	})
	if len(list) < leastOutline {
		list = nil
	}
	return clean, list
}

func plainText(markup string) string {
	return strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(markup, "")))
}

type reference struct{ url, text string }

// referencesOf finds the list of references: the last numbered list of which each item has a link.
func referencesOf(clean string) []reference {
	lists := listTag.FindAllStringSubmatch(clean, -1)
	for i := len(lists) - 1; i >= 0; i-- {
		items := itemTag.FindAllStringSubmatch(lists[i][1], -1)
		var found []reference
		for _, item := range items {
			link := linkTag.FindStringSubmatch(item[1])
			if link == nil {
				break
			}
			found = append(found, reference{html.UnescapeString(link[1]), plainText(link[2])})
		}
		if len(found) > 0 && len(found) == len(items) {
			return found
		}
	}
	return nil
}

// withCitations makes links of the numbers in brackets, outside links and code.
func withCitations(clean string, most int) string {
	if most == 0 {
		return clean
	}
	var b strings.Builder
	within := 0 // elements whose text stays as it is
	for len(clean) > 0 {
		tag := anyTag.FindStringIndex(clean)
		end := len(clean)
		if tag != nil {
			end = tag[0]
		}
		text := clean[:end]
		if within == 0 {
			text = numberMark.ReplaceAllStringFunc(text, func(mark string) string { return citationLink(mark, most) })
		}
		b.WriteString(text)
		if tag == nil {
			break
		}
		markup := clean[tag[0]:tag[1]]
		within += opens(markup)
		b.WriteString(markup)
		clean = clean[tag[1]:]
	}
	return b.String()
}

func citationLink(mark string, most int) string {
	n, err := strconv.Atoi(mark[1 : len(mark)-1])
	if err != nil || n > most {
		return mark
	}
	return fmt.Sprintf(`<a class="cite" href="#cite-%d" aria-label="Source %d">%s</a>`, n, n, mark)
}

// opens is 1 for a tag behind which text is kept as it is, and -1 for the one that ends that.
func opens(tag string) int {
	for _, name := range []string{"a", "code", "pre"} {
		if strings.HasPrefix(tag, "<"+name+" ") || tag == "<"+name+">" {
			return 1
		}
		if tag == "</"+name+">" {
			return -1
		}
	}
	return 0
}
