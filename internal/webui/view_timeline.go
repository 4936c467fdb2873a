package webui

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// timeline is one page of a task's log.
type timeline struct {
	TaskID  string
	Rows    []eventRow
	Created time.Time
	LastSeq int64     // the script goes on behind this one
	LastAt  time.Time // when the last row was heard
	Earlier int64     // seq to ask for what is before; 0 if there is nothing
	IsTail  bool      // this is the newest page
	Live    bool
	Total   int64
}

// log is what one pass over a page of events finds.
type log struct {
	timeline timeline
	sources  []string // addresses that were read, in order of first sight
	message  string   // the newest message of the run
	last     string   // the newest event in short
	heard    time.Time
}

// readLog reads the page of events before seq (0: the newest page), of so many rows. Only what is shown is kept of each
// event, so a page costs little even where an event holds a whole report.
func (ui *UI) readLog(ctx context.Context, t taskyard.Task, before int64, pageRows int64) (log, error) {
	upTo := t.LastSeq
	if before > 1 && before <= t.LastSeq {
		upTo = before - 1
	}
	after := max(upTo-pageRows, 0)
	l := log{timeline: timeline{
		TaskID: t.ID, Created: t.CreatedAt, IsTail: upTo == t.LastSeq, Live: !t.Settled() && upTo == t.LastSeq, Total: t.LastSeq,
	}}
	if after > 0 {
		l.timeline.Earlier = after + 1
	}
	seen := map[string]bool{}
	for after < upTo {
		events, err := ui.store.Events(ctx, t.Num, after, upTo, int(pageRows), eventBytes)
		if err != nil {
			return log{}, fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			break // deleted meanwhile
		}
		for _, ev := range events {
			l.add(ev, seen)
		}
		after = events[len(events)-1].Seq
	}
	l.timeline.LastSeq = after
	return l, nil
}

func (l *log) add(ev taskyard.Event, seen map[string]bool) {
	row := rowOf(ev, l.timeline.Created, l.heard)
	row.TaskID = l.timeline.TaskID
	l.timeline.Rows = append(l.timeline.Rows, row)
	l.heard, l.timeline.LastAt, l.last = ev.At, ev.At, row.inShort()
	if row.isMessage() {
		l.message = row.Text
	}
	if row.Group == "progress" {
		var data struct {
			Sources struct {
				Sample []string `json:"sources_read_sample"`
			} `json:"source_stats"`
		}
		_ = json.Unmarshal(ev.Data, &data) // what it could not read has no sources
		for _, address := range data.Sources.Sample {
			if !seen[address] && len(seen) < maxSources {
				seen[address] = true
				l.sources = append(l.sources, address)
			}
		}
	}
}
