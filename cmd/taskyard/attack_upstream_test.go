//go:build attack

package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// malicious is an upstream that does to each task what its input names.
type malicious struct {
	*testing.T
	wire *tripwire
	gzip string // an answer of 256 MiB, packed
	keys atomic.Int32
}

const maliciousRun = `{"run_id":"%s","interaction_id":"%[1]s","status":"%s","is_active":%t,"processor":"lite"}`

// does is what it answers to the create call, or, where that is "", to the events of the run, which bears the attack's name.
var does = map[string]struct {
	create, events func(h *malicious, w http.ResponseWriter, r *http.Request)
}{
	"sends the key on":       {create: func(h *malicious, w http.ResponseWriter, r *http.Request) { h.sendOn(w, r) }},
	"sends the key on later": {events: func(h *malicious, w http.ResponseWriter, r *http.Request) { h.sendOn(w, r) }},
	"sends round in circles": {create: func(_ *malicious, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}},
	"packs an answer":          {create: func(h *malicious, w http.ResponseWriter, _ *http.Request) { h.pack(w, "application/json") }},
	"packs events":             {events: func(h *malicious, w http.ResponseWriter, _ *http.Request) { h.pack(w, "text/event-stream") }},
	"says a page":              {create: say("text/html", "<html><script>alert(1)</script>")},
	"says nothing":             {create: say("application/json", "")},
	"says another type":        {events: say("application/octet-stream", "data: {}\n\n")},
	"has no name for the run":  {create: say("application/json", `{"status":"queued"}`)},
	"has a run that is a path": {create: say("application/json", fmt.Sprintf(maliciousRun, "../../../../x", "completed", false))},
	"has a run that is a host": {create: func(h *malicious, w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, maliciousRun, "//"+h.wire.host()+"/", "completed", false)
	}},
	"has a run of lines":    {create: say("application/json", fmt.Sprintf(maliciousRun, `a\r\nX-Evil: b`, "completed", false))},
	"has a run without end": {create: say("application/json", fmt.Sprintf(maliciousRun, strings.Repeat("x", 1<<20), "completed", false))},
	"nests":                 {events: say("text/event-stream", "data: "+strings.Repeat("[", 200_000)+strings.Repeat("]", 200_000)+"\n\n")},
	"sends one endless event": {events: func(_ *malicious, w http.ResponseWriter, _ *http.Request) {
		flood(w, "data: ", strings.Repeat("x", 1<<16), 64<<20)
	}},
	"sends one endless line": {events: func(_ *malicious, w http.ResponseWriter, _ *http.Request) {
		flood(w, "", strings.Repeat("x", 1<<16), 64<<20)
	}},
	"sends comments": {events: func(_ *malicious, w http.ResponseWriter, _ *http.Request) {
		flood(w, "", strings.Repeat(": x\n", 1<<14), 64<<20)
	}},
	"names events like ours":    {events: say("text/event-stream", "event: gone\nid: 99\ndata: {\"type\":\"x\\n\\nevent: gone\\ndata: {}\\n\\n\",\"id\":\"y\"}\n\n")},
	"sends lines within events": {events: say("text/event-stream", "data: {\"type\":\"x\",\ndata: \"a\":\"b\"}\ndata:\n\n")},
	"has formulas":              {},
}

func say(kind, text string) func(*malicious, http.ResponseWriter, *http.Request) {
	return func(_ *malicious, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text)
	}
}

func flood(w io.Writer, begin, part string, size int) {
	_, err := io.WriteString(w, begin)
	for n := 0; n < size && err == nil; n += len(part) {
		_, err = io.WriteString(w, part)
	}
}

func (h *malicious) sendOn(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "http://"+h.wire.host()+r.URL.Path, http.StatusTemporaryRedirect)
}

func (h *malicious) pack(w http.ResponseWriter, kind string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = io.WriteString(w, h.gzip)
}

func (h *malicious) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") == "key-for-upstream" {
		h.keys.Add(1)
	}
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		for name, what := range does {
			if !strings.Contains(string(body), fmt.Sprintf("%q", name)) {
				continue
			}
			if what.create != nil {
				what.create(h, w, r)
				return
			}
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprintf(w, maliciousRun, "trun_"+strings.ReplaceAll(name, " ", "-"), "queued", true)
		}
		return
	}
	name := strings.ReplaceAll(strings.TrimPrefix(strings.Split(r.URL.Path, "/")[min(4, strings.Count(r.URL.Path, "/"))], "trun_"), "-", " ")
	switch what := does[name]; {
	case strings.HasSuffix(r.URL.Path, "/events") && what.events != nil:
		w.Header().Set("Content-Type", "text/event-stream")
		what.events(h, w, r)
	case strings.HasSuffix(r.URL.Path, "/result"):
		output := `{"type":"json","content":{"=cmd|' /C calc'!A0":"=1+1","a":["+1","-1","@SUM(1)","\t=1","＝1","\r=1"],"rows":[{"=x":"=HYPERLINK(\"http://evil.example\")"}]},"basis":[{"field":"a","reasoning":"=1","confidence":"@x","citations":[{"url":"=1"}]}]}`
		_, _ = fmt.Fprintf(w, `{"run":`+maliciousRun+`,"output":%s}`, "trun_"+strings.ReplaceAll(name, " ", "-"), "completed", false, output)
	default:
		_, _ = fmt.Fprintf(w, maliciousRun, "trun_"+strings.ReplaceAll(name, " ", "-"), "completed", false)
	}
}

// Whatever upstream does, the key goes to it alone, memory is bounded, other tasks go on, and readers see one event as one.
func TestAttackByUpstream(t *testing.T) {
	t.Parallel()
	h := &malicious{T: t, wire: newTripwire(t), gzip: zeros(256 << 20)}
	upstream := httptest.NewServer(h)
	t.Cleanup(func() { upstream.CloseClientConnections(); upstream.Close() })
	g := aim(t, "open", "--upstream", upstream.URL)
	ids := map[string]string{}
	g.costs("a hostile upstream", most{memory: 700, cpu: time.Minute}, func() {
		for name := range does {
			var made struct{ TaskID string }
			g.json(g.call("POST", "/api/tasks", fmt.Sprintf(`{"apiKey":"key-for-upstream","upstream":"parallel","processor":"lite","input":%q}`, name)), &made)
			ids[name] = made.TaskID
		}
		g.ended(ids["has formulas"])
		good := g.task(`"input":"x"`)
		g.ended(good)
		for name, id := range ids {
			moved := ""
			await(t, "that upstream is heard", func() bool {
				moved = g.call("GET", "/api/tasks/"+id, "").body
				return !strings.Contains(moved, `"phase":"waiting"`) && !strings.Contains(moved, `"phase":"submitting"`)
			}, func() string { return name + ": " + moved })
			for _, path := range []string{"/tasks/" + id, "/task/" + id, "/tasks/" + id + ".html", "/tasks/" + id + "/raw", "/tasks?q=x"} {
				if a := g.call("GET", path, ""); a.status >= 500 || strings.Contains(a.body, "key-for-upstream") || a.header.Get("X-Evil") != "" {
					t.Errorf("%s: %s is %d", name, path, a.status)
				}
			}
		}
	})
	g.lives("upstream's attacks")
	if n := h.wire.trips.Load(); n != 0 || h.keys.Load() == 0 {
		t.Errorf("the key went %d times to upstream and %d times elsewhere", h.keys.Load(), n)
	}
	if strings.Contains(g.said.String(), "key-for-upstream") || strings.Contains(g.said.String(), "panic") {
		t.Errorf("the log has what it should not: %.2000s", g.said)
	}
	g.framesAreOurs(ids["names events like ours"])
	g.framesAreOurs(ids["sends lines within events"])
	g.cellsAreNoFormulas(ids["has formulas"])
}

// framesAreOurs reads the stream of a task: what upstream said is within data, and names nothing.
func (g *target) framesAreOurs(id string) {
	g.Helper()
	g.ended(id)
	a := g.call("GET", "/api/tasks/"+id+"/events", "")
	names := map[string]int{}
	for lines := bufio.NewScanner(strings.NewReader(a.body)); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			names[value]++
		case "", "id", "data", "retry":
		default:
			g.Errorf("a field of %.60q", lines.Text())
		}
	}
	if names["gone"] > 0 || names["end"] != 1 || len(names) != 1 || strings.Count(a.body, "id: 99") > 0 {
		g.Errorf("the stream says %v: %.800s", names, a.body)
	}
}

// cellsAreNoFormulas reads the tables that a spreadsheet would open.
func (g *target) cellsAreNoFormulas(id string) {
	g.Helper()
	for _, path := range []string{"/tasks/" + id + "/table.csv", "/tasks/" + id + ".csv", "/tasks/" + id + "/table.csv?field=rows"} {
		a := g.call("GET", path, "")
		if !strings.HasPrefix(a.header.Get("Content-Disposition"), `attachment; filename="taskyard-`+id) {
			g.Errorf("%s is called %q", path, a.header.Get("Content-Disposition"))
		}
		rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
		if err != nil || len(rows) < 2 {
			g.Fatalf("%s: %v %s", path, err, a.body)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell = strings.TrimLeft(cell, " \t\r\n"); cell != "" && strings.ContainsAny(cell[:1], "=+-@") || strings.HasPrefix(cell, "＝") {
					g.Errorf("%s has the formula %q", path, cell)
				}
			}
		}
	}
}
