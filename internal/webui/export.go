package webui

import (
	"bufio"
	"fmt"
	"net/http"

	"github.com/taskyard/taskyard"
)

// export serves a task as a file: the address of its page with an extension.
func (ui *UI) export(w http.ResponseWriter, r *http.Request, t taskyard.Task, extension string) error {
	if extension == "ndjson" {
		return ui.exportEvents(w, r, t)
	}
	return taskyard.Errorf(taskyard.CodeNotFound, "A task has no file with the ending .%s.", extension)
}

// exportEvents sends the log as it is stored, an event a line: {"seq","type","timestamp","simulated","data"}. A log
// that breaks off in the middle breaks the connection, so that no file looks whole that is not.
func (ui *UI) exportEvents(w http.ResponseWriter, r *http.Request, t taskyard.Task) error {
	attachFile(w, "taskyard-"+t.ID+"-events.ndjson", "application/x-ndjson")
	out := bufio.NewWriter(w)
	for after := int64(0); after < t.LastSeq; {
		events, err := ui.store.Events(r.Context(), t.Num, after, t.LastSeq, timelineRows, eventBytes)
		if err != nil || len(events) == 0 {
			ui.log.Warn("export broke off", "task", t.Num, "error", err)
			panic(http.ErrAbortHandler)
		}
		for _, ev := range events {
			fmt.Fprintf(out, `{"seq":%d,"type":%s,"timestamp":%s,"simulated":%t,"data":%s}`+"\n",
				ev.Seq, encode(ev.Type), encode(ev.At.UTC()), ui.simulated(t.Upstream), compactJSON(ev.Data))
		}
		after = events[len(events)-1].Seq
	}
	_ = out.Flush() // the visitor has gone: nobody is left to tell
	return nil
}
