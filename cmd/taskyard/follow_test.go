//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A finished task is followed up, and run once more.
func TestFollowUpAndRunAgain(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	id := p.submit(`{"upstream":"simulator","processor":"lite","input":"Who repairs lighthouses?","enable_events":true}`)
	p.finished(id)
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + id)
	b.wait(`document.querySelector("ty-keys:not([hidden])")`)
	b.press("r")
	b.wait(`document.querySelector(".follow-chip")?.innerText.includes("Who repairs lighthouses?")`)
	b.picture("chip")
	b.choose(map[string]string{"input": "And who pays them?"})
	b.click(".main-button[data-part=submit]")
	b.wait(`location.pathname.startsWith("/tasks/") && ` + status + ` === "completed"`)
	var doc struct {
		Task struct {
			Request struct {
				Previous string `json:"previous_interaction_id"`
			}
		}
	}
	if err := p.get("/task/"+b.text(`document.querySelector("ty-task").dataset.id`), &doc); err != nil || doc.Task.Request.Previous == "" {
		t.Errorf("the request names no interaction: %+v, %v", doc, err)
	}
	b.wait(`document.querySelectorAll(".thread li").length === 2 && document.querySelector(".thread [aria-current]").textContent === "And who pays them?"`)
	b.picture("thread")
	b.open(p.base + "/?follow=" + id)
	b.click(".follow-chip [data-part=unfollow]")
	b.wait(`!document.querySelector(".follow-chip") && document.querySelector("[name=previous]").value === "" && location.search === ""`)
	b.open(p.base + "/tasks/" + id)
	b.click("form.again button")
	b.wait(`location.pathname.startsWith("/tasks/") && !location.pathname.includes("` + id + `") && ` + status + ` === "completed"`)
	b.checkQuiet(p.base)
}

// A name is given by keyboard, and another tab's list shows it at once.
func TestNamesAreLive(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	id := p.submit(`{"upstream":"simulator","processor":"lite","input":"Who repairs lighthouses?"}`)
	p.finished(id)
	b := openBrowser(t)
	list := b.another()
	list.open(p.base + "/tasks")
	list.wait(`document.querySelector(".conn").dataset.state === "live"`)
	b.open(p.base + "/tasks/" + id)
	b.wait(`document.querySelector("ty-keys:not([hidden])")`)
	b.press("e")
	b.wait(`document.querySelector("#name-task").matches(":popover-open") && document.activeElement.name === "title"`)
	b.run(`document.activeElement.value = ""`)
	b.press("Towers")
	b.press(kb.Tab)
	b.press("coast, old")
	b.picture("naming")
	b.press(kb.Enter)
	b.wait(`document.querySelector("h1").textContent === "Towers" && document.querySelectorAll("#task-title .tag").length === 2`)
	b.picture("named")
	list.wait(`document.querySelector('.row[data-id="` + id + `"]').innerText.includes("Towers")`)
	list.click(`.row[data-id="` + id + `"] .tag`)
	list.wait(`location.search === "?tag=coast" && document.querySelectorAll(".row").length === 1`)
	list.picture("by-tag")
	b.checkQuiet(p.base)
}

// A request is kept as a template, used, and forgotten; the shape of an automatic answer is asked for again.
func TestTemplatesOfOnesOwn(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Who repairs lighthouses?","task_spec":{"output_schema":{"type":"auto"}}}`)
	p.finished(id)
	b := openBrowser(t)
	b.open(p.base + "/templates")
	b.wait(`document.querySelector("#shelf-own + p")?.textContent.startsWith("None yet")`)
	b.open(p.base + "/tasks/" + id)
	b.click(`[popovertarget="keep-template"]`)
	b.wait(`document.querySelector("#keep-template").matches(":popover-open")`)
	b.run(`document.querySelector("#keep-template [name=name]").value = "Lighthouse keepers"`)
	b.click("#keep-template .main-button")
	b.wait(`location.pathname === "/templates" && document.querySelector("section:has(#shelf-own) .card h3").textContent === "Lighthouse keepers"`)
	b.picture("own")
	b.click("section:has(#shelf-own) .card h3 a")
	b.wait(`document.querySelector("[name=input]").value === "Who repairs lighthouses?" && document.querySelector("[name=output]:checked").value === "auto"`)
	b.open(p.base + "/templates")
	b.click("section:has(#shelf-own) .own-forget button")
	b.wait(`document.querySelector("#shelf-own + p")?.textContent.startsWith("None yet")`)
	b.open(p.base + "/?from=" + id + "&schema")
	b.wait(`document.querySelector("[name=output]:checked").value === "json" && Object.keys(JSON.parse(document.querySelector("[name=schema]").value).properties).length > 1`)
	b.checkQuiet(p.base)
}
