//go:build browser

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// vectors reads the attacks of testdata/xss.json. Each has its number: @@ stands for a script that tells it, @# for Zq
// and the number, {300*x} for 300 times x.
func vectors(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../../internal/webui/testdata/xss.json")
	if err != nil {
		t.Fatal(err)
	}
	var byContext map[string][]string
	if err := json.Unmarshal(raw, &byContext); err != nil {
		t.Fatal(err)
	}
	repeated := regexp.MustCompile(`\{(\d+)\*([^}]+)\}`)
	var list []string
	for _, context := range []string{
		"html", "attribute", "rawtext", "script", "json", "url", "markdown", "mutation", "clobbering", "css", "unicode", "long", "header",
	} {
		for _, v := range byContext[context] {
			v = repeated.ReplaceAllStringFunc(v, func(s string) string {
				of := repeated.FindStringSubmatch(s)
				n, _ := strconv.Atoi(of[1]) // it is digits
				return strings.Repeat(of[2], n)
			})
			n := strconv.Itoa(len(list))
			list = append(list, strings.NewReplacer("@@", "window.__tripped="+n, "@#", "Zq"+n).Replace(v))
		}
		delete(byContext, context)
	}
	if len(list) < 150 || len(byContext) > 0 {
		t.Fatalf("%d vectors; contexts that are not known: %v", len(list), byContext)
	}
	return list
}

// short are the vectors of at most n characters that have none of some signs.
func short(list []string, n int, without string) []string {
	var fit []string
	for _, v := range list {
		if len(v) <= n && !strings.ContainsAny(v, without) {
			fit = append(fit, v)
		}
	}
	return fit
}

// packed joins vectors to texts of at most n bytes; longer ones are left out.
func packed(list []string, n int) []string {
	var texts []string
	text := ""
	for _, v := range short(list, n, "") {
		if text != "" && len(text)+1+len(v) > n {
			texts, text = append(texts, text), ""
		}
		text = strings.TrimPrefix(text+" "+v, " ")
	}
	return append(texts, text)
}

// plainJSON writes JSON as an upstream may that escapes no more than it must.
func plainJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // it is made of maps and texts
	}
	return bytes.TrimSpace(b.Bytes())
}

type object = map[string]any

// hostile is an upstream of which every text is an attack. What a run says is chosen by its metadata: kind.
type hostile struct {
	list []string
	mu   sync.Mutex // guards runs
	runs map[string]*hostileRun
}

type hostileRun struct {
	id, kind string
	n        int           // the run's place among those of its kind
	live     bool          // it waits for what follows
	more     chan struct{} // closed: the other events come
	end      chan struct{} // closed: it ends
}

func newHostile(t *testing.T, list []string) (*hostile, string) {
	t.Helper()
	h := &hostile{list: list, runs: map[string]*hostileRun{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/tasks/runs", h.create)
	mux.HandleFunc("GET /v1/tasks/runs/{id}", h.of(func(w http.ResponseWriter, _ *http.Request, r *hostileRun) { answer(w, h.run(r, r.status())) }))
	mux.HandleFunc("GET /v1/tasks/runs/{id}/input", h.of(h.input))
	mux.HandleFunc("GET /v1/tasks/runs/{id}/result", h.of(func(w http.ResponseWriter, req *http.Request, r *hostileRun) {
		select {
		case <-r.end:
			answer(w, object{"run": h.run(r, r.status()), "output": h.output(r)})
		case <-req.Context().Done():
		}
	}))
	mux.HandleFunc("GET /v1/tasks/runs/{id}/events", h.of(h.events))
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return h, server.URL
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(plainJSON(v)) // who has gone needs no answer
}

func (h *hostile) create(w http.ResponseWriter, req *http.Request) {
	var in struct{ Metadata map[string]string }
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r := h.add("", in.Metadata["kind"])
	answer(w, h.run(r, r.status()))
}

// add makes a run; the id of one that is made here is an attack too.
func (h *hostile) add(id, kind string) *hostileRun {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range h.runs {
		if r.kind == kind {
			n++
		}
	}
	if id == "" {
		id = "trun_" + short(h.list, 200, "")[n%400] + kind + strconv.Itoa(n)
	}
	r := &hostileRun{id: id, kind: kind, n: n, more: make(chan struct{}), end: make(chan struct{}), live: kind == "live"}
	if !r.live {
		close(r.more)
		close(r.end)
	}
	h.runs[id] = r
	return r
}

func (h *hostile) only(kind string) *hostileRun {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.runs {
		if r.kind == kind {
			return r
		}
	}
	return nil
}

func (h *hostile) of(serve func(http.ResponseWriter, *http.Request, *hostileRun)) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		h.mu.Lock()
		r := h.runs[req.PathValue("id")]
		h.mu.Unlock()
		if r == nil {
			http.NotFound(w, req)
			return
		}
		serve(w, req, r)
	}
}

func (r *hostileRun) status() string {
	select {
	case <-r.end:
		return map[bool]string{true: "failed", false: "completed"}[r.kind == "failed" || r.kind == "row"]
	default:
		return "running"
	}
}

func (h *hostile) run(r *hostileRun, status string) object {
	v := h.list[r.n%len(h.list)]
	now := time.Now().UTC().Format(time.RFC3339Nano)
	run := object{
		"run_id": r.id, "interaction_id": "i " + v, "status": status, "is_active": status == "running", "processor": v, "created_at": now, "modified_at": now,
		"metadata": object{"kind": r.kind, v: v},
	}
	if status == "failed" {
		texts := packed(h.list, 4000)
		text := texts[r.n%len(texts)]
		run["error"] = object{"message": text, "ref_id": v, "detail": object{"field": v, v: text}}
	}
	if r.kind == "failed" {
		var warnings []object
		for _, v := range packed(h.list, 1900) { // a page has the first 50
			warnings = append(warnings, object{"type": v, "message": v, "detail": object{"field": v, v: v}})
		}
		run["warnings"] = warnings
	}
	return run
}

// input is what an imported run was made with.
func (h *hostile) input(w http.ResponseWriter, _ *http.Request, r *hostileRun) {
	v := h.list[r.n%len(h.list)]
	answer(w, object{"processor": "pro", "input": object{v: v}, "metadata": object{"kind": "row", v: v}, "task_spec": object{"output_schema": v}})
}

// events plays what a run of its kind says.
func (h *hostile) events(w http.ResponseWriter, req *http.Request, r *hostileRun) {
	w.Header().Set("Content-Type", "text/event-stream")
	say := func(data object) { fmt.Fprintf(w, "event: %v\ndata: %s\n\n", "x", plainJSON(data)) }
	flush := func() { _ = http.NewResponseController(w).Flush() } // who has gone is noticed below
	say(object{"type": "task_run.state", "run": h.run(r, "running")})
	if r.live || r.kind == "fields" {
		list := h.trace()
		for i, e := range list {
			if i == len(list)/2 {
				flush()
				select {
				case <-r.more:
				case <-req.Context().Done():
					return
				}
			}
			say(e)
		}
	}
	flush()
	select {
	case <-r.end:
	case <-req.Context().Done():
		return
	}
	final := object{"type": "task_run.state", "run": h.run(r, r.status())}
	if r.status() == "completed" {
		final["output"] = h.output(r)
	}
	say(final)
}

// trace has each vector as a message and the kind of it, as an event of a kind that nobody knows, as an error, and among
// the sources.
func (h *hostile) trace() []object {
	var list []object
	var sources []string
	for i, v := range h.list {
		sources = append(sources, v, "https://host.example/"+v, "https://host.example/?q="+v, "https://"+v+"/")
		list = append(list, object{"type": "task_run.progress_msg." + v, "message": v, "timestamp": v})
		switch i % 3 { // a page holds 2,000 rows
		case 0:
			list = append(list, object{"type": v, "message": v, v: []any{v, object{v: v}}})
		case 1:
			list = append(list, object{"type": "error", "error": object{"message": v, "ref_id": v, "detail": object{v: v}}})
		default:
			list = append(list, object{"type": "task_run.state", "run": object{"status": "zz " + v, "error": object{"message": v, "ref_id": v}}})
		}
		if len(sources) >= 300 || i == len(h.list)-1 {
			list = append(list, object{"type": "task_run.progress_stats", "progress_meter": i % 100, "source_stats": object{"num_sources_considered": i, "num_sources_read": i, "sources_read_sample": sources}})
			sources = nil
		}
	}
	for _, name := range []string{"constructor", "__proto__", "toString", "hasOwnProperty", "valueOf"} {
		list = append(list, object{"type": "task_run.progress_msg." + name, "message": "named like what every object has"}, object{"type": name, "message": name})
	}
	return append(list, object{"type": "task_run.progress_msg.plan", "message": "the last message"})
}

func (h *hostile) output(r *hostileRun) object {
	if n, isReport := strings.CutPrefix(r.kind, "report"); isReport {
		part, _ := strconv.Atoi(n) // reports has made it
		list := h.reports()[part]
		return object{"type": "text", "content": report(list), "basis": []any{h.basis("output", list)}}
	}
	return h.fields()
}

// basis is the evidence of a field, with an attack in each place.
func (h *hostile) basis(field string, list []string) object {
	var citations []object
	for _, v := range list {
		for _, url := range []string{v, "https://host.example/" + v, "https://host.example/?q=" + v, "https://" + v + "/"} {
			citations = append(citations, object{"url": url, "title": v, "excerpts": []string{v}})
		}
	}
	return object{"field": field, "reasoning": strings.Join(list, " "), "confidence": list[0], "citations": citations}
}

// reports are the vectors in as many parts as are rendered as Markdown: what has too many signs of it is shown as it is.
func (h *hostile) reports() [][]string { return slices.Collect(slices.Chunk(h.list, 100)) }

// report has each vector alone, within a quotation (where what it opens ends), and in each place that Markdown has.
func report(list []string) string {
	var b strings.Builder
	for i, v := range list {
		fmt.Fprintf(&b, "\n\n## %d\n\n> %s\n\n", i, strings.ReplaceAll(v, "\n", "\n> "))
		line := strings.NewReplacer("\n", " ", "\r", " ").Replace(v)
		if len(line) > 300 {
			continue
		}
		fmt.Fprintf(&b, "> x %s y [a](%s) [b](<%s>) [c](https://host.example/ \"%s\") ![d](%s) <%s>\n\n", line, line, line, line, line, line)
		fmt.Fprintf(&b, "> # %s\n\n> | a | %s |\n> |---|---|\n> | `%s` | %s |\n\n> ```%s\n> %s\n> ```\n\n> [e%d]: %s \"%s\"\n>\n> [e%d]\n\n> <a href=\"%s\">x</a>\n\n", line, line, line, line, line, line, i, line, line, i, line)
	}
	b.WriteString("\n\nSee [1] and [2].\n\n## References\n\n1. [One](https://host.example/?q=<script>)\n2. [Two <script>window.__tripped=1</script>](https://host.example/2)\n")
	return b.String()
}

// fields has each vector as a name, a value, a column, a list's element, a key of an object in an object, and the evidence
// of its field.
func (h *hostile) fields() object {
	content, basis, rows := object{}, []any{}, []any{}
	for i, v := range h.list {
		content[v] = v
		if i%40 == 0 {
			rows = append(rows, object{})
		}
		rows[len(rows)-1].(object)[v] = v
		basis = append(basis, h.basis(v, []string{v}))
	}
	content["list"], content["rows"] = h.list, rows
	content["deep"] = object{h.list[0]: object{h.list[1]: []any{h.list[2], object{h.list[3]: h.list[4]}}}}
	content["links"] = []any{"javascript:window.__tripped=1", "https://host.example/?\"onfocus=x", "http://host.example/<script>"}
	for _, name := range []string{"__proto__", "constructor", "toString"} {
		content[name] = object{"tripped": name}
	}
	var calls []any
	for i := 0; i < len(h.list); i += 8 {
		v := h.list[i]
		calls = append(calls, object{"tool_call_id": v, "server_name": v, "tool_name": v, "arguments": v, "content": v, "error": v})
	}
	return object{"type": "json", "content": content, "basis": basis, "mcp_tool_calls": calls, "output_schema": object{"json_schema": schemaOf(h.list)}}
}

// schemaOf has each vector as a name, a description and a value.
func schemaOf(list []string) object {
	properties := object{}
	for i, v := range list {
		properties[v] = []object{
			{"type": "string", "description": v},
			{"type": []string{"string", "null"}, "enum": []any{v, "b", nil}, "description": v},
			{"type": "object", "description": v, "properties": object{v: object{"type": v, "description": v}}},
		}[i%3]
	}
	properties["__proto__"] = object{"type": "object", "properties": object{"tripped": object{"type": "string"}}}
	return object{"type": "object", "description": list[0], "properties": properties, "required": list, "additionalProperties": false}
}
