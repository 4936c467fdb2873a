package webui

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// export serves a task as a file: the address of its page with an extension.
func (ui *UI) export(w http.ResponseWriter, r *http.Request, t taskyard.Task, extension string) error {
	switch extension {
	case "json":
		http.Redirect(w, r, "/task/"+t.ID, http.StatusSeeOther) // the API's
		return nil
	case "html":
		file, err := ui.pageFile(r.Context(), t)
		return sendFile(w, file, err, "taskyard-"+t.ID+".html", "text/html; charset=utf-8")
	case "md":
		file, err := ui.markdownFile(r.Context(), t)
		return sendFile(w, file, err, "taskyard-"+t.ID+".md", "text/markdown; charset=utf-8")
	case "csv":
		file, err := ui.tableFile(r.Context(), t, r.URL.Query().Get("field"))
		return sendFile(w, file, err, "taskyard-"+t.ID+"-table.csv", "text/csv; charset=utf-8")
	case "ndjson":
		return ui.exportEvents(w, r, t)
	default:
		return taskyard.Errorf(taskyard.CodeNotFound, "A task has no file with the ending .%s. There are .html, .md, .csv, .json and .ndjson.", extension)
	}
}

// sendFile sends a file that was made, or says why it was not.
func sendFile(w http.ResponseWriter, file []byte, err error, name, contentType string) error {
	if err != nil {
		return err
	}
	attachFile(w, name, contentType)
	_, _ = w.Write(file) //nolint:gosec // templates escape what is in it; the visitor may have gone: nobody is left to tell
	return nil
}

// exportedPage is all that a page of a task says, in one file that needs nothing else.
type exportedPage struct {
	Task     taskHead
	Status   string
	Input    string
	InputCut bool
	Request  string // as it was sent; "" shows none

	ShowRequest, ShowTimeline bool
	Trouble                   *trouble
	Warnings                  []warning
	Result                    *result
	Table                     *table // evidence too, where the result is a report
	Sources                   sources
	Timeline                  timeline
}

func (ui *UI) pageFile(ctx context.Context, t taskyard.Task) ([]byte, error) {
	doc, err := ui.store.Document(ctx, t.ID)
	if err != nil {
		return nil, notHere(err)
	}
	p, err := ui.exported(ctx, t, doc, ui.now())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	page, err := ui.views.get("export")
	if err != nil {
		return nil, err
	}
	if err := page.ExecuteTemplate(&b, "main", p); err != nil {
		return nil, fmt.Errorf("render export: %w", err)
	}
	return allowStyle(b.Bytes()), nil
}

// allowStyle names the one style of a page in its policy, so that no other is one. Both stand before all outside text.
func allowStyle(page []byte) []byte {
	_, rest, _ := bytes.Cut(page, []byte("<style>"))
	style, _, _ := bytes.Cut(rest, []byte("</style>"))
	sum := sha256.Sum256(style)
	return bytes.Replace(page, []byte("'sha256-'"), []byte("'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"), 1)
}

// exported is all that a page of a task says, at a time.
func (ui *UI) exported(ctx context.Context, t taskyard.Task, doc taskyard.Document, now time.Time) (exportedPage, error) {
	l, err := ui.readLog(ctx, t, 0, timelineRows)
	if err != nil {
		return exportedPage{}, err
	}
	p := exportedPage{
		Task: ui.head(t, now), Status: pillOf(t.Status).Word, Warnings: warningsOf(t.Warnings), Timeline: l.timeline, ShowRequest: true, ShowTimeline: true,
		Trouble: troubleOf(t, taskyard.FindUpstream(ui.service.Upstreams(), t.Upstream)), Sources: sourcesOf(l.sources, citedBy(doc.Result)),
	}
	p.Input, p.InputCut = inputOf(doc.Request)
	if len(doc.Result) > 0 {
		read, err := readResult(doc.Result)
		if err != nil {
			return p, err
		}
		if p.Result, err = ui.viewResult(t, doc.Result, chooseView("", read.Output)); err != nil {
			return p, err
		}
		p.Table = tableOf(read.Output)
	}
	return p, nil
}

// inputOf is what was asked, as text; an object as JSON.
func inputOf(request json.RawMessage) (text string, isCut bool) {
	var body struct {
		Input json.RawMessage `json:"input"`
	}
	if json.Unmarshal(request, &body) != nil {
		return "", false
	}
	if json.Unmarshal(body.Input, &text) != nil {
		return prettyJSON(body.Input)
	}
	return cutBytes(text, maxInline)
}

// markdownFile is the answer with what it is the answer to, and its sources, numbered once.
func (ui *UI) markdownFile(ctx context.Context, t taskyard.Task) ([]byte, error) {
	doc, err := ui.result(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	read, err := readResult(doc.Result)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n", escapeMarkdown(titleOf(t)))
	if ui.simulated(t.Upstream) {
		b.WriteString("> **SIMULATED.** Made up by the simulator: the text and its sources are not facts.\n\n")
	}
	fmt.Fprintf(&b, "%s, %s, %s\n\n", escapeMarkdown(t.Processor), escapeMarkdown(t.Upstream), t.CreatedAt.UTC().Format("2 January 2006, 15:04 UTC"))
	b.WriteString(reportOf(read.Output))
	writeEvidence(&b, read.Output.Basis)
	return b.Bytes(), nil
}

// writeEvidence writes why each field is what it is, and then each source once, by the number that fields name it by.
func writeEvidence(b *bytes.Buffer, basis []parallel.FieldBasis) {
	numbers := map[string]int{}
	var cited []parallel.Citation
	for i, field := range basis {
		if i == 0 {
			b.WriteString("\n\n## Evidence\n\n")
		}
		fmt.Fprintf(b, "- **%s** (confidence: %s)", escapeMarkdown(field.Field), escapeMarkdown(confidenceOf(field.Confidence).Word))
		for _, c := range field.Citations {
			if numbers[c.URL] == 0 {
				cited = append(cited, c)
				numbers[c.URL] = len(cited)
			}
			fmt.Fprintf(b, " [%d]", numbers[c.URL])
		}
		if field.Reasoning != "" {
			fmt.Fprintf(b, ": %s", escapeMarkdown(field.Reasoning))
		}
		b.WriteString("\n")
	}
	for i, c := range cited {
		if i == 0 {
			b.WriteString("\n## Sources\n\n")
		}
		l := linkTo(c.URL)
		switch {
		case l.URL == "":
			fmt.Fprintf(b, "%d. %s\n", i+1, escapeMarkdown(l.Text))
		default:
			fmt.Fprintf(b, "%d. [%s](<%s>)\n", i+1, escapeMarkdown(cmp.Or(c.Title, l.Text)), l.URL)
		}
		for _, excerpt := range c.Excerpts {
			fmt.Fprintf(b, "   > %s\n", escapeMarkdown(excerpt))
		}
	}
}

// exportEvents sends the log as it is stored. A log that breaks off in the middle breaks the connection, so that no file
// looks whole that is not.
func (ui *UI) exportEvents(w http.ResponseWriter, r *http.Request, t taskyard.Task) error {
	attachFile(w, "taskyard-"+t.ID+"-events.ndjson", "application/x-ndjson")
	if err := ui.writeEvents(r.Context(), w, t); err != nil {
		ui.log.Warn("export broke off", "task", t.Num, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// writeEvents writes a log, an event a line: {"seq","type","timestamp","simulated","data"}.
func (ui *UI) writeEvents(ctx context.Context, w io.Writer, t taskyard.Task) error {
	out := bufio.NewWriter(w)
	for after := int64(0); after < t.LastSeq; {
		events, err := ui.store.Events(ctx, t.Num, after, t.LastSeq, timelineRows, eventBytes)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		if len(events) == 0 {
			return notHere(taskyard.ErrNotFound)
		}
		for _, ev := range events {
			fmt.Fprintf(out, `{"seq":%d,"type":%s,"timestamp":%s,"simulated":%t,"data":%s}`+"\n",
				ev.Seq, encode(ev.Type), encode(ev.At.UTC()), ui.simulated(t.Upstream), compactJSON(ev.Data))
		}
		after = events[len(events)-1].Seq
	}
	return out.Flush()
}
