package webui

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// addShare makes a link to a task, and leads to where all links are.
func (ui *UI) addShare(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	var parts []taskyard.Part
	for _, part := range r.PostForm["part"] {
		parts = append(parts, taskyard.Part(part))
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil {
		days = -1 // refused as any other that is out of bounds
	}
	s, err := taskyard.NewShare(t, parts, days, r.PostForm.Get("frozen") != "", ui.now())
	if err != nil {
		return err
	}
	if err := ui.store.AddShare(r.Context(), s); err != nil {
		return err
	}
	http.Redirect(w, r, "/links#"+s.Token, http.StatusSeeOther)
	return nil
}

type linksPage struct {
	layout
	Links []linkRow
	Next  string // address of the next page; "" when there is none
	First string // address of the first page, when this is not it
}

type linkRow struct {
	taskyard.Share
	Title  string
	Good   bool
	OnTask bool // it stands on its task's page
}

// Opened is how often a link was opened, in words.
func (l linkRow) Opened() string {
	switch l.Opens {
	case 0:
		return "not opened yet"
	case 1:
		return "opened once"
	}
	return "opened " + count(l.Opens) + " times"
}

func (ui *UI) showLinks(w http.ResponseWriter, r *http.Request) error {
	q := taskyard.ShareQuery{Limit: linksOnPage}
	var err error
	if q.After, err = readCursor(r.URL.Query().Get("after")); err != nil {
		return err
	}
	page, err := ui.store.Shares(r.Context(), q)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	p := linksPage{layout: ui.layout(r.Context(), "Links", "links")}
	for _, s := range page.Shares {
		p.Links = append(p.Links, linkRow{Share: s, Title: titleOf(s.Task), Good: s.Good(ui.now())})
	}
	if !page.Next.IsZero() {
		p.Next = "/links?after=" + cursorText(page.Next)
	}
	if !q.After.IsZero() {
		p.First = "/links"
	}
	return ui.render(w, http.StatusOK, "links", "layout", p)
}

// linksOf are the links that show a task, for whoever may change it.
func (ui *UI) linksOf(ctx context.Context, t taskyard.Task) ([]linkRow, error) {
	page, err := ui.store.Shares(ctx, taskyard.ShareQuery{Task: t.ID, Limit: taskyard.MaxShares})
	if err != nil {
		return nil, notHere(err)
	}
	var list []linkRow
	for _, s := range page.Shares {
		if s.Good(ui.now()) {
			list = append(list, linkRow{Share: s, Title: titleOf(t), Good: true, OnTask: true})
		}
	}
	return list, nil
}

// revokeShare ends a link, and leads back to the page that it was on.
func (ui *UI) revokeShare(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	s, err := ui.store.Share(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if err := ui.store.RevokeShare(r.Context(), s.Token); err != nil {
		return err
	}
	if r.PostForm.Has("on_task") {
		return done(w, r, "/tasks/"+s.Task.ID)
	}
	return done(w, r, "/links")
}

type sharedPage struct {
	exportedPage
	Frozen time.Time // when the task was as it is shown; zero: it is so now
	Live   bool      // it still changes
}

var errDeadLink = taskyard.Errorf(taskyard.CodeNotFound, "This link was turned off or has expired.")

// showShared shows a task to whoever has a link to it, and of it no more than the link says.
func (ui *UI) showShared(w http.ResponseWriter, r *http.Request) error {
	s, err := ui.store.Share(r.Context(), r.PathValue("token"))
	if taskyard.CodeOf(err) == taskyard.CodeNotFound || err == nil && !s.Good(ui.now()) {
		return errDeadLink
	}
	if err != nil {
		return err
	}
	ctx := taskyard.WithViewer(r.Context(), taskyard.Viewer{Shared: s.Task.ID})
	doc, err := ui.store.Document(ctx, s.Task.ID)
	if err != nil {
		return errDeadLink
	}
	t, when := s.Task, ui.now()
	if s.UpTo > 0 && s.UpTo < t.LastSeq {
		if t, when, err = ui.asOf(ctx, t, s.UpTo); err != nil {
			return err
		}
	}
	if r.Method == http.MethodGet && !r.URL.Query().Has("again") { // a page that looks again by itself is no new one
		ui.store.ShareOpened(s.Token)
	}
	if !t.Settled() || !s.Shows(taskyard.PartResult) {
		doc.Result = nil
	}
	page, err := ui.exported(ctx, t, doc, when)
	if err != nil {
		return err
	}
	p := sharedPage{exportedPage: page, Live: s.UpTo == 0 && !t.Settled()}
	if s.UpTo > 0 {
		p.Frozen = s.CreatedAt
	}
	p.ShowTimeline = s.Shows(taskyard.PartTimeline)
	if p.ShowRequest = s.Shows(taskyard.PartRequest); p.ShowRequest {
		p.Request, _ = prettyJSON(sharedRequest(doc.Request, s.Shows(taskyard.PartMetadata)))
	}
	if !s.Shows(taskyard.PartResult) {
		p.Sources = sources{}
	}
	if !s.Shows(taskyard.PartRequest) { // the title is the input's first line, and upstream's words may quote it
		p.Task.Title = cmp.Or(s.Task.Title, "A task on "+t.Processor)
		p.Warnings = nil
		if p.Trouble != nil {
			p.Trouble = &trouble{Heading: p.Trouble.Heading}
		}
	}
	// What this server notes names the run, by which all of it can be had.
	p.Timeline.Rows = slices.DeleteFunc(p.Timeline.Rows, func(row eventRow) bool { return row.Group == "note" || row.Mono })
	return ui.render(w, http.StatusOK, "shared", "main", p)
}

// sharedRequest is a request for strangers: without what only its owner needs. Of what is sealed, not even that it is
// there is told.
func sharedRequest(request json.RawMessage, withMetadata bool) json.RawMessage {
	var body map[string]json.RawMessage
	if json.Unmarshal(request, &body) != nil {
		return json.RawMessage(`{}`)
	}
	maps.DeleteFunc(body, func(name string, _ json.RawMessage) bool {
		name = foldName(name)
		return name == "webhook" || name == "metadata" && !withMetadata
	})
	for name, raw := range body {
		if foldName(name) != "mcpservers" {
			continue
		}
		var servers any
		if !decodeExactly(raw, &servers) {
			return json.RawMessage(`{}`)
		}
		deleteHeaders(servers)
		body[name] = encode(servers)
	}
	shown, err := json.Marshal(body)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return shown
}

// foldName leaves of a name what its spellings share: a misspelt field may hold what the right one would.
func foldName(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// deleteHeaders takes the members that are named headers out of a value, however deep.
func deleteHeaders(value any) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			deleteHeaders(v)
		}
	case map[string]any:
		maps.DeleteFunc(value, func(name string, _ any) bool { return foldName(name) == "headers" })
		for _, v := range value {
			deleteHeaders(v)
		}
	}
}
