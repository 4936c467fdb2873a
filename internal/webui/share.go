package webui

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// maxShareDays bounds how long a link can be good that is not good for ever.
const maxShareDays = 3650

// addShare makes a link to a task, and leads to where all links are.
func (ui *UI) addShare(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	s := taskyard.Share{Token: taskyard.NewShareToken(), Task: t, CreatedAt: ui.now().UTC().Truncate(time.Millisecond)}
	for _, part := range taskyard.Parts {
		if slices.Contains(r.PostForm["part"], string(part)) {
			s.Parts = append(s.Parts, part)
		}
	}
	if len(s.Parts) == 0 {
		return taskyard.Invalid("part", "Choose at least one part that the link shows.")
	}
	days, err := strconv.Atoi(r.PostForm.Get("days"))
	if err != nil || days < 0 || days > maxShareDays {
		return taskyard.Invalid("days", "A link is good for 1 to %d days, or for ever (0).", maxShareDays)
	}
	if days > 0 {
		s.ExpiresAt = s.CreatedAt.AddDate(0, 0, days)
	}
	if r.PostForm.Get("frozen") != "" {
		s.UpTo = t.LastSeq
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
	Now   time.Time
}

type linkRow struct {
	taskyard.Share
	Title string
	Good  bool
}

func (ui *UI) showLinks(w http.ResponseWriter, r *http.Request) error {
	all, err := ui.store.Shares(r.Context(), nil)
	if err != nil {
		return err
	}
	p := linksPage{layout: ui.layout(r.Context(), "Links", "links"), Now: ui.now()}
	for _, s := range all {
		p.Links = append(p.Links, linkRow{s, titleOf(s.Task), s.Good(p.Now)})
	}
	return ui.render(w, http.StatusOK, "links", "layout", p)
}

func (ui *UI) revokeShare(w http.ResponseWriter, r *http.Request) error {
	if err := ui.store.RevokeShare(r.Context(), r.PathValue("token")); err != nil {
		return err
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
