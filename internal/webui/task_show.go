package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

type taskPage struct {
	layout
	Task     taskHead
	Score    score
	Now      nowLine
	Cancel   *cancelAsk
	Again    *againAsk
	Breaks   []Scenario // what can be broken of its simulated run
	Follow   bool       // another task can go on from here
	Mine     bool       // whoever reads it may change it
	Sight    *sight     // who may read it; nil where nobody is asked who they are
	Trouble  *trouble
	Warnings []warning
	Timeline timeline
	Sources  sources
	Result   *result
	Request  requestView
	Thread   []taskHead // the tasks that go on from each other; nil for one that stands alone
	Links    []linkRow  // that show it and are good, for whoever may change it
	Replay   *replay    // nil unless it is replayed
}

// show serves a task: all of it, or with ?part=live only what changes while it runs. With an extension the address is
// that of a file, see export.go.
func (ui *UI) show(w http.ResponseWriter, r *http.Request) error {
	id, extension, isFile := strings.Cut(r.PathValue("id"), ".")
	t, err := ui.store.Task(r.Context(), id)
	if err != nil {
		return notHere(err)
	}
	if isFile {
		return ui.export(w, r, t, extension)
	}
	q := r.URL.Query()
	if q.Has("replay") {
		return ui.showReplay(w, r, t)
	}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // a number it is not shows the newest page
	l, err := ui.readLog(r.Context(), t, before, timelineRows)
	if err != nil {
		return err
	}
	p := ui.taskPage(r.Context(), t, l, ui.now())
	if q.Get("part") == "live" {
		p.Sources = sourcesOf(l.sources, nil)
		return ui.render(w, http.StatusOK, "task", "task-live", p)
	}
	doc, err := ui.store.Document(r.Context(), t.ID)
	if err != nil {
		return notHere(err)
	}
	p.Request = ui.requestOf(t, doc.Request)
	p.Sources = sourcesOf(l.sources, citedBy(doc.Result))
	if len(doc.Result) > 0 {
		if p.Result, err = ui.viewResult(t, doc.Result, q.Get("view")); err != nil {
			return err
		}
		if !p.Runs() {
			p.Result.Real = nil
		}
	}
	if p.Thread, err = ui.threadOf(r.Context(), t); err != nil {
		return err
	}
	if p.Mine {
		if p.Links, err = ui.linksOf(r.Context(), t); err != nil {
			return err
		}
	}
	return ui.render(w, http.StatusOK, "task", "layout", p)
}

// threadOf are the heads of the tasks of a thread; nil where there is only one.
func (ui *UI) threadOf(ctx context.Context, t taskyard.Task) ([]taskHead, error) {
	tasks, err := ui.store.Thread(ctx, t.ID, nil)
	if err != nil {
		return nil, notHere(err)
	}
	if len(tasks) < 2 {
		return nil, nil
	}
	var list []taskHead
	for _, one := range tasks {
		list = append(list, ui.head(one, ui.now()))
	}
	return list, nil
}

func (ui *UI) taskPage(ctx context.Context, t taskyard.Task, l log, now time.Time) taskPage {
	up := taskyard.FindUpstream(ui.upstreams(ctx), t.Upstream)
	head := ui.head(t, now)
	p := taskPage{
		layout: ui.layout(ctx, head.pageTitle(), "tasks"), Sight: ui.sightOf(ctx, t), Mine: ui.viewer(ctx).MayChange(t), Task: head, Score: scoreOf(t, now), Now: nowOf(t, up, l, now), Cancel: cancelOf(t, up),
		Again: againOf(t, up), Follow: canFollow(t), Trouble: troubleOf(t, up), Warnings: warningsOf(t.Warnings), Timeline: l.timeline,
	}
	p.Live = head.Live
	if !p.Mine {
		p.Cancel = nil
	}
	if !p.Runs() {
		p.Again = nil
	}
	if p.Mine && head.Live && head.Simulated && t.RunID != "" {
		p.Breaks = ui.breakages
	}
	return p
}

func notHere(err error) error {
	if taskyard.CodeOf(err) == taskyard.CodeNotFound {
		gone := taskyard.Errorf(taskyard.CodeNotFound, "There is no task with this address. It may have been deleted.")
		if errors.Is(err, taskyard.ErrHidden) {
			gone.Err = taskyard.ErrHidden // for the log alone
		}
		return gone
	}
	return fmt.Errorf("read task: %w", err)
}

// taskHead is what the top of the page says, and what the script needs to go on.
type taskHead struct {
	ID, RunID, InteractionID string
	Title, Name              string // Name is the title that the user has given; "" if none
	Tags                     []string
	Pill                     pill
	Processor, Price         string
	Upstream, Mode           string
	Simulated                bool
	Created, Ended           time.Time
	Ago, Duration            string
	LastSeq                  int64
	Live                     bool
	HasResult                bool
}

func (ui *UI) head(t taskyard.Task, now time.Time) taskHead {
	h := taskHead{
		ID: t.ID, RunID: t.RunID, InteractionID: t.InteractionID, Title: titleOf(t), Name: t.Title, Tags: t.Tags, Pill: pillOf(t.Status),
		Processor: t.Processor, Price: price(t.Processor), Upstream: t.Upstream, Mode: t.Mode,
		Simulated: ui.simulated(t.Upstream), Created: t.CreatedAt, Ended: t.CompletedAt, Ago: ago(now.Sub(t.CreatedAt)),
		Duration: clock(elapsed(t, now)), LastSeq: t.LastSeq, Live: !t.Settled(),
		HasResult: t.HasResult,
	}
	if h.Simulated {
		h.Price = "free, simulated"
	}
	return h
}

// pageTitle says in a tab's few letters how the task stands.
func (h taskHead) pageTitle() string {
	switch h.Pill.Tone {
	case "ok":
		return "✓ " + h.Title
	case "fail":
		return "✗ " + h.Title
	default:
		return h.Title
	}
}

// requestView is the request as it was sent, without its secrets.
type requestView struct {
	Code  snippets // as JSON, and as programs
	IsCut bool     // the JSON is only the beginning
	Betas string
}

func (ui *UI) requestOf(t taskyard.Task, raw []byte) requestView {
	v := requestView{Betas: t.Betas, Code: ui.snippetsOf(raw, t.Betas, t.Upstream)}
	stored := snippetTab{Name: "json", Label: "JSON"}
	stored.Code, v.IsCut = prettyJSON(raw)
	v.Code.Tabs = append([]snippetTab{stored}, v.Code.Tabs...)
	v.Code.check("json")
	return v
}
