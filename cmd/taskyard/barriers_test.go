//go:build browser

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// loadAxe puts axe-core into every page that the tab opens from now on. It goes past the pages' policy, as only a
// debugger can.
func (b *tab) loadAxe() {
	b.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", ".tools", "npm", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		b.Fatalf("axe-core is not installed: run make .tools/npm/installed: %v", err)
	}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: string(source)}); err != nil {
		b.Fatal(err)
	}
}

// barriers names what keeps people out of what the page shows now, by WCAG 2.2 AA and axe's best practices. Themes differ in
// colours alone, so of the dark one axe looks at nothing else.
func (b *tab) barriers(theme string) string {
	b.Helper()
	rules := `{ type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }`
	if theme == "dark" {
		rules = `{ type: "rule", values: ["color-contrast", "link-in-text-block"] }`
	}
	b.run(`window.found = null;
		axe.run(document, { runOnly: ` + rules + `, resultTypes: ["violations"] }).then(
			({ violations }) => { window.found = violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + " " + n.failureSummary)).join("\n"); },
			(error) => { window.found = "axe: " + error; })`)
	b.wait(`window.found !== null`)
	return b.text(`window.found`)
}

// Nobody is kept out of any page, in either theme.
func TestNoBarriers(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	failed := p.submit(`{"upstream":"simulator","processor":"pro","input":"x","metadata":{"sandbox":"fail,warn"}}`)
	text := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","task_spec":{"output_schema":"A report"}}`)
	fields := p.submit(`{"upstream":"simulator","processor":"pro","input":"Bicycle makers"}`)
	running := p.submit(`{"upstream":"simulator","processor":"pro","input":"x","metadata":{"sandbox":"never-ends"}}`)
	for _, id := range []string{failed, text, fields} {
		p.finished(id)
	}
	b := openBrowser(t)
	b.loadAxe()
	b.screen(1280, "light")
	for _, path := range []string{
		"/", "/?from=" + fields, "/tasks", "/tasks?q=nothing-has-this", "/templates", "/tasks/import", "/tasks/none",
		"/tasks/" + failed, "/tasks/" + text, "/tasks/" + fields, "/tasks/" + fields + "?view=json", "/tasks/" + fields + "?view=tree", "/tasks/" + fields + "?view=table", "/tasks/" + running,
		"/tasks/" + fields + "?replay", "/tasks/" + fields + "/raw", "/compare", "/compare?id=" + fields + "&id=" + failed + "&id=" + text, "/?follow=" + fields,
	} {
		b.open(p.base + path)
		b.wait(`document.readyState === "complete" && document.querySelector("ty-keys:not([hidden])")`)
		b.run(`for (const details of document.querySelectorAll("main details")) details.open = true`)
		b.bothThemes(path)
	}
	for name, open := range map[string]string{"keys": "?", "palette": "k"} {
		b.open(p.base + "/tasks")
		b.wait(`document.querySelector("ty-keys:not([hidden])")`)
		b.press(open, chromedp.KeyModifiers(map[string]chromedp.Modifier{"k": chromedp.ModifierCtrl}[open]))
		b.wait(`document.querySelector("dialog:modal")`)
		b.bothThemes(name)
	}
}

// bothThemes looks for barriers in what the page shows now, in either theme.
func (b *tab) bothThemes(name string) {
	b.Helper()
	for _, theme := range []string{"light", "dark"} {
		b.screen(1280, theme)
		if found := b.barriers(theme); found != "" {
			b.Errorf("%s in %s:\n%s", name, theme, found)
		}
	}
}
