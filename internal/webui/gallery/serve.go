package gallery

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

// Pages are the addresses that show every part in every state. The ids of tasks name their states.
func Pages() []string {
	pages := []string{"/", "/?from=nested", "/?from=gone", "/?follow=text", "/tasks", "/tasks?q=nothing-has-this", "/tasks?status=failed&status=completed", "/templates", "/?template=competitors", "/tasks/import", "/nowhere", "/tasks/none"}
	for _, f := range All(time.Now()) {
		pages = append(pages, "/tasks/"+f.Task.ID)
	}
	return append(pages, "/tasks/huge/raw?before=600", "/tasks/nested?replay", "/tasks/nested?view=tree", "/tasks/text?view=table", "/tasks/text?view=json",
		"/tasks/nested?view=report", "/tasks/nested?view=json", "/tasks/huge?before=600", "/compare", "/compare?id=text&id=nested", "/compare?id=text&id=none")
}

// Register adds the index of the gallery, and as much of the JSON API as the scripts ask for: lists, and streams in which
// nothing happens.
func Register(mux *http.ServeMux, store *Store) {
	mux.HandleFunc("GET /gallery", index)
	registerConnections(mux)
	mux.HandleFunc("GET /api/tasks", func(w http.ResponseWriter, r *http.Request) {
		page, err := store.Tasks(r.Context(), taskyard.TaskQuery{Limit: 50})
		list := []map[string]any{}
		for _, t := range page.Tasks {
			list = append(list, item(t))
		}
		reply(w, list, err)
	})
	mux.HandleFunc("GET /api/tasks/{id}", func(w http.ResponseWriter, r *http.Request) {
		t, err := store.Task(r.Context(), r.PathValue("id"))
		reply(w, item(t), err)
	})
	mux.HandleFunc("GET /task/{id}", func(w http.ResponseWriter, r *http.Request) {
		t, err := store.Task(r.Context(), r.PathValue("id"))
		reply(w, map[string]any{"task": item(t)}, err)
	})
	mux.HandleFunc("GET /api/events", stream)
}

func index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, "<!doctype html><html lang=en><title>Gallery</title><h1>Every part in every state</h1><ul>")
	for _, path := range append(Pages(), Connections()...) {
		fmt.Fprintf(w, `<li><a href="%s">%s</a>`, html.EscapeString(path), html.EscapeString(path))
	}
}

func item(t taskyard.Task) map[string]any {
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

// stream opens a stream in which nothing happens until the visitor leaves.
func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	_ = http.NewResponseController(w).Flush() // a visitor who has gone is noticed below
	<-r.Context().Done()
}
