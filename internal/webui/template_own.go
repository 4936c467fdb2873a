package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/taskyard/taskyard"
)

// ownCard is a template that a user keeps.
type ownCard struct {
	templateCard
	ID string
}

// ownTemplates are what users keep, newest first.
func (ui *UI) ownTemplates(ctx context.Context) ([]ownCard, error) {
	kept, err := ui.store.Templates(ctx)
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	var list []ownCard
	for _, t := range kept {
		list = append(list, ownCard{ID: t.ID, templateCard: cardOf(Template{Title: t.Name, Request: t.Request})})
	}
	return list, nil
}

// saveTemplate keeps the request of a task.
func (ui *UI) saveTemplate(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, doc, err := ui.taskAndDocument(r)
	if err != nil {
		return err
	}
	err = ui.store.SaveTemplate(r.Context(), taskyard.Template{
		ID: taskyard.NewID(), Name: r.PostForm.Get("name"), Upstream: t.Upstream, Request: doc.Request, CreatedAt: ui.now(),
	})
	if err != nil {
		return err
	}
	return done(w, r, "/templates")
}

func (ui *UI) deleteTemplate(w http.ResponseWriter, r *http.Request) error {
	if err := ui.store.DeleteTemplate(r.Context(), r.PathValue("id")); err != nil && taskyard.CodeOf(err) != taskyard.CodeNotFound {
		return err
	}
	return done(w, r, "/templates")
}

// composerFromOwn fills the form from a template that a user keeps.
func (ui *UI) composerFromOwn(ctx context.Context, id string) (composer, error) {
	kept, err := ui.store.Templates(ctx)
	if err != nil {
		return composer{}, fmt.Errorf("list templates: %w", err)
	}
	for _, t := range kept {
		if t.ID != id {
			continue
		}
		v := valuesFrom(taskyard.Task{Upstream: t.Upstream}, t.Request, ui.simulated(t.Upstream))
		return ui.copied(ctx, v, "Filled from your template “"+t.Name+"”."), nil
	}
	c := ui.composer(ctx, fresh())
	c.Notice = "That template is no longer kept."
	return c, nil
}

// schemaOf is the schema that upstream chose for an automatic output; nil where it gave none.
func schemaOf(result json.RawMessage) json.RawMessage {
	var r struct {
		Output struct {
			Schema json.RawMessage `json:"output_schema"`
		} `json:"output"`
	}
	if json.Unmarshal(result, &r) != nil {
		return nil
	}
	var wrapped struct {
		Schema json.RawMessage `json:"json_schema"`
	}
	if json.Unmarshal(r.Output.Schema, &wrapped) == nil && len(wrapped.Schema) > 0 {
		return wrapped.Schema
	}
	if isObject(r.Output.Schema) {
		return r.Output.Schema
	}
	return nil
}
