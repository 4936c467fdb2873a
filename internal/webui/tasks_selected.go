package webui

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/taskyard/taskyard"
)

// maxSelected bounds the tasks of one action.
const maxSelected = 500

// selected does something to the tasks that are marked in the list.
func (ui *UI) selected(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	ids := r.PostForm["id"]
	if len(ids) == 0 {
		return taskyard.Invalid("id", "Mark some tasks first.")
	}
	if len(ids) > maxSelected {
		return taskyard.Invalid("id", "%d tasks are marked; %d can be handled at once.", len(ids), maxSelected)
	}
	if action := r.PostForm.Get("action"); action == "compare" {
		http.Redirect(w, r, "/compare?"+url.Values{"id": ids}.Encode(), http.StatusSeeOther)
		return nil
	} else if action != "export" && action != "delete" {
		return taskyard.Invalid("action", "There is no such action.")
	}
	tasks, err := ui.there(r.Context(), ids)
	if err != nil {
		return err
	}
	switch {
	case r.PostForm.Get("action") == "export":
		return ui.exportSelected(w, r, tasks)
	case r.PostForm.Get("confirm") == "":
		return ui.askToDelete(w, r, tasks)
	}
	for _, t := range tasks {
		if err := ui.service.Delete(r.Context(), t.ID); err != nil && taskyard.CodeOf(err) != taskyard.CodeNotFound {
			return err
		}
	}
	return done(w, r, "/tasks")
}

// there are the tasks of these ids that are still on this server.
func (ui *UI) there(ctx context.Context, ids []string) ([]taskyard.Task, error) {
	var list []taskyard.Task
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		t, err := ui.store.Task(ctx, id)
		if errors.Is(err, taskyard.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read task: %w", err)
		}
		list = append(list, t)
	}
	return list, nil
}

type deletePage struct {
	layout
	Tasks   []taskHead
	Running int
}

func (ui *UI) askToDelete(w http.ResponseWriter, r *http.Request, tasks []taskyard.Task) error {
	p := deletePage{layout: ui.layout(r.Context(), "Delete tasks", "tasks")}
	for _, t := range tasks {
		head := ui.head(t, ui.now())
		p.Tasks = append(p.Tasks, head)
		if head.Live {
			p.Running++
		}
	}
	return ui.render(w, http.StatusOK, "delete", "layout", p)
}

// exportSelected sends an archive with each task's files and an index of all. It is written as it is sent.
func (ui *UI) exportSelected(w http.ResponseWriter, r *http.Request, tasks []taskyard.Task) error {
	attachFile(w, "taskyard-"+ui.now().UTC().Format("2006-01-02-150405")+".zip", "application/zip")
	archive := zip.NewWriter(w)
	err := ui.writeIndex(archive, tasks)
	for i := 0; i < len(tasks) && err == nil; i++ {
		if err = ui.archive(r.Context(), archive, tasks[i]); taskyard.CodeOf(err) == taskyard.CodeNotFound {
			err = nil // it was deleted meanwhile: the index names it, and the rest goes on
		}
	}
	if err = errors.Join(err, archive.Close()); err != nil { // an archive that is not whole must not look so
		ui.log.Warn("export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (ui *UI) writeIndex(archive *zip.Writer, tasks []taskyard.Task) error {
	file, err := archive.Create("index.csv")
	if err != nil {
		return err
	}
	out := csv.NewWriter(file)
	lines := [][]string{{"id", "title", "status", "processor", "upstream", "simulated", "created", "ended", "run"}}
	for _, t := range tasks {
		ended := ""
		if t.Settled() {
			ended = t.CompletedAt.UTC().Format(time.RFC3339)
		}
		lines = append(lines, []string{
			t.ID, guard(titleOf(t)), guard(string(t.Status)), guard(t.Processor), guard(t.Upstream), fmt.Sprint(ui.simulated(t.Upstream)),
			t.CreatedAt.UTC().Format(time.RFC3339), ended, guard(t.RunID),
		})
	}
	return out.WriteAll(lines)
}

func (ui *UI) archive(ctx context.Context, archive *zip.Writer, t taskyard.Task) error {
	put := func(ending string, content []byte, err error) error {
		if err != nil {
			return err
		}
		file, err := archive.Create(t.ID + ending)
		if err == nil {
			_, err = file.Write(content)
		}
		return err
	}
	page, err := ui.pageFile(ctx, t)
	if err := put(".html", page, err); err != nil {
		return err
	}
	if t.HasResult {
		doc, err := ui.result(ctx, t.ID)
		if err := put(".result.json", doc.Result, err); err != nil {
			return err
		}
		report, err := ui.markdownFile(ctx, t)
		if err := put(".md", report, err); err != nil {
			return err
		}
		table, err := ui.tableFile(ctx, t, "")
		if err := put(".csv", table, err); err != nil {
			return err
		}
	}
	var events io.Writer
	if events, err = archive.Create(t.ID + ".ndjson"); err != nil {
		return err
	}
	return ui.writeEvents(ctx, events, t)
}
