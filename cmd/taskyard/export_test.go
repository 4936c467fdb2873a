//go:build browser

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page of a task, saved and opened without the server, says everything and asks nobody for anything.
func TestASavedPageStandsAlone(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	for name, body := range map[string]string{
		"fields": `{"upstream":"simulator","processor":"pro","input":"Bicycle makers of Northport"}`,
		"report": `{"upstream":"simulator","processor":"pro","input":"Bicycle makers of Northport","task_spec":{"output_schema":"A report with a table"}}`,
		"failed": `{"upstream":"simulator","processor":"pro","input":"Bicycle makers of Northport","metadata":{"sandbox":"fail,warn"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := p.submit(body)
			p.finished(id)
			file := filepath.Join(t.TempDir(), "task.html")
			if err := os.WriteFile(file, []byte(read(t, p.base+"/tasks/"+id+".html")), 0o600); err != nil {
				t.Fatal(err)
			}
			b := openBrowser(t)
			for _, width := range []int64{360, 1440} {
				for _, theme := range []string{"light", "dark"} {
					b.screen(width, theme)
					b.open("file://" + file)
					b.wait(`document.readyState === "complete" && document.querySelector("h1")`)
					if over := b.text(`Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`); over != "0" {
						t.Errorf("at %d px it is %s px too wide: %s", width, over, b.text(widest))
					}
					if faint := b.text(faintest); faint != "" {
						t.Errorf("in %s it has text of too little contrast: %s", theme, faint)
					}
				}
			}
			b.picture("saved")
			text := b.text(`document.body.innerText`)
			for _, want := range map[string][]string{
				"fields": {"SIMULATED", "Bicycle makers", "Confidence:", "Timeline", "Sources", "Completed"},
				"report": {"SIMULATED", "Bicycle makers", "Confidence:", "References", "Sources"},
				"failed": {"SIMULATED", "told to let it fail", "Warnings", "Timeline"},
			}[name] {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			b.checkQuiet("file://")
		})
	}
}
