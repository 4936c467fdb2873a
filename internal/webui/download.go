package webui

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// downloadJSON sends the result as upstream sent it.
func (ui *UI) downloadJSON(w http.ResponseWriter, r *http.Request) error {
	doc, err := ui.result(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	attach(w, r, "result", "json", "application/json")
	_, _ = w.Write(doc.Result) // the visitor has gone: nobody is left to tell
	return nil
}

// downloadReport sends the output as Markdown, with its sources at the end.
func (ui *UI) downloadReport(w http.ResponseWriter, r *http.Request) error {
	o, err := ui.output(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	attach(w, r, "report", "md", "text/markdown; charset=utf-8")
	var b bytes.Buffer
	b.WriteString(reportOf(o))
	writeSources(&b, o.Basis)
	_, _ = w.Write(b.Bytes())
	return nil
}

func writeSources(b *bytes.Buffer, basis []parallel.FieldBasis) {
	list := sourcesOf(nil, basis)
	if list.Total == 0 {
		return
	}
	b.WriteString("\n\n## Sources\n\n")
	for _, host := range list.Hosts {
		for _, s := range host.Links {
			switch {
			case s.Link.URL == "":
				fmt.Fprintf(b, "- %s\n", escapeMarkdown(s.Link.Text))
			case s.Title == "":
				fmt.Fprintf(b, "- <%s>\n", s.Link.URL)
			default:
				fmt.Fprintf(b, "- [%s](<%s>)\n", escapeMarkdown(s.Title), s.Link.URL)
			}
		}
	}
}

// downloadCSV sends the output as a table; ?field= names one array of objects.
func (ui *UI) downloadCSV(w http.ResponseWriter, r *http.Request) error {
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	file, err := ui.tableFile(r.Context(), t, r.URL.Query().Get("field"))
	return sendFile(w, file, err, "taskyard-"+t.ID+"-table.csv", "text/csv; charset=utf-8")
}

func (ui *UI) tableFile(ctx context.Context, t taskyard.Task, field string) ([]byte, error) {
	o, err := ui.output(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if field != "" {
		err = writeGrid(&b, o, field, ui.simulated(t.Upstream))
	} else {
		err = writeFields(&b, o, ui.simulated(t.Upstream))
	}
	return b.Bytes(), err
}

// rawEvent sends one event as upstream sent it, for events that the timeline shows only in part.
func (ui *UI) rawEvent(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq < 1 {
		return taskyard.Errorf(taskyard.CodeNotFound, "There is no event of this number.")
	}
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	events, err := ui.store.Events(r.Context(), t.Num, seq-1, seq, 1, eventBytes)
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	if len(events) == 0 {
		return taskyard.Errorf(taskyard.CodeNotFound, "There is no event of this number.")
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(events[0].Data)
	return nil
}

func (ui *UI) result(ctx context.Context, id string) (taskyard.Document, error) {
	doc, err := ui.store.Document(ctx, id)
	if err != nil {
		return doc, notHere(err)
	}
	if len(doc.Result) == 0 {
		return doc, taskyard.Errorf(taskyard.CodeNotFound, "This task has no result yet.")
	}
	return doc, nil
}

func (ui *UI) output(ctx context.Context, id string) (parallel.TaskRunOutput, error) {
	doc, err := ui.result(ctx, id)
	if err != nil {
		return parallel.TaskRunOutput{}, err
	}
	res, err := readResult(doc.Result)
	return res.Output, err
}

// attach names the file after the task, whose id has only letters and digits.
func attach(w http.ResponseWriter, r *http.Request, what, ext, contentType string) {
	attachFile(w, "taskyard-"+r.PathValue("id")+"-"+what+"."+ext, contentType)
}

func attachFile(w http.ResponseWriter, name, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}
