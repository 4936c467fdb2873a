//go:build browser

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestFiltersAreInTheAddress(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, filtersAreInTheAddress)
}

func filtersAreInTheAddress(t *testing.T, database string) {
	t.Parallel()
	p := startDemoOn(t, database, 1000)
	for _, processor := range []string{"lite", "base", "base"} {
		p.finished(p.submit(`{"upstream":"simulator","processor":"` + processor + `","input":{"company":"Filter ` + processor + `"}}`))
	}
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/tasks")
	const shown = `[...document.querySelectorAll(".row")].length`
	b.wait(shown + ` === 5`)
	b.run(`document.querySelector(".filter-many:nth-of-type(2)").open = true; document.querySelector("[name=processor][value=base]").click(); document.querySelector("[name=processor][value=lite]").click()`)
	b.picture("open")
	b.click(".filter-go .button")
	b.wait(`location.search.includes("processor=base") && location.search.includes("processor=lite") && ` + shown + ` === 3`)
	b.wait(`document.querySelector(".row-title").textContent === "Filter base"`)
	b.do(chromedp.Reload())
	b.wait(shown + ` === 3 && document.querySelectorAll(".chips .chip").length === 2`)
	b.click("ty-views [data-part=save]")
	b.wait(`document.querySelector("ty-views .view")`)
	b.picture("chips")
	b.click(".chips .chip")
	b.wait(shown + ` === 1 || ` + shown + ` === 2`)
	b.click("ty-views .view a")
	b.wait(shown + ` === 3`)
	b.wait(`document.querySelector(".conn").dataset.state === "live"`)
	if b.is(`document.querySelector("[data-part=newer]:not([hidden])")`) {
		t.Error("new tasks are told although there are none")
	}
	p.submit(`{"upstream":"simulator","processor":"base","input":"A new one"}`)
	b.wait(`document.querySelector("[data-part=newer]:not([hidden])")`)
	b.click("[data-part=newer]")
	b.wait(shown + ` === 4`)
	b.checkQuiet(p.base)
}

func TestMarkedTasksAreDeletedTogether(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, markedTasksAreDeletedTogether)
}

func markedTasksAreDeletedTogether(t *testing.T, database string) {
	t.Parallel()
	p := startDemoOn(t, database, 1000)
	var ids []string
	for i := range 3 {
		ids = append(ids, p.submit(fmt.Sprintf(`{"upstream":"simulator","processor":"lite","input":"Bulk %d"}`, i)))
	}
	for _, id := range ids {
		p.finished(id)
	}
	b := openBrowser(t)
	b.open(p.base + "/tasks")
	b.wait(`document.querySelector("ty-keys:not([hidden])") && document.querySelectorAll(".row").length === 5`)
	if b.is(`document.querySelector(".bulk").checkVisibility()`) {
		t.Error("nothing is marked and something can be done to it")
	}
	for range 2 { // by keys
		b.press("j")
		b.press("x")
		b.run(`document.activeElement.closest(".row").querySelector(".row-title").focus()`)
	}
	b.wait(`document.querySelector(".bulk").checkVisibility() && document.querySelector("[data-part=count]").textContent === "2 tasks marked" && !document.querySelector("[data-part=compare]").disabled`)
	b.picture("marked")
	b.click(".bulk [value=compare]")
	b.wait(`location.pathname === "/compare" && document.querySelectorAll(".compared-head").length === 2`)
	b.open(p.base + "/tasks")
	for _, id := range ids {
		b.click(`.row[data-id="` + id + `"] [data-part=mark]`)
	}
	b.click(".bulk [value=delete]")
	b.wait(`document.querySelector("h1").textContent === "Delete 3 tasks?"`)
	b.click(".delete-many .danger")
	b.wait(`location.pathname === "/tasks" && document.querySelectorAll(".row").length === 2`)
	b.checkQuiet(p.base)
}
