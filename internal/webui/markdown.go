package webui

import (
	"bytes"
	"html"
	"html/template"
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// renderer turns reports into HTML. Raw HTML in them is left out by goldmark; what comes out is sanitised
// all the same, since a report is text from the web.
var renderer = goldmark.New(
	goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Strikethrough,
		extension.NewLinkify(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"})),
	),
	goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(reportShape{}, 100))),
)

// sanitiser allows what a report needs and nothing else: no images (they would be requests to other origins),
// no styles, classes or ids (a report must not collide with the page), no forms.
var sanitiser = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("td", "th")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	for _, scheme := range []string{"http", "https"} {
		p.AllowURLSchemeWithCustomPolicy(scheme, func(u *url.URL) bool { return u.User == nil && isHost(u.Hostname()) })
	}
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	return p
}()

// maxMarks bounds what makes Markdown parsers slow: openings of links and emphasis that are never closed.
// A report that has more of them is shown as plain text.
const maxMarks = 20_000

// markdown renders a report as HTML that is safe to put into the page.
func markdown(source string) template.HTML {
	if strings.Count(source, "[")+strings.Count(source, "`")+strings.Count(source, ">")+strings.Count(source, "*")+strings.Count(source, "_") > maxMarks {
		return plain(source)
	}
	var b bytes.Buffer
	if err := renderer.Convert([]byte(source), &b); err != nil {
		return plain(source)
	}
	clean := sanitiser.Sanitize(b.String())
	// The sanitiser writes noopener only where a link opens a window. Its attributes stand in quotes that text cannot have.
	clean = strings.ReplaceAll(clean, ` rel="nofollow noreferrer"`, ` rel="noopener noreferrer nofollow"`)
	// Wide tables scroll in a box of their own. After sanitising, <table> is a tag and nothing else: text has &lt;.
	clean = strings.ReplaceAll(clean, "<table>", `<div class="scroll" tabindex="0" role="group" aria-label="Table in the report"><table>`)
	clean = strings.ReplaceAll(clean, "</table>", "</table></div>")
	return template.HTML(clean)
}

func plain(source string) template.HTML {
	return template.HTML(`<pre class="plain">` + html.EscapeString(source) + "</pre>")
}

// reportShape makes a report fit into the page: its headings go below the page's own (a page has one h1, the
// section an h2), and its images become their descriptions.
type reportShape struct{}

func (reportShape) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	top := 6
	var images []*ast.Image
	var headings []*ast.Heading
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker has no errors
		switch n := n.(type) {
		case *ast.Heading:
			if entering {
				headings, top = append(headings, n), min(top, n.Level)
			}
		case *ast.Image:
			if entering {
				images = append(images, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, h := range headings {
		h.Level = min(h.Level-top+3, 6)
	}
	for _, image := range images {
		replaceImage(image)
	}
}

func replaceImage(image *ast.Image) {
	parent := image.Parent()
	if parent == nil {
		return
	}
	for child := image.FirstChild(); child != nil; child = image.FirstChild() {
		parent.InsertBefore(parent, image, child)
	}
	parent.RemoveChild(parent, image)
}
