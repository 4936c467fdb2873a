//go:build browser

package main

import "testing"

// Screen readers are told as much of a task that runs as somebody has chosen; what needs somebody is told always.
func TestSpeechIsAsChosen(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 60)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/tasks")
	b.wait(`document.querySelector("ty-keys:not([hidden])")`)
	b.press("?")
	b.wait(`document.querySelector("ty-speech select").value === "milestones"`)
	b.picture("choice")
	for level, words := range map[string]struct{ body, says, never string }{
		"all":        {`"input":"x"`, "announce (?!Result|The task)\\w[\\w ]*: ", "nothing is left out"},
		"milestones": {`"input":"x"`, "announce The task is now: Completed", "announce (?!Result|The task)\\w[\\w ]*: "},
		"off":        {`"input":"x","metadata":{"sandbox":"fail"}`, "alarm The task is now: Failed", "announce The"},
	} {
		b.open(p.base + "/tasks")
		b.wait(`document.querySelector("ty-speech select")?.value`)
		b.run(`const choice = document.querySelector("ty-speech select"); choice.value = "` + level + `"; choice.dispatchEvent(new Event("change", { bubbles: true }))`)
		b.open(p.base + "/tasks/" + p.submit(`{"upstream":"simulator","processor":"pro",`+words.body+`}`))
		b.run(`window.said = [];
			for (const id of ["announce", "alarm"]) {
				new MutationObserver(() => window.said.push(id + " " + document.getElementById(id).textContent)).observe(document.getElementById(id), { childList: true });
			}`)
		b.wait(`!("live" in document.querySelector("#task-state").dataset) && /` + words.says + `/.test(window.said.join("\n"))`)
		if b.is(`/` + words.never + `/.test(window.said.join("\n"))`) {
			t.Errorf("at %s it says %s", level, b.text(`window.said.join("\n")`))
		}
	}
	b.open(p.base + "/tasks")
	b.wait(`document.querySelector("ty-speech select").value === localStorage.getItem("taskyard.speech")`)
	b.checkQuiet(p.base)
}
