package webui

import (
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/taskyard/taskyard/parallel"
)

// attacks are the vectors that the browser test runs, by the context that they are for.
func attacks(t testing.TB) map[string][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/xss.json")
	if err != nil {
		t.Fatal(err)
	}
	var list map[string][]string
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// inReport are the attributes of each element that a report may have; tabindex, role and aria-label, class and id are ours.
var inReport = map[string][]string{
	"p": nil, "br": nil, "hr": nil, "strong": nil, "em": nil, "del": nil, "code": nil, "blockquote": nil, "ul": nil, "li": nil,
	"h3": {"id", "tabindex"}, "h4": {"id", "tabindex"}, "h5": {"id", "tabindex"}, "h6": {"id", "tabindex"},
	"pre": {"class"}, "ol": {"start"}, "table": nil, "thead": nil, "tbody": nil, "tr": nil, "th": {"align"}, "td": {"align"},
	"div": {"class", "tabindex", "role", "aria-label"}, "a": {"href", "rel", "class", "aria-label"},
}

// Whatever a report is, what becomes of it is only what a report may have, however often a parser reads and writes it, and
// sanitising it once more changes nothing.
func FuzzMarkdown(f *testing.F) {
	for _, vectors := range attacks(f) {
		for _, v := range vectors {
			f.Add(v)
			f.Add("[x](" + v + ") <" + v + "> ![y](" + v + " \"z\")")
		}
	}
	f.Add("# a\n\n## [1]\n\n# <b>\n\nx [1] `[1]`\n\n1. [a](https://a.example/?q=\"<x>)\n2. <https://b.example>\n\n| a | b |\n|:--|--:|\n| 1 | [1] |\n")
	f.Fuzz(func(t *testing.T, source string) {
		clean := string(markdown(source))
		if plain := strings.HasPrefix(clean, `<pre class="plain">`); !plain {
			once := sanitiser.Sanitize(clean)
			if twice := sanitiser.Sanitize(once); twice != once {
				t.Errorf("sanitised once\n%q\ntwice\n%q", once, twice)
			}
		}
		v := reportViewOf(source, []parallel.FieldBasis{{Citations: []parallel.Citation{{URL: source, Title: source}}}})
		text := string(v.HTML)
		for range 3 { // what a parser writes may mean something else to the next one
			text = checkReport(t, text)
		}
	})
}

// checkReport parses markup as a browser would within a page, checks all that is in it, and returns what it is by then.
func checkReport(t *testing.T, text string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		for d := range n.Descendants() {
			checkReportNode(t, d, text)
		}
		checkReportNode(t, n, text)
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func checkReportNode(t *testing.T, n *html.Node, text string) {
	t.Helper()
	if n.Type == html.TextNode {
		return
	}
	attributes, known := inReport[n.Data]
	if n.Type != html.ElementNode || n.Namespace != "" || !known {
		t.Errorf("<%s> (%v) in %q", n.Data, n.Type, text)
		return
	}
	for _, a := range n.Attr {
		if !slices.Contains(attributes, a.Key) {
			t.Errorf("<%s %s=%q> in %q", n.Data, a.Key, a.Val, text)
		}
		switch a.Key {
		case "class":
			if !slices.Contains([]string{"plain", "scroll", "cite"}, a.Val) {
				t.Errorf("class %q", a.Val)
			}
		case "id":
			if !strings.HasPrefix(a.Val, "part-") {
				t.Errorf("id %q", a.Val)
			}
		case "href":
			checkReportLink(t, n, a.Val)
		}
	}
}

func checkReportLink(t *testing.T, n *html.Node, href string) {
	t.Helper()
	if strings.HasPrefix(href, "#cite-") {
		return
	}
	u, err := url.Parse(href)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || linkTo(href).URL == "" {
		t.Errorf("a link to %q: %v", href, err)
	}
	for _, a := range n.Attr {
		if a.Key == "rel" && strings.Contains(a.Val, "noopener") && strings.Contains(a.Val, "noreferrer") {
			return
		}
	}
	t.Errorf("the link to %q lacks noopener noreferrer: %v", href, n.Attr)
}

// Whatever an address is, it is linked only if it leads to the host that is shown, by http or https, and nothing in it
// ends an attribute or Markdown's brackets.
func FuzzLinkTo(f *testing.F) {
	for _, vectors := range attacks(f) {
		for _, v := range vectors {
			f.Add(v)
			f.Add("https://host.example/" + v)
			f.Add("https://host.example/?q=" + v)
			f.Add("https://" + v + "/")
		}
	}
	f.Add("https://a.example\\.b.example/")
	f.Add("https://a.example%e2%80%aemoc.b/")
	f.Add("https://[::1%25en0]:80/")
	f.Fuzz(func(t *testing.T, address string) {
		l := linkTo(address)
		if l.URL == "" {
			return
		}
		u, err := url.Parse(l.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || strings.TrimPrefix(u.Hostname(), "www.") != l.Host {
			t.Errorf("%q is linked to %q, shown as of %q: %v", address, l.URL, l.Host, err)
		}
		if strings.ContainsAny(l.URL, "<>\"`\\ ") || strings.ContainsFunc(l.URL, unicode.IsControl) || strings.ContainsFunc(l.Host, func(c rune) bool { return unicode.Is(unicode.Cf, c) }) {
			t.Errorf("%q is linked to %q", address, l.URL)
		}
	})
}
