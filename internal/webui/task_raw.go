package webui

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/taskyard/taskyard"
)

// rawPage is a page of a task's log as it is stored.
type rawPage struct {
	layout
	TaskID  string
	Rows    []rawRow
	Earlier int64 // seq to ask for what is before; 0 if there is nothing
	IsTail  bool  // nothing that is stored comes after
	Live    bool
}

type rawRow struct {
	TaskID string
	Seq    int64
	At     time.Time
	Type   string
	Data   string
	IsCut  bool
}

// raw serves the events as upstream sent them, the newest or those before ?before=.
func (ui *UI) raw(w http.ResponseWriter, r *http.Request) error {
	t, err := ui.store.Task(r.Context(), r.PathValue("id"))
	if err != nil {
		return notHere(err)
	}
	upTo := t.LastSeq
	if before, _ := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64); before > 1 && before <= upTo { // others: the newest
		upTo = before - 1
	}
	p := rawPage{layout: ui.layout(r.Context(), "Raw events of "+titleOf(t), "tasks"), TaskID: t.ID, IsTail: upTo == t.LastSeq, Live: !t.Settled()}
	after := max(upTo-rawRows, 0)
	if after > 0 {
		p.Earlier = after + 1
	}
	for after < upTo {
		events, err := ui.store.Events(r.Context(), t.Num, after, upTo, rawRows, eventBytes)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			break // deleted meanwhile
		}
		for _, ev := range events {
			p.Rows = append(p.Rows, rawRowOf(t.ID, ev))
		}
		after = events[len(events)-1].Seq
	}
	return ui.render(w, http.StatusOK, "raw", "layout", p)
}

func rawRowOf(id string, ev taskyard.Event) rawRow {
	row := rawRow{TaskID: id, Seq: ev.Seq, At: ev.At, Type: ev.Type}
	row.Data, row.IsCut = cutBytes(string(ev.Data), maxRaw)
	return row
}
