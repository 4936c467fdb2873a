package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What the server sends of a finished task is complete: without script it can be read.
func TestFinishedTaskIsReadableWithoutScript(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "demo", "--addr", "127.0.0.1:0", "--database", t.TempDir()+"/demo.db", "--simulator-scale", "1000")
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"Heat pumps in old houses","task_spec":{"output_schema":"A report"}}`)
	p.finished(id)
	var doc struct {
		Task struct {
			Result struct {
				Output struct {
					Basis []struct{ Citations []struct{ Excerpts []string } }
				}
			}
		}
		Events []struct {
			Type string
			Data struct{ Message string }
		}
	}
	if err := p.get("/task/"+id, &doc); err != nil {
		t.Fatal(err)
	}
	page := read(t, p.base+"/tasks/"+id)
	message := ""
	for _, e := range doc.Events {
		if strings.HasSuffix(e.Type, ".search") {
			message = e.Data.Message
		}
	}
	for _, want := range []string{"Completed", "Simulated", "References", message, `"output_schema"`, "example."} {
		if want == "" || !strings.Contains(page, html.EscapeString(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	table := read(t, p.base+"/tasks/"+id+"?view=table")
	if excerpt := doc.Task.Result.Output.Basis[0].Citations[0].Excerpts[0]; !strings.Contains(table, excerpt) {
		t.Errorf("the table lacks the excerpt %q", excerpt)
	}
}

func read(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return string(body)
}

// checkLines compares the file of a task's events with its log.
func checkLines(t *testing.T, p *process, id string) {
	t.Helper()
	var doc struct{ Events []struct{ Type string } }
	if err := p.get("/task/"+id, &doc); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(read(t, p.base+"/tasks/"+id+".ndjson"), "\n"), "\n")
	if len(lines) != len(doc.Events) {
		t.Fatalf("%d lines, %d events", len(lines), len(doc.Events))
	}
	for i, line := range lines {
		var ev struct {
			Seq       int
			Type      string
			Simulated bool
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil || ev.Seq != i+1 || ev.Type != doc.Events[i].Type || !ev.Simulated {
			t.Errorf("line %d: %s, %v", i+1, line, err)
		}
	}
}

func TestEventsAsAFile(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "demo", "--addr", "127.0.0.1:0", "--database", t.TempDir()+"/demo.db", "--simulator-scale", "1000")
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"x"}`)
	p.finished(id)
	checkLines(t, p, id)
}
