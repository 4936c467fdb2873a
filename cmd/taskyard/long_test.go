//go:build browser

package main

import (
	"strconv"
	"testing"
)

// measure notes what a page does from now on: long tasks, the time between frames, and layout shifts.
const measure = `window.m = { long: 0, longest: 0, frames: 0, slowest: 0, shift: 0, last: performance.now() };
	new PerformanceObserver((list) => { for (const e of list.getEntries()) { m.long++; m.longest = Math.max(m.longest, e.duration); } }).observe({ type: "longtask", buffered: true });
	new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) m.shift += e.value; }).observe({ type: "layout-shift", buffered: true });
	const frame = (now) => { m.frames++; m.slowest = Math.max(m.slowest, now - m.last); m.last = now; requestAnimationFrame(frame); };
	requestAnimationFrame(frame);`

const measured = `JSON.stringify({ longTasks: m.long, longestTask: Math.round(m.longest), frames: m.frames, slowestFrame: Math.round(m.slowest), layoutShift: Number(m.shift.toFixed(4)),
	heapMB: Math.round(performance.memory.usedJSHeapSize / 1e6), rows: document.querySelectorAll(".event").length, elements: document.querySelectorAll("*").length })`

// Ten thousand events come while somebody watches: all are counted, and the page holds the newest of them only. What
// it took is logged (go test -v); how long things may take is no test's to say.
func TestTenThousandEventsLive(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 20)
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","metadata":{"sandbox":"long-trace:10000,takes:9m"}}`)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id)
	b.wait(`document.querySelectorAll(".event").length > 5`)
	b.run(measure)
	before := b.text(measured)
	await(t, "the end", func() bool {
		var task listed
		return p.get("/api/tasks/"+id, &task) == nil && task.CompletedAt != nil
	}, func() string { return b.text(measured) })
	b.wait(status + ` === "completed" && document.querySelector(".conn").dataset.state === "ended"`)
	var doc struct{ LastSeq int }
	if err := p.get("/api/tasks/"+id, &doc); err != nil || doc.LastSeq < 10_000 {
		t.Fatalf("the log ends at %d, %v", doc.LastSeq, err)
	}
	b.wait(newest + ` === "` + strconv.Itoa(doc.LastSeq) + `" && document.querySelectorAll(".event").length <= 2000`)
	t.Logf("live, before %s", before)
	t.Logf("live, after  %s", b.text(measured))
	b.open("about:blank")
	b.open(p.base + "/tasks/" + id)
	b.wait(`document.querySelector("ty-timeline") && ` + newest + ` === "` + strconv.Itoa(doc.LastSeq) + `"`)
	t.Logf("opened again: loaded in %s ms", b.text(`Math.round(performance.getEntriesByType("navigation")[0].loadEventEnd)`))
	b.checkQuiet(p.base)
}
