//go:build browser

package main

import (
	"encoding/json"
	"fmt"
	"testing"
)

// frame is every text of the live parts but those that time changes by itself.
const frame = `(() => {
	const text = (selector) => {
		const node = document.querySelector(selector).cloneNode(true);
		for (const e of node.querySelectorAll("ty-ago, ty-elapsed, ty-until, template, [data-part=pause], [hidden], .band, #task-actions")) e.remove();
		return node.textContent.replace(/\s+/g, " ").trim();
	};
	return ["#task-state", "#task-score", "#task-now", "#task-trouble", "#sources", "[data-part=log]"].map(text).join("\n");
})()`

const newest = `document.querySelector(".log .event:last-child")?.dataset.seq`

// What somebody saw who watched is what a replay shows at the same event, by a jump and step by step.
func TestReplayShowsWhatALiveViewerSaw(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1)
	b := openBrowser(t)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps in old houses"}`)
	b.open(p.base + "/tasks/" + id)
	seen := map[string]string{} // by seq
	// The page fetches what it cannot word itself at most every 2 s: what it shows counts when it has been quiet longer.
	b.run(`const log = document.querySelector("[data-part=log]");
		window.quietSince = performance.now();
		new MutationObserver(() => { window.quietSince = performance.now(); }).observe(log, { childList: true });`)
	for len(seen) < 3 {
		b.wait(`performance.now() - window.quietSince > 2300`)
		seq, text := b.text(newest), b.text(frame)
		if b.is(`performance.now() - window.quietSince > 2300`) {
			seen[seq] = text
		}
		b.wait(newest + ` !== "` + seq + `"`)
	}
	p.cancel(id)
	b.wait(`document.querySelector("#task-state").dataset.status === "cancelled"`)
	b.open(p.base + "/tasks/" + id + "?replay")
	b.wait(`document.querySelector("ty-replay[data-ready]")`)
	last := 0
	for seq, want := range seen {
		b.open(p.base + "/tasks/" + id + "?replay&at=" + seq)
		b.wait(`document.querySelector("ty-replay[data-ready]")`)
		if got := b.text(frame); got != want {
			t.Errorf("a jump to event %s shows\n%s\nand live it was\n%s", seq, got, want)
		}
		n := 0
		_, _ = fmt.Sscan(seq, &n)
		last = max(last, n)
	}
	b.open(p.base + "/tasks/" + id + "?replay")
	b.wait(`document.querySelector("ty-replay[data-ready]")`)
	for seq := 2; seq <= last; seq++ {
		b.run(`document.querySelector("ty-replay [data-part=on]").click()`)
		b.wait(`document.querySelector("ty-task").dataset.seq === "` + fmt.Sprint(seq) + `"`)
		if want, ok := seen[fmt.Sprint(seq)]; ok && b.text(frame) != want {
			t.Errorf("the step to event %d shows\n%s\nand live it was\n%s", seq, b.text(frame), want)
		}
	}
	b.picture("stepped")
	b.checkQuiet(p.base)
}

func TestReplayPlaysToTheEnd(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 100)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","task_spec":{"output_schema":"A report"}}`)
	p.finished(id)
	var recorded struct{ Times []int64 }
	if err := p.get("/tasks/"+id+"/recording", &recorded); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + id + "?replay")
	b.wait(`document.querySelector("ty-replay[data-ready]")`)
	if b.is(`document.querySelector("#result .prose")`) {
		t.Error("the result is there before the end")
	}
	b.run(`document.querySelector("ty-replay [data-part=speed]").value = "1"`)
	b.press(" ")
	b.wait(`document.querySelector("ty-replay [data-part=play]").textContent === "Pause"`)
	b.wait(`document.querySelector("ty-replay [data-part=play]").textContent === "Play" && document.querySelector("#result .prose")`)
	last, _ := json.Marshal(fmt.Sprint(len(recorded.Times)))
	b.wait(newest + ` === ` + string(last) + ` && ` + status + ` === "completed"`)
	b.picture("played")
	b.checkQuiet(p.base)
}

// The frames that playing wants first are there before it is pressed: it begins although the server is silent.
func TestReplayBeginsWithoutAPause(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 100)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps","task_spec":{"output_schema":"A report"}}`)
	p.finished(id)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id + "?replay")
	b.wait(`document.querySelector("ty-replay[data-ready]") && document.querySelector("[data-part=density]").getAttribute("points").split(" ").length === 62`)
	b.wait(`performance.getEntriesByType("resource").filter((r) => r.name.includes("part=frame") && r.responseEnd > 0).length >= 4`)
	b.run(`window.fetch = () => new Promise(() => {}); document.querySelector("ty-replay [data-part=speed]").value = "1"`)
	b.press(" ")
	b.wait(`Number(document.querySelector("ty-task").dataset.seq) >= 3 && document.querySelector("[data-part=failed]").hidden`)
	if b.is(`document.querySelector("ty-notify, ty-hint") || document.querySelector("ty-log-tools").checkVisibility()`) {
		t.Error("what belongs to a task that runs is in a replay")
	}
	b.picture("begins")
	b.screen(320, "dark")
	b.picture("phone")
	b.checkQuiet(p.base)
}
