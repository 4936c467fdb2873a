//go:build browser

package main

import (
	"fmt"
	"net/http"
	"testing"
)

// A browser opens six connections to a server over HTTP/1.1: with one stream a tab, the seventh tab would wait for ever.
func TestMoreTabsThanConnections(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 30)
	first := openBrowser(t)
	tabs := []*tab{first}
	for range 9 {
		tabs = append(tabs, first.another())
	}
	ids := make([]string, len(tabs))
	for i, b := range tabs {
		ids[i] = p.submit(fmt.Sprintf(`{"upstream":"simulator","processor":"pro","input":"Tab %d","metadata":{"sandbox":"never-ends"}}`, i))
		b.open(p.base + "/tasks/" + ids[i])
	}
	for _, b := range tabs {
		b.wait(`document.querySelector(".conn").dataset.state === "live"`)
		b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 5`)
	}
	list := first.another()
	list.open(p.base + "/tasks")
	list.wait(`document.querySelector(".conn").dataset.state === "live"`)
	for i, b := range tabs {
		p.cancel(ids[i])
		b.wait(status + ` === "cancelled" && document.querySelector(".conn").dataset.state === "ended"`)
		list.wait(`document.querySelector('.row[data-id="` + ids[i] + `"]').innerText.includes("Cancelled")`)
		b.checkSequence(p)
	}
	first.checkQuiet(p.base)
}

func (p *process) cancel(id string) {
	p.t.Helper()
	resp, err := http.Post(p.base+"/api/tasks/"+id+"/cancel", "application/json", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode >= 300 {
		p.t.Fatalf("cancel answered %d", resp.StatusCode)
	}
}
