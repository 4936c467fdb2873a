//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const opened = `document.querySelector(".evidence-float").matches(":popover-open")`

// showResult opens the result of a new task that has ended.
func showResult(t *testing.T, body, view string) (*tab, *process) {
	t.Helper()
	p := startDemo(t, 1000)
	id := p.submit(body)
	p.finished(id)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id + "?view=" + view)
	b.wait(`customElements.get("ty-evidence") && document.querySelector("#result").checkVisibility()`)
	return b, p
}

const auto = `{"upstream":"simulator","processor":"pro","input":"Bicycle makers of Northport"}`

// The evidence of a value is reached, read, pinned and left with the keyboard alone.
func TestEvidenceByKeyboard(t *testing.T) {
	t.Parallel()
	b, p := showResult(t, auto, "table")
	for range 80 {
		b.press(kb.Tab)
		if b.is(`document.activeElement.matches(".evidence > summary")`) {
			break
		}
	}
	b.press(kb.Enter)
	b.wait(opened + ` && document.activeElement.matches(".evidence-float") && document.querySelector(".evidence-float blockquote, .evidence-float a[href^='https://']")`)
	b.picture("card")
	b.screen(320, "light")
	b.wait(`(() => { const { left, right } = document.querySelector(".evidence-float").getBoundingClientRect(); return left >= 0 && right <= document.body.clientWidth; })()`)
	b.screen(1280, "light")
	b.wait(opened)
	b.press(kb.Escape)
	b.wait(`!` + opened + ` && document.activeElement.matches(".evidence > summary")`)
	b.press(kb.Enter)
	b.wait(opened)
	b.press(kb.Tab)
	b.wait(`document.activeElement.matches("[data-part=pin]")`)
	b.press(kb.Enter)
	b.wait(`!` + opened + ` && document.querySelector("#pinned").checkVisibility() && document.querySelector("#pinned .reasoning")`)
	b.picture("pinned")
	b.run(`document.querySelector("#pinned [data-part=unpin]").focus()`)
	b.press(kb.Enter)
	b.wait(`!document.querySelector("#pinned").checkVisibility()`)
	b.checkQuiet(p.base)
}

// A pointer that rests opens the card, may go into it, and closes it by going away; a tap opens it too.
func TestEvidenceByPointerAndTouch(t *testing.T) {
	t.Parallel()
	b, p := showResult(t, auto, "table")
	b.run(`const s = document.querySelector(".evidence > summary"); s.scrollIntoView({ block: "center" });`)
	at := func(selector string) (x, y float64) {
		v, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](`(() => { const r = document.querySelector("`+selector+`").getBoundingClientRect(); return [r.x + Math.min(20, r.width / 2), r.y + r.height / 2]; })()`))
		if err != nil {
			t.Fatal(err)
		}
		return v[0], v[1]
	}
	move := func(x, y float64) {
		if _, err := chromedp.Call(b.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y}); err != nil {
			t.Fatal(err)
		}
	}
	move(at(".evidence > summary"))
	b.wait(opened)
	move(at(".evidence-float"))
	b.run(`window.waited = false; setTimeout(() => { window.waited = true; }, 600)`)
	b.wait(`window.waited`)
	if !b.is(opened) {
		t.Error("the card closes although the pointer is in it")
	}
	move(5, 5)
	b.wait(`!` + opened)
	if _, err := chromedp.Call(b.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	x, y := at(".evidence > summary")
	for _, kind := range []input.DispatchTouchEventType{input.DispatchTouchEventTypeTouchStart, input.DispatchTouchEventTypeTouchEnd} {
		params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
		if kind == input.DispatchTouchEventTypeTouchStart {
			params.TouchPoints = []*input.TouchPoint{{X: x, Y: y}}
		}
		if _, err := chromedp.Call(b.ctx, input.DispatchTouchEvent, params); err != nil {
			t.Fatal(err)
		}
	}
	b.wait(opened)
	b.checkQuiet(p.base)
}

func TestReviewStartsWithTheLeastSure(t *testing.T) {
	t.Parallel()
	b, p := showResult(t, auto, "table")
	total := b.text(`document.querySelectorAll("#result details.evidence").length`)
	b.click("ty-review [data-part=start]")
	b.wait(`document.querySelector("ty-review [data-part=place]").textContent === "1 of ` + total + `"`)
	least := b.text(`document.activeElement.parentElement.dataset.confidence`)
	for _, word := range []string{"Low", "Not given", "Medium", "High"} {
		if b.is(`document.querySelector("#result details.evidence[data-confidence='` + word + `']")`) {
			if least != word {
				t.Errorf("it starts with %s although there is %s", least, word)
			}
			break
		}
	}
	b.press("j")
	b.wait(`document.querySelector("ty-review [data-part=place]").textContent === "2 of ` + total + `"`)
	b.press("k")
	b.wait(`document.querySelector("ty-review [data-part=place]").textContent === "1 of ` + total + `"`)
	b.press("x")
	b.wait(`document.querySelectorAll("details.evidence[data-checked]").length === 1`)
	b.picture("review")
	if !b.is(`document.querySelector(".review-bar .hint").textContent.includes("evidence at ` + total + `:")`) {
		t.Errorf("there are %s, and the summary says %s", total, b.text(`document.querySelector(".review-bar .hint").textContent`))
	}
	b.run(`document.activeElement.click()`)
	b.wait(opened)
	const tools = `document.querySelector("ty-review [data-part=tools]").checkVisibility()`
	b.press(kb.Escape)
	b.wait(`!` + opened + ` && ` + tools) // the card first
	b.press(kb.Escape)
	b.wait(`!` + tools + ` && document.activeElement.matches("ty-review [data-part=start]") && !document.querySelector("[data-reviewed]")`)
	b.do(chromedp.Reload())
	b.wait(`document.querySelectorAll("details.evidence[data-checked]").length === 1`)
	b.checkQuiet(p.base)
}

// A number in a report leads to what that source says, and an entry of the outline to its part.
func TestReportHasOutlineAndCitations(t *testing.T) {
	t.Parallel()
	b, p := showResult(t, `{"upstream":"simulator","processor":"pro","input":"Heat pumps in old houses","task_spec":{"output_schema":"A report"}}`, "report")
	b.wait(`document.querySelectorAll(".outline a").length > 2`)
	b.picture("report")
	b.run(`const cite = [...document.querySelectorAll(".prose a.cite")].find((a) => document.querySelector(a.hash + " blockquote")) ?? document.querySelector(".prose a.cite");
		cite.scrollIntoView({ block: "center" });
		cite.focus();`)
	b.press(kb.Enter)
	b.wait(opened + ` && document.querySelector(".evidence-float a[href^='https://']")`)
	b.picture("citation")
	b.press(kb.Escape)
	b.wait(`document.activeElement.matches("a.cite")`)
	b.run(`document.querySelectorAll(".outline a")[2].click()`)
	b.wait(`location.hash === "#part-3" && document.querySelector("#result").checkVisibility() && Math.abs(document.querySelector("#part-3").getBoundingClientRect().top) < 200`)
	b.checkQuiet(p.base)
}
