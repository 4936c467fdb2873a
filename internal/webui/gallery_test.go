package webui

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/webui/webuitest"
)

var galleryAddr = flag.String("gallery", "", "serve a page of every part in every state at this address, for example 127.0.0.1:8090")

// TestGallery serves the pages over fixtures for as long as somebody looks:
//
//	go test ./internal/webui -run Gallery -gallery 127.0.0.1:8090 -timeout 0
func TestGallery(t *testing.T) {
	if *galleryAddr == "" {
		t.Skip("no -gallery address")
	}
	s := newSite(t, webuitest.All(time.Now())...)
	s.ui.now = time.Now
	s.serveAPI()
	s.HandleFunc("GET /gallery", galleryIndex)
	t.Logf("look at http://%s/gallery", *galleryAddr)
	t.Fatal(http.ListenAndServe(*galleryAddr, s))
}

// galleryPages are the addresses that show all there is. The same list is checked for size, contrast and errors
// by the browser test.
func galleryPages() []string {
	pages := []string{"/", "/?from=nested", "/?from=gone", "/tasks", "/tasks?q=nothing-has-this", "/tasks?status=failed", "/templates", "/?template=competitors", "/tasks/import", "/nowhere", "/tasks/none"}
	for _, f := range webuitest.All(noon) {
		pages = append(pages, "/tasks/"+f.Task.ID)
	}
	return append(pages, "/tasks/huge/raw?before=600", "/tasks/nested?replay", "/tasks/nested?view=tree", "/tasks/text?view=table", "/tasks/text?view=json", "/tasks/nested?view=report", "/tasks/nested?view=json", "/tasks/huge?before=600")
}

func galleryIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><title>Gallery</title><h1>Gallery</h1><ul>")
	for _, path := range galleryPages() {
		fmt.Fprintf(w, `<li><a href="%s">%s</a>`, path, path)
	}
}

// serveAPI serves just as much of the JSON API as the scripts ask for: lists, and streams in which nothing happens.
func (s *site) serveAPI() {
	s.HandleFunc("GET /api/tasks", func(w http.ResponseWriter, r *http.Request) {
		page, err := s.store.Tasks(r.Context(), taskyard.TaskQuery{Limit: 50})
		list := []map[string]any{}
		for _, t := range page.Tasks {
			list = append(list, apiItem(t))
		}
		reply(w, list, err)
	})
	s.HandleFunc("GET /api/tasks/{id}", func(w http.ResponseWriter, r *http.Request) {
		t, err := s.store.Task(r.Context(), r.PathValue("id"))
		reply(w, apiItem(t), err)
	})
	s.HandleFunc("GET /task/{id}", func(w http.ResponseWriter, r *http.Request) {
		t, err := s.store.Task(r.Context(), r.PathValue("id"))
		reply(w, map[string]any{"task": apiItem(t)}, err)
	})
	s.HandleFunc("GET /api/events", s.stream)
	s.HandleFunc("GET /api/tasks/{id}/events", s.stream)
}

func apiItem(t taskyard.Task) map[string]any {
	item := map[string]any{
		"id": t.ID, "status": t.Status, "processor": t.Processor, "upstream": t.Upstream, "inputPreview": t.Preview,
		"createdAt": t.CreatedAt, "activity": map[string]any{"phase": t.Activity.Phase},
		"progress": map[string]any{"meter": t.Progress.Meter, "sourcesRead": t.Progress.SourcesRead, "sourcesConsidered": t.Progress.SourcesConsidered},
	}
	if t.Settled() {
		item["completedAt"] = t.CompletedAt
	}
	if t.Error != nil {
		item["error"] = map[string]any{"message": t.Error.Message}
	}
	return item
}

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the visitor has gone: nobody is left to tell
}

// stream opens a stream and sends what is appended to the log behind ?after=, until the visitor leaves.
func (s *site) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}
