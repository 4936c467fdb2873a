//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// One input runs on two processors, and both are seen side by side from the first event to the last difference.
func TestCompareIsLive(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 60)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.choose(map[string]string{"input": "Bicycle makers of Northport", "output": "auto", "processor": "pro"})
	b.run(`document.querySelector("details.several").open = true; document.querySelector("[name=also][value=ultra]").click()`)
	b.wait(`document.querySelector("[data-part=submit-word]").textContent === "Run 2 simulated"`)
	b.run(`document.querySelector("[name=upstream][value=parallel]").click()`)
	b.wait(`document.querySelector("[data-part=submit-word]").textContent === "Run 2 for $0.40"`)
	b.run(`document.querySelector("[name=upstream][value=simulator]").click()`)
	b.picture("several")
	b.click(".main-button[data-part=submit]")
	b.wait(`location.pathname === "/compare" && document.querySelectorAll(".compared-head .pill[data-status=running]").length > 0`)
	b.wait(`document.querySelector(".conn").dataset.state === "live"`)
	b.picture("live")
	b.wait(`document.querySelectorAll(".compared-head .pill[data-status=completed]").length === 2 && document.querySelector(".compared-table tbody tr")`)
	b.wait(`document.querySelector(".conn").dataset.state === "ended"`)
	b.do(chromedp.EmulateViewport(1440, 900))
	b.picture("ended")
	all := b.text(`[...document.querySelectorAll(".compared-table tbody tr")].filter((r) => r.checkVisibility()).length`)
	same := b.text(`document.querySelectorAll("tr[data-same]").length`)
	b.run(`document.querySelector("[data-part=only]").click()`)
	b.wait(`[...document.querySelectorAll(".compared-table tbody tr")].filter((r) => r.checkVisibility()).length === ` + all + ` - ` + same)
	b.wait(`document.querySelector(".compared-table mark") && document.querySelector(".compared-table .evidence")`)
	b.click(`.views a[href*="view=requests"]`)
	b.wait(`location.search.includes("view=requests") && [...document.querySelectorAll("tbody tr")].some((r) => r.innerText.includes("processor") && r.innerText.includes("differs"))`)
	b.checkQuiet(p.base)
}
