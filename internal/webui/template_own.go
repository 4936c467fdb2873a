package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/taskyard/taskyard"
)

// ownCard is a template that somebody keeps.
type ownCard struct {
	templateCard
	ID     string
	Alone  bool // nobody else sees it
	Forget bool // whoever looks may
}

// keptTemplates are what whoever looks keeps, and what others keep for everybody with a token; newest first.
func (ui *UI) keptTemplates(ctx context.Context) (own, team []ownCard, err error) {
	v := ui.viewer(ctx)
	mine, err := ui.store.Templates(ctx, v.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("list templates: %w", err)
	}
	others, err := ui.store.TeamTemplates(ctx, v.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("list templates: %w", err)
	}
	cards := func(list []taskyard.Template, forget bool) (cards []ownCard) {
		for _, t := range list {
			cards = append(cards, ownCard{
				ID: t.ID, templateCard: cardOf(Template{Title: t.Name, Request: t.Request}),
				Alone: t.Visibility == taskyard.Private && !v.IsVisitor(), Forget: forget,
			})
		}
		return cards
	}
	return cards(mine, true), cards(others, v.Role >= taskyard.RoleAdmin), nil
}

// saveTemplate keeps the request of a task: of a private one for whoever does it alone, of a public one for everybody with
// a token.
func (ui *UI) saveTemplate(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, doc, err := ui.taskAndDocument(r)
	if err != nil {
		return err
	}
	seen := t.Visibility
	if r.PostForm.Get("visibility") == string(taskyard.Private) { // the page said so; the task may have become public since
		seen = taskyard.Private
	}
	err = ui.store.SaveTemplate(r.Context(), taskyard.Template{
		ID: taskyard.NewID(), Name: r.PostForm.Get("name"), Upstream: t.Upstream, Request: doc.Request, CreatedAt: ui.now(), Visibility: seen,
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

// composerFromOwn fills the form from a template that somebody keeps.
func (ui *UI) composerFromOwn(ctx context.Context, id string) (composer, error) {
	t, err := ui.store.Template(ctx, id)
	if taskyard.CodeOf(err) == taskyard.CodeNotFound {
		c := ui.composer(ctx, fresh())
		c.Notice = "That template is no longer kept."
		return c, nil
	}
	if err != nil {
		return composer{}, fmt.Errorf("read template: %w", err)
	}
	v := valuesFrom(taskyard.Task{Upstream: t.Upstream}, t.Request, ui.simulated(t.Upstream))
	whose := "the"
	if t.Owner == ui.viewer(ctx).ID {
		whose = "your"
	}
	return ui.copied(ctx, v, "Filled from "+whose+" template “"+t.Name+"”."), nil
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
