//go:build browser

package main

import (
	"strings"
	"testing"
)

const (
	shown   = `[...document.querySelectorAll("#preview .snippet")].find((s) => s.checkVisibility())`
	preview = `document.querySelector("#preview")`
)

// The exact request follows what is typed, in the language that was chosen, and makes no task.
func TestExactRequestFollowsTheForm(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 30)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.run(`document.querySelector("ty-preview summary").click()`)
	b.wait(preview + `.textContent.includes("Write what should be found out.")`)
	b.choose(map[string]string{"input": "Who's the `owner`?"})
	b.wait(shown + `?.textContent.includes("POST http://127.0.0.1:8090/v1/tasks/runs")`)
	b.run(`document.querySelector("#preview [value=python]").click()`)
	b.wait(shown + `.textContent.includes("import urllib.request")`)
	b.choose(map[string]string{"input": "Who was the owner?", "output": "auto"})
	b.wait(shown + `.textContent.includes('"input": "Who was the owner?"') && ` + shown + `.textContent.includes('"type": "auto"')`)
	if name := b.text(shown + `.dataset.language`); name != "python" {
		t.Errorf("%s is in sight", name)
	}
	b.run(`document.querySelector("ty-preview").scrollIntoView()`)
	b.picture("composer")
	if draft := b.text(`localStorage.getItem("taskyard.draft")`); strings.Contains(draft, "urllib") {
		t.Errorf("the draft holds %s", draft)
	}
	var list []listed
	if err := p.get("/api/tasks", &list); err != nil || len(list) != 2 {
		t.Errorf("%d tasks, %v", len(list), err)
	}
	b.open(p.base + "/tasks/" + list[0].ID)
	b.press("3")
	b.run(`document.querySelector("#request [value=go]").click()`)
	b.wait(`document.querySelector("#request [data-language=go]").checkVisibility() && !document.querySelector("#request [data-language=json]").checkVisibility()`)
	b.run(`document.querySelector("#request").scrollIntoView()`)
	b.picture("task")
	b.checkQuiet(p.base)
}
