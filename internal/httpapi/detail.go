package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/taskyard/taskyard"
)

// The detail reads a log in pages, so that a log of any length costs the memory of one.
const (
	detailEvents = 500
	detailBytes  = 512 << 10
)

// shareDetail lets pages of any origin read the detail, as the original does: the address is what protects it.
func shareDetail(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "ETag, "+requestIDHeader)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// allowDetail answers a browser that asks whether it may send headers of its own with such a request.
func (a *API) allowDetail(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	shareDetail(h)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "If-None-Match, "+requestIDHeader)
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Allow", "GET, HEAD, OPTIONS")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// showDetail answers with everything that is known of a task: always JSON, and indented for people.
func (a *API) showDetail(w http.ResponseWriter, r *http.Request) error {
	shareDetail(w.Header())
	id, err := taskID(r)
	if err != nil {
		return err
	}
	task, err := a.store.Task(r.Context(), id)
	if err != nil {
		return err
	}
	tag := etagOf(task)
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache") // who asks decides what is answered
	if unmodified(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Method == http.MethodHead {
		return nil
	}
	return a.writeDetail(w, r, task)
}

// writeDetail reads what can fail for good reasons, a deleted task and a database that does not answer, before
// the first byte.
func (a *API) writeDetail(w http.ResponseWriter, r *http.Request, task taskyard.Task) error {
	document, err := a.store.Document(r.Context(), task.ID)
	if err != nil {
		return err
	}
	fields, err := a.detailFields(r.Context(), task, document)
	if err != nil {
		return err
	}
	log := logReader{store: a.store, task: task}
	first, err := log.page(r.Context())
	if err != nil {
		return err
	}
	out := newOut(w)
	buffer := detailBuffers.Get().(*bufio.Writer)
	buffer.Reset(out)
	defer func() {
		buffer.Reset(nil)
		detailBuffers.Put(buffer)
	}()
	p := indenter{w: buffer}
	if err := p.detail(r.Context(), fields, first, &log); err != nil {
		return fmt.Errorf("write detail: %w", err)
	}
	return out.send(nil)
}

// detailBuffers gather the small pieces that an indenter writes.
var detailBuffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 32<<10) }}

// detail writes {"task":…,"events":[…]}, the first page of the log and then the others.
func (p *indenter) detail(ctx context.Context, task []field, page []taskyard.Event, log *logReader) error {
	p.begin('{')
	p.key("task")
	if err := p.object(task); err != nil {
		return err
	}
	p.key("events")
	p.begin('[')
	for len(page) > 0 {
		for _, ev := range page {
			if err := p.event(ev); err != nil {
				return err
			}
		}
		var err error
		if page, err = log.page(ctx); err != nil {
			return err
		}
	}
	p.end(']')
	p.end('}')
	p.w.WriteByte('\n')
	return p.w.Flush()
}

// logReader reads a log up to what it was when the task was read, so that task and events agree.
type logReader struct {
	store taskyard.Store
	task  taskyard.Task
	after int64
}

// page returns the next events, none at the end. A log that ends early was deleted while it was read.
func (l *logReader) page(ctx context.Context) ([]taskyard.Event, error) {
	if l.after >= l.task.LastSeq {
		return nil, nil
	}
	events, err := l.store.Events(ctx, l.task.Num, l.after, l.task.LastSeq, detailEvents, detailBytes)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	if len(events) == 0 {
		return nil, taskyard.Errorf(taskyard.CodeNotFound, "the task was deleted")
	}
	l.after = events[len(events)-1].Seq
	return events, nil
}

// field is a member of an object. Values that are JSON already are written as they are.
type field struct {
	name  string
	value any
}

// detailFields lists the original's fields in its order, then ours.
func (a *API) detailFields(ctx context.Context, t taskyard.Task, d taskyard.Document) ([]field, error) {
	var request map[string]json.RawMessage
	if err := json.Unmarshal(d.Request, &request); err != nil {
		return nil, fmt.Errorf("read stored request: %w", err)
	}
	var result json.RawMessage
	if t.HasResult { // not what came since the task was read: status and result agree
		result = d.Result
	}
	betas := []string{}
	if t.Betas != "" {
		betas = strings.Split(t.Betas, ",")
	}
	i, err := a.itemHeard(ctx, t)
	if err != nil {
		return nil, err
	}
	return []field{
		{"id", i.ID}, {"processor", i.Processor}, {"input", request["input"]}, {"taskSpec", request["task_spec"]},
		{"runId", i.RunID}, {"status", i.Status}, {"createdAt", i.CreatedAt}, {"completedAt", i.CompletedAt}, {"result", result},
		{"inputPreview", i.InputPreview}, {"title", i.Title}, {"tags", i.Tags}, {"upstream", i.Upstream}, {"mode", i.Mode}, {"interactionId", i.InteractionID},
		{"updatedAt", i.UpdatedAt}, {"progress", i.Progress}, {"activity", i.Activity}, {"error", i.Error}, {"warnings", i.Warnings},
		{"hasResult", i.HasResult}, {"cancelRequested", i.CancelRequested}, {"lastSeq", i.LastSeq}, {"version", i.Version},
		{"betas", betas}, {"request", d.Request},
	}, nil
}

// object writes fields as an object.
func (p *indenter) object(fields []field) error {
	p.begin('{')
	for _, f := range fields {
		raw, isRaw := f.value.(json.RawMessage)
		if !isRaw {
			var err error
			if raw, err = encode(f.value); err != nil {
				return fmt.Errorf("encode %s: %w", f.name, err)
			}
		}
		p.key(f.name)
		if err := p.value(raw); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	p.end('}')
	return nil
}
