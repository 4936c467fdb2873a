package webui

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// pages are the templates that are rendered by name; each is parsed together with all parts (names that begin
// with an underscore), so that every page defines its own "main".
var pages = []string{"home", "preview", "lint", "tasks", "task", "raw", "export", "compare", "delete", "spend", "templates", "import", "signin", "access", "links", "shared", "leaving", "error"}

type templates struct {
	files  fs.FS
	assets *assets
	dev    bool
	byName map[string]*template.Template
}

func newTemplates(files fs.FS, a *assets, dev bool) (*templates, error) {
	t := &templates{files: files, assets: a, dev: dev, byName: map[string]*template.Template{}}
	for _, name := range pages {
		parsed, err := t.parse(name)
		if err != nil {
			return nil, err
		}
		t.byName[name] = parsed
	}
	return t, nil
}

func (t *templates) parse(page string) (*template.Template, error) {
	names, err := fs.Glob(t.files, "templates/_*.html")
	if err != nil {
		return nil, err
	}
	parsed, err := template.New(page).Funcs(t.funcs()).Option("missingkey=error").
		ParseFS(t.files, append(names, path.Join("templates", page+".html"))...)
	if err != nil {
		return nil, fmt.Errorf("parse page %s: %w", page, err)
	}
	return parsed, nil
}

func (t *templates) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":       t.assets.url,
		"modules":     t.assets.modules,
		"rfc3339":     func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"exact":       func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04:05 UTC") },
		"rfc3339nano": func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
		"int":         func(n int64) int { return int(n) },
		"count":       func(n int) string { return count(int64(n)) },
		"plural":      plural,
		"join":        strings.Join,
		"pills":       allPills,
		"eventGroups": eventGroups,
		// blank values fill the rows that are shipped in <template> for the scripts to clone.
		"blankRow":   func(selectable bool) taskRow { return taskRow{Pill: pillOf(""), Selectable: selectable} },
		"blankEvent": func() eventRow { return eventRow{} },
	}
}

// render prints the named template of a page into memory first, so that a fault in it becomes an error page
// and not half a page.
func (ui *UI) render(w http.ResponseWriter, status int, page, name string, data any) error {
	t, err := ui.views.get(page)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the visitor has gone: nobody is left to tell
	return nil
}

func (t *templates) get(page string) (*template.Template, error) {
	if t.dev {
		return t.parse(page)
	}
	return t.byName[page], nil
}

// layout is what the frame around every page prints.
type layout struct {
	Title   string
	Nav     string // the entry of the navigation that is this page
	Live    bool   // the page follows a stream, so the frame shows the state of the connection
	Version string
	Notice  string // above all else: the disk is nearly full
	Started string // when the server began, and how many tasks it took up

	Asked   bool            // people are asked who they are
	Viewer  taskyard.Viewer // who looks at the page
	Visitor bool            // somebody without a token
}

// Admin reports whether the page can lead to where access is given.
func (l layout) Admin() bool { return l.Asked && l.Viewer.Role >= taskyard.RoleAdmin }

// Looks reports whether whoever looks may see lists.
func (l layout) Looks() bool { return l.Viewer.Role >= taskyard.RoleView }

// Runs reports whether whoever looks may submit tasks.
func (l layout) Runs() bool { return l.Viewer.Role >= taskyard.RoleRun }

func (ui *UI) layout(ctx context.Context, title, nav string) layout {
	l := layout{Title: title, Nav: nav, Version: ui.version, Started: ui.started, Asked: ui.door != nil, Viewer: ui.viewer(ctx)}
	l.Visitor = l.Viewer.Name == ""
	if ui.notice != nil {
		l.Notice = ui.notice()
	}
	return l
}
