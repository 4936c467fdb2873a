package webui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// markup stands in the stored JSON where a text could become part of the page.
const markup = "<zz9 onclick=x>"

// Whatever upstream's JSON is, each page that shows it is whole, and what it says stays text.
func FuzzStoredJSON(f *testing.F) {
	type stored struct{ kind, event, result, request string }
	for _, s := range []stored{
		{"task_run.progress_msg.plan", `{"type":"task_run.progress_msg.plan","message":"` + markup + `","timestamp":null}`, string(gallery.Report()), `{"processor":"pro","input":"` + markup + `"}`},
		{"task_run.progress_stats", `{"source_stats":{"num_sources_read":"` + markup + `","sources_read_sample":["javascript:` + markup + `",3,null]},"progress_meter":1e400}`, `{"run":{},"output":{"type":"json","content":{"` + markup + `":[{"a":"` + markup + `"},[1,[2]],null]},"basis":[{"field":"` + markup + `","citations":[{"url":"javascript:1","title":"` + markup + `","excerpts":["` + markup + `"]}],"confidence":"` + markup + `"}]}}`, `{"input":[1,2]}`},
		{"task_run.state", `{"run":{"status":"` + markup + `","error":{"message":"` + markup + `"}}}`, `{"run":{"warnings":[{"message":"` + markup + `"}]},"output":{"type":"text","content":"# ` + markup + `\n\n[x](javascript:1) ![y](https://a/` + markup + `)","basis":null}}`, `null`},
		{"taskyard.settled", `{"status":7,"error":"` + markup + `"}`, `{"output":{"content":[],"basis":{"field":1},"output_schema":{"` + markup + `":1},"mcp_tool_calls":[{"tool_name":"` + markup + `","error":"` + markup + `"}]}}`, `[]`},
		{"error", `"` + markup + `"`, `[]`, `7`}, {"", `null`, `null`, `""`}, {markup, `[[[[]]]]`, `{"output":{"content":"","type":"` + markup + `"}}`, `{"task_spec":"` + markup + `"}`},
	} {
		f.Add(s.kind, []byte(s.event), []byte(s.result), []byte(s.request))
	}
	f.Fuzz(func(t *testing.T, kind string, event, result, request []byte) {
		if !utf8.ValidString(kind) || !json.Valid(event) || !json.Valid(result) || !json.Valid(request) ||
			!utf8.Valid(event) || !utf8.Valid(result) || !utf8.Valid(request) {
			return // the store does not take it
		}
		task := taskyard.Task{
			ID: "one", Status: taskyard.Status(kind), Processor: kind, Upstream: "parallel", Mode: "json", Preview: kind, CreatedAt: noon, UpdatedAt: noon,
			CompletedAt: noon.Add(time.Minute), Warnings: event, Error: &taskyard.TaskError{Message: kind, RefID: kind, Detail: event, Hint: kind},
		}
		s := newSite(t, gallery.Fixture{
			Task: task, Document: taskyard.Document{Request: request, Result: result},
			Events: []taskyard.Event{{Seq: 1, Type: kind, Data: event, At: noon}, {Seq: 2, Type: kind, Data: event, At: noon}},
		})
		for _, path := range []string{
			"/tasks", "/tasks/one", "/tasks/one?view=table", "/tasks/one?view=json", "/tasks/one?view=request", "/?from=one",
			"/tasks/one/result.json", "/tasks/one/report.md", "/tasks/one/table.csv", "/tasks/one/events/2",
		} {
			a := s.get(path)
			if a.StatusCode >= 500 {
				t.Errorf("%s answers %d: %s", path, a.StatusCode, a.body)
			}
			if strings.Contains(a.Header.Get("Content-Type"), "html") && strings.Contains(a.body, "<zz9") {
				t.Errorf("%s has the text as markup", path)
			}
		}
	})
}
