//go:build browser

package main

import (
	"syscall"
	"testing"
)

// Somebody who comes for the first time, without a key, runs a task with one press, sees it live with three hints, and is
// led to the same task for real.
func TestFirstRunWithoutAKey(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--database", t.TempDir()+"/first.db", "--simulator-scale", "60")
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`document.querySelectorAll(".welcome .card").length === 3`)
	b.picture("welcome")
	b.click(".welcome .card .button")
	b.wait(status + ` === "running" && [...document.querySelectorAll("ty-hint")].filter((h) => h.checkVisibility()).length === 3`)
	b.picture("hints")
	for range 3 {
		b.run(`[...document.querySelectorAll("ty-hint")].find((h) => h.checkVisibility()).querySelector("button").click()`)
	}
	b.wait(status + ` === "completed" && document.querySelector("#result .prose")`)
	if b.is(`[...document.querySelectorAll("ty-hint")].some((h) => h.checkVisibility())`) {
		t.Error("a hint that was dismissed is there")
	}
	b.press("1")
	b.wait(`document.querySelector(".sim-line a").textContent === "Run this for real for $0.10"`)
	b.click(".sim-line a")
	b.wait(`document.querySelector("[name=upstream]:checked").value === "parallel" && document.querySelector("[name=input]").value.startsWith("Compare how")`)
	b.wait(`document.querySelector("[data-part=submit-word]").textContent === "Run for $0.10" && !document.querySelector(".welcome")`)
	b.checkQuiet(p.base)
}

// A run is broken while somebody watches, and the page shows how it goes on.
func TestBreakItRecovers(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 20)
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","metadata":{"sandbox":"takes:20m"}}`)
	b.open(p.base + "/tasks/" + id)
	b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 5`)
	b.click(`[popovertarget="break-it"]`)
	b.wait(`document.querySelector("#break-it").matches(":popover-open")`)
	b.picture("break")
	b.click(`#break-it input[value="stream"] + button`)
	b.wait(`[...document.querySelectorAll(".event")].some((e) => e.innerText.includes("Event stream opened again"))`)
	b.click(`#break-it input[value="memory"] + button`)
	// A run that is not known is given time to come back: what matters is that the page says what is happening.
	b.wait(`document.querySelector("#task-now").dataset.tone === "warn" && document.querySelector("#task-now").innerText.includes("broke (")`)
	b.picture("forgotten")
	p.cancel(id)
	b.wait(status + ` === "cancelled" && !document.querySelector("#break-it")`)
	b.checkSequence(p)
	b.checkQuiet(p.base)
}

// A server that hangs looks like one that is there: the page finds out, says since when nothing was heard, and goes on
// when it is back.
func TestAServerThatHangsIsTold(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 20)
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","metadata":{"sandbox":"takes:20m"}}`)
	b.open(p.base + "/tasks/" + id)
	b.wait(status + ` === "running" && document.querySelector("ty-connection:not([hidden])")?.innerText.includes("Live") && document.querySelectorAll(".event").length > 5`)
	b.run(`document.querySelector("ty-connection").dataset.stale = "1"`)
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	b.wait(`document.querySelector(".conn").dataset.state === "stale" && document.querySelector(".conn").innerText.includes("Last update")`)
	b.picture("stale")
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	n := b.text(`document.querySelectorAll(".event").length`)
	b.wait(`document.querySelector(".conn").dataset.state === "live" && document.querySelectorAll(".event").length > ` + n)
	p.cancel(id)
	b.wait(status + ` === "cancelled"`)
	b.checkSequence(p)
}
