//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTabsOfATask(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 60)
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps in old houses","task_spec":{"output_schema":"A report"}}`))
	shown := func(name string) string {
		return `document.querySelector("#` + name + `").checkVisibility() && document.querySelector("[data-tab=` + name + `]").getAttribute("aria-selected") === "true"
			&& [...document.querySelectorAll("[data-panel]")].filter((p) => p.checkVisibility()).length === 1`
	}
	b.wait(shown("timeline"))
	b.wait(status + ` === "completed" && document.querySelector("#result .prose")`)
	b.wait(shown("timeline") + ` && document.querySelector("[data-tab=result] [data-part=news]").checkVisibility()`)
	b.picture("news")
	b.press("1")
	b.wait(shown("result") + ` && location.hash === "#result" && !document.querySelector("[data-part=news]").checkVisibility()`)
	b.press(kb.ArrowRight + kb.ArrowRight)
	b.wait(shown("request") + ` && document.activeElement.dataset.tab === "request"`)
	b.press(kb.End)
	b.wait(shown("raw") + ` && document.querySelector(".raw-row pre")?.textContent.includes("simulator")`)
	b.picture("raw")
	b.do(chromedp.Reload())
	b.wait(shown("raw") + ` && document.querySelectorAll(".raw-row").length > 10`)
	b.run(`window.copied = ""; navigator.clipboard.writeText = async (text) => { window.copied = text; };
		[...document.querySelectorAll("#raw button")].find((button) => button.innerText === "Copy all").click()`)
	b.wait(`window.copied.trim().split("\n").map(JSON.parse).at(-1).seq === Number(document.querySelector("#task-state").dataset.lastSeq)`)
	b.press(kb.Tab)
	b.checkQuiet(p.base)
}

// A log longer than a page is gone through backwards.
func TestRawEventsHavePages(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	id := p.submit(`{"upstream":"simulator","processor":"ultra8x","input":"x"}`)
	p.finished(id)
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + id + "/raw?before=20")
	b.wait(`document.querySelectorAll(".raw-row").length === 19 && document.querySelector("main a[href$='/raw']").textContent === "Newest events"`)
	b.open(p.base + "/tasks/" + id + "#raw")
	b.wait(`document.querySelector(".raw-row:last-child .raw-head").textContent.includes("taskyard.settled")`)
	b.checkQuiet(p.base)
}

// A view that was chosen is that of the next result of its kind.
func TestTheViewIsRemembered(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	var ids []string
	for _, spec := range []string{`"type":"auto"`, `"type":"auto"`, `"type":"text"`} {
		id := p.submit(`{"upstream":"simulator","processor":"pro","input":"x","task_spec":{"output_schema":{` + spec + `}}}`)
		p.finished(id)
		ids = append(ids, id)
	}
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + ids[0])
	b.click(`.views a[href*="view=tree"]`)
	b.wait(`document.querySelector("ty-tree[data-ready]")`)
	b.open(p.base + "/tasks/" + ids[1])
	b.wait(`document.querySelector("ty-tree[data-ready]") && location.search === ""`)
	b.open(p.base + "/tasks/" + ids[2])
	b.wait(`document.querySelector("#result .prose")`)
	b.open(p.base + "/tasks/" + ids[1] + "?view=json")
	b.wait(`document.querySelector("#result pre.json")`)
	b.checkQuiet(p.base)
}
