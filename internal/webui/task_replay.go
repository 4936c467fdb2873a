package webui

import (
	"net/http"
	"strconv"
	"time"

	"github.com/taskyard/taskyard"
)

// replay is the player above a task that has ended.
type replay struct {
	TaskID string
	Day    string
	At     int64 // seq of the event that is shown
	Speeds []int
}

var speeds = []int{1, 2, 5, 10, 20, 60}

// showReplay serves a task as it stood at an event: ?at= its seq, otherwise the first; with ?part=frame only what
// changes from one event to the next.
func (ui *UI) showReplay(w http.ResponseWriter, r *http.Request, t taskyard.Task) error {
	if !t.Settled() {
		return taskyard.Errorf(taskyard.CodeConflict, "This task still runs. It can be replayed when it has ended.")
	}
	q := r.URL.Query()
	at := int64(1)
	if given := q.Get("at"); given != "" {
		var err error
		if at, err = strconv.ParseInt(given, 10, 64); err != nil || at < 1 || at > t.LastSeq {
			return taskyard.Invalid("at", "There is no event of this number: the task has %d.", t.LastSeq)
		}
	}
	past, when, err := ui.asOf(r.Context(), t, at)
	if err != nil {
		return err
	}
	l, err := ui.readLog(r.Context(), past, 0, replayRows)
	if err != nil {
		return err
	}
	p := ui.taskPage(r.Context(), past, l, when)
	p.Again, p.Follow, p.Cancel, p.Breaks = nil, false, nil, nil // they belong to the present
	doc, err := ui.store.Document(r.Context(), t.ID)
	if err != nil {
		return notHere(err)
	}
	p.Sources = sourcesOf(l.sources, nil)
	if past.Settled() && len(doc.Result) > 0 {
		p.Sources = sourcesOf(l.sources, citedBy(doc.Result))
		if p.Result, err = ui.viewResult(t, doc.Result, q.Get("view")); err != nil {
			return err
		}
		if !p.Runs() {
			p.Result.Real = nil
		}
	}
	if q.Get("part") == "frame" {
		return ui.render(w, http.StatusOK, "task", "task-frame", p)
	}
	p.layout, p.Request = ui.layout(r.Context(), "Replay of "+titleOf(t), "tasks"), ui.requestOf(t, doc.Request)
	p.Replay = &replay{TaskID: t.ID, Day: t.CreatedAt.UTC().Format("2 January 2006, 15:04 UTC"), At: at, Speeds: speeds}
	return ui.render(w, http.StatusOK, "task", "layout", p)
}

// recordedTimes is when each event of a task was heard, in order: event 1 first.
type recordedTimes struct {
	Created time.Time `json:"created"`
	Times   []int64   `json:"times"` // milliseconds since then
}

func (ui *UI) recording(w http.ResponseWriter, r *http.Request) error {
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	if t.LastSeq > maxRecording {
		return taskyard.Errorf(taskyard.CodeTooLarge, "This task has %d events; one of more than %d is not replayed.", t.LastSeq, maxRecording)
	}
	recorded := recordedTimes{Created: t.CreatedAt, Times: make([]int64, 0, t.LastSeq)}
	for after := int64(0); after < t.LastSeq; {
		events, err := ui.store.Events(r.Context(), t.Num, after, t.LastSeq, timelineRows, eventBytes)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return notHere(taskyard.ErrNotFound)
		}
		for _, ev := range events {
			recorded.Times = append(recorded.Times, ev.At.Sub(t.CreatedAt).Milliseconds())
		}
		after = events[len(events)-1].Seq
	}
	writeJSON(w, http.StatusOK, recorded)
	return nil
}
