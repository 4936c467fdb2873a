//go:build browser

package main

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTimelineIsSifted(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 10) // such a run says all that it says in 15 s
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","metadata":{"sandbox":"never-ends"}}`)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id)
	const shown = `[...document.querySelectorAll(".event")].filter((e) => e.checkVisibility())`
	b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 12 && document.querySelector(".spark polyline").getAttribute("points") !== ""`)
	b.click(`.log-groups [data-group="progress"]`)
	b.wait(shown + `.length > 0 && ` + shown + `.every((e) => e.dataset.group !== "progress")`)
	b.run(`const find = document.querySelector("[data-part=find]"); find.value = "task stored"; find.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.wait(shown + `.length === 1`)
	n := b.text(`document.querySelectorAll(".event").length`)
	b.wait(`document.querySelectorAll(".event").length > ` + n) // what comes is sifted too
	if !b.is(shown + `.length === 1`) {
		t.Error("a new event is shown although the text is not in it")
	}
	b.run(`const find = document.querySelector("[data-part=find]"); find.value = ""; find.dispatchEvent(new Event("input", { bubbles: true }));
		const times = document.querySelector("[data-part=times]"); times.value = "utc"; times.dispatchEvent(new Event("change", { bubbles: true }))`)
	b.wait(`[...document.querySelectorAll(".event [data-part=elapsed]")].every((t) => /^\d\d:\d\d:\d\dZ$/.test(t.textContent))`)
	b.picture("tools")
	b.open(p.base + "/tasks")
	before := b.text(`new Map(JSON.parse(localStorage.getItem("taskyard.seen"))).get("` + id + `")`)
	await(t, "more events", func() bool {
		var task struct{ LastSeq int }
		return p.get("/api/tasks/"+id, &task) == nil && b.is(before+` + 3 < `+strconv.Itoa(task.LastSeq))
	}, func() string { return before })
	b.open(p.base + "/tasks/" + id)
	b.wait(`document.querySelector("[data-part=away]").checkVisibility() && /\d+ events while you were away/.test(document.querySelector("[data-part=away]").textContent)`)
	b.click("[data-part=away]")
	b.wait(`document.querySelector(".event[data-away]") && document.querySelector(".event [data-part=elapsed]").textContent.endsWith("Z")`)
	b.do(chromedp.Reload())
	b.wait(`customElements.get("ty-log-tools") && document.querySelector(".log-groups [data-group]").checkVisibility()`)
	b.click(`[popovertarget="delete-` + id + `"]`)
	b.click(`#delete-` + id + ` .danger`)
	b.wait(`location.pathname === "/tasks" && !localStorage.getItem("taskyard.seen").includes("` + id + `")`)
	b.checkQuiet(p.base)
}

// Events that are hidden are no news: the button that leads to new ones counts what can be seen.
func TestNewEventsAreThoseThatAreWanted(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 10)
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","metadata":{"sandbox":"never-ends"}}`)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id)
	b.run(`document.querySelector(".log-box").style.maxHeight = "12rem"`)
	b.wait(`document.querySelectorAll(".event").length > 14`)
	b.click(`.log-groups [data-group="progress"]`)
	b.run(`document.querySelector(".log-box").scrollTop = 1e6`)
	b.wait(`document.querySelector("[data-part=fresh]").hidden`)
	b.run(`document.querySelector(".log-box").scrollTop = 0; window.from = Number(document.querySelector(".event:last-child").dataset.seq)`)
	const later = `[...document.querySelectorAll(".event")].filter((e) => Number(e.dataset.seq) > window.from)`
	const said = `document.querySelector("[data-part=fresh]").textContent`
	b.wait(later + `.some((e) => e.dataset.group === "progress") && ` + later + `.filter((e) => !e.hidden).length > 1`)
	if !b.is(said + ` === ` + later + `.filter((e) => !e.hidden).length + " new events"`) {
		t.Errorf("the button says %s", b.text(said))
	}
	b.picture("fresh")
	b.run(`const find = document.querySelector("[data-part=find]"); find.value = "nothing has this"; find.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.wait(`document.querySelector("[data-part=fresh]").hidden`)
	b.checkQuiet(p.base)
}
