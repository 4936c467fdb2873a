//go:build browser

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// attacked is a server on which every text from outside is an attack: what its upstream says, what its users type, and
// what addresses ask for.
type attacked struct {
	*process
	t    *testing.T
	list []string // the vectors
	up   *hostile
	ids  map[string]string // of the tasks that are looked at, by the kind of their runs
	rows []string          // ids of the tasks of which the list is made

	visitor *http.Cookie // of whoever has no token; nil is the operator
}

// Nothing that anybody says becomes more than text, wherever a page shows it: with scripts and without, while a task runs
// and after it, in the list, in the form, and in a page that is saved.
func TestXSS(t *testing.T) {
	t.Parallel()
	list := vectors(t)
	up, address := newHostile(t, list)
	p := start(t, []string{"TASKYARD_OPERATOR_TOKEN=" + operatorOfXSS}, "serve", "--addr", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "t.db"), "--upstream", address,
		"--access", "token", "--token-limits", "pace=0", "--visitor-limits", "pace=0", "--sign-in", "simulator", "--allow-host", "tasks.example.com")
	p.bearer = operatorOfXSS
	s := &attacked{process: p, t: t, list: list, up: up, ids: map[string]string{}}
	kinds := []string{"live", "fields", "failed", "schema"}
	for i := range up.reports() {
		kinds = append(kinds, fmt.Sprint("report", i))
	}
	for _, kind := range kinds {
		s.ids[kind] = s.send(kind, s.request(kind))
	}
	b := openBrowser(t)
	b.open(p.base + "/sign-in")
	b.run(`document.querySelector("[name=token]").value = "` + operatorOfXSS + `"`)
	b.click("main .main-button")
	b.wait(`location.pathname === "/"`)
	a := armed(b, p.base)
	home := armed(b.another(), p.base)
	home.visit("/")
	home.wait(`document.querySelector("ty-connection .conn")?.dataset.state === "live"`)
	s.fill()
	s.watch(a)
	home.wait(`document.querySelectorAll(".home-recent .row").length >= 20`)
	home.quiet("the first page, live")
	for _, kind := range kinds {
		p.finished(s.ids[kind])
	}
	other := armed(b.another(), p.base)
	stranger, provider := b.apart(), b.another()
	t.Run("with scripts", func(t *testing.T) {
		t.Parallel()
		s := s.on(t)
		a.hand(t)
		a.visit("/tasks/" + s.ids["report5"] + "?view=table")
		a.run(`document.querySelector("#result details.evidence").open = true`)
		if turned := a.text(turnedHosts); turned != "of many: " {
			t.Errorf("hosts are written from right to left: %s", turned)
		}
		for _, step := range s.walk() {
			s.look(a, step, true)
		}
		s.save(a)
	})
	t.Run("without scripts", func(t *testing.T) {
		t.Parallel()
		s := s.on(t)
		other.hand(t)
		s.ask(other)
		other.scripts(false)
		for _, step := range s.walk() {
			s.look(other, step, false)
		}
	})
	t.Run("headers", func(t *testing.T) {
		t.Parallel()
		s := s.on(t)
		s.sendHeaders()
		s.sendHosts()
		s.sendCallbacks()
	})
	t.Run("an open server", func(t *testing.T) {
		t.Parallel()
		s.on(t).visitOpen(stranger, address)
	})
	t.Run("names of applications", func(t *testing.T) {
		t.Parallel()
		s.on(t).askProvider(provider)
	})
}

// on is the same for a part of the test.
func (s *attacked) on(t *testing.T) *attacked {
	t.Helper()
	other := *s
	other.t = t
	return &other
}

// request is a task of a kind, with all vectors in each of its fields.
func (s *attacked) request(kind string) object {
	typed := s.typed()
	all := strings.Join(typed, " ")
	body := object{"apiKey": "key-" + kind, "processor": "pro", "input": all, "metadata": object{"kind": kind}}
	if kind != "schema" {
		return body
	}
	input, metadata := object{}, object{"kind": kind}
	for i, v := range typed {
		if input[v] = v; i%2 == 0 { // a form has at most 1,000 fields
			metadata[v] = v
		}
	}
	var servers []object
	for _, v := range short(typed, 60, "")[:10] {
		servers = append(servers, object{"type": "url", "name": v, "url": "https://host.example/" + v, "allowed_tools": []string{v}, "headers": object{"x": v}})
	}
	body["input"], body["metadata"], body["mcp_servers"], body["previous_interaction_id"] = input, metadata, servers, all
	body["task_spec"] = object{"input_schema": object{"type": "json", "json_schema": schemaOf(typed)}, "output_schema": object{"type": "json", "json_schema": schemaOf(typed)}}
	body["source_policy"] = object{"include_domains": typed, "exclude_domains": typed, "after_date": s.list[0]}
	body["advanced_settings"] = object{"location": s.list[1]}
	body["odd"] = object{"names": typed}
	return body
}

// typed are the vectors that a request can hold: a NUL is refused.
func (s *attacked) typed() []string { return short(s.list, 1<<20, "\x00") }

func (s *attacked) send(kind string, body object) string {
	s.t.Helper()
	resp, err := s.do(http.MethodPost, "/api/tasks", "application/json", string(plainJSON(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	var made struct{ TaskID string }
	if err != nil || json.Unmarshal(raw, &made) != nil || resp.StatusCode != http.StatusCreated {
		s.t.Fatalf("%s: %d %s, %v", kind, resp.StatusCode, raw, err)
	}
	return made.TaskID
}

// fill makes the rows of the list, which fail, with titles and tags, templates of one's own, links, tokens, and runs
// that are imported.
func (s *attacked) fill() {
	s.t.Helper()
	texts, tags, names := packed(s.typed(), 200), short(s.typed(), 40, ","), short(s.typed(), 200, "")
	s.rows = make([]string, len(texts))
	var wg sync.WaitGroup
	for i, text := range texts {
		s.rows[i] = s.send("row", object{"apiKey": fmt.Sprint("key-", i%4), "processor": names[i], "input": text, "metadata": object{"kind": "row", names[i]: text}})
		wg.Go(func() {
			from := 20 * i % len(tags)
			s.patch(s.rows[i], object{"title": text, "tags": tags[from:min(from+20, len(tags))]})
			s.form("/tasks/"+s.rows[i]+"/template", url.Values{"name": {text}})
			if i < 20 {
				s.form("/tasks/"+s.rows[i]+"/share", url.Values{"part": {"result"}, "days": {"0"}})
			}
		})
	}
	for i := range 20 {
		run := s.up.add(fmt.Sprintf("trun_%d", i), "row")
		wg.Go(func() {
			s.form("/tasks/import", url.Values{"run": {run.id}, "api_key": {"key"}, "upstream": {"parallel"}})
		})
	}
	for _, name := range packed(short(s.typed(), 80, ""), 80)[:mostTokens] {
		wg.Go(func() {
			s.expect(s.do(http.MethodPost, "/api/tokens", "application/json", string(plainJSON(object{"name": name, "role": "view"}))))
		})
	}
	wg.Wait()
}

func (s *attacked) patch(id string, body object) {
	s.expect(s.do(http.MethodPatch, "/api/tasks/"+id, "application/json", string(plainJSON(body))))
}

func (s *attacked) form(path string, values url.Values) {
	s.expect(s.do(http.MethodPost, path, asForm, values.Encode()))
}

func (s *attacked) expect(resp *http.Response, err error) {
	if err != nil {
		s.t.Error(err)
		return
	}
	defer resp.Body.Close()
	if raw, err := io.ReadAll(resp.Body); resp.StatusCode >= 300 || err != nil {
		s.t.Errorf("%s %s: %d %.500s", resp.Request.Method, resp.Request.URL, resp.StatusCode, raw)
	}
}

// vectorsShown tells how many vectors are somewhere on the page, as text or in a field.
const vectorsShown = `new Set([...[document.documentElement.outerHTML, ...[...document.querySelectorAll("input, textarea")].map((f) => f.value)].join("\n")
	.matchAll(/(?:__tripped=|Zq)(\d+)/g)].map(([, n]) => n)).size`

// watch looks at a task while it runs: events come while the page is open, then its end.
func (s *attacked) watch(a *alarm) {
	s.t.Helper()
	run := s.up.only("live")
	a.visit("/tasks/" + s.ids["live"])
	a.wait(status + ` !== "completed" && document.querySelectorAll(".event").length > 100`)
	close(run.more)
	a.wait(`[...document.querySelectorAll(".log .event")].slice(-4).some((e) => e.textContent.includes("the last message"))`)
	s.present(a, "a task that runs", len(s.list))
	a.quiet("a task that runs")
	close(run.end)
	a.wait(status + ` === "completed" && document.querySelector("#result .value-field")`)
	a.quiet("a task that has ended while it was watched")
}

// present fails where fewer vectors are on a page than belong there: a page without any would be quiet too.
func (s *attacked) present(a *alarm, where string, want int) {
	s.t.Helper()
	if n := a.text(vectorsShown); !atLeast(n, want) {
		s.t.Errorf("%s: %s of %d vectors are there", where, n, want)
	}
}

func atLeast(text string, want int) bool {
	var n int
	_, err := fmt.Sscan(text, &n)
	return err == nil && n >= want
}

// step is a place to look at.
type step struct {
	path  string
	least int    // how many vectors are there at least
	do    string // statements, with scripts
	until string // a condition, with scripts
}

func (s *attacked) walk() []step {
	all := len(s.list)
	const opened = `for (const d of document.querySelectorAll("main details")) d.open = true;`
	at := func(kind, rest string) string { return "/tasks/" + s.ids[kind] + rest }
	steps := []step{
		{at("fields", "?view=table"), all, opened + `
			const summaries = [...document.querySelectorAll("#result .evidence > summary")];
			for (const summary of summaries.slice(0, 40)) summary.click();
			for (const summary of summaries.slice(-5)) { summary.click(); document.querySelector("[data-part=pin]").click(); }
			document.querySelector("ty-review [data-part=start]")?.click();`, `document.querySelectorAll("#pinned li").length > 0`},
		{at("fields", "?view=tree"), all, `document.querySelector("[data-depth='99']").click()`, `document.querySelectorAll("[role=treeitem]").length > 5`},
		{at("fields", "?view=json"), all, ``, ``},
		{at("fields", "?view=report"), all, opened, ``},
		{at("report1", "?view=table"), 90, opened, ``},
		{at("failed", ""), 550, opened, `document.querySelectorAll(".warnings li").length > 10`},
		{at("live", "#timeline"), all / 2, `const find = document.querySelector("ty-log-tools [data-part=find]"); find.value = "<script"; find.dispatchEvent(new Event("input"));`, ``},
		{at("live", "?before=500#timeline"), all / 4, ``, ``},
		{at("live", "/raw"), 30, ``, ``},
		{at("live", "/raw?before=400"), 30, ``, ``},
		{at("schema", ""), 550, `document.querySelector("[data-tab=raw]").click()`, `document.querySelector("ty-raw .raw-row")`},
		{at("live", "?replay&at=300"), 50, `const timer = setInterval(() => {
			if (!("ready" in document.querySelector("ty-replay").dataset)) return;
			clearInterval(timer);
			const scrubber = document.querySelector("[data-part=scrubber]");
			scrubber.value = scrubber.max;
			scrubber.dispatchEvent(new Event("input"));
		}, 50)`, `document.querySelector("ty-task").dataset.seq > 900`},
		{"/compare?id=" + s.ids["fields"] + "&id=" + s.ids["live"] + "&id=" + s.ids["failed"], all, opened, ``},
		{"/compare?id=" + s.ids["fields"], 20, ``, ``},
		{"/?from=" + s.ids["schema"], 550, composed, `document.querySelectorAll("ty-schema .builder-row").length > 100 && document.querySelector("#preview").textContent.trim() && document.querySelector("#lint li") && document.querySelectorAll("ty-input-form .input-field").length > 100`},
		{"/?from=" + s.ids["fields"] + "&schema", all, ``, `document.querySelectorAll("ty-schema .builder-row").length > 100`},
		{"/?from=" + s.ids["report0"], 550, `document.querySelector("ty-preview details").open = true`, `document.querySelectorAll("#preview .snippet pre").length === 5`},
		{"/?follow=" + s.ids["live"], 1, ``, ``},
		{"/templates", 540, ``, ``},
		{"/tasks", 50, palette, `document.querySelectorAll("ty-palette [role=option]").length > 0`},
	}
	for _, kind := range []string{"fields", "report2", "failed"} {
		steps = append(steps, step{s.share(kind), 90, ``, ``}) // pages for strangers have no scripts
	}
	steps = append(steps, step{s.shareOf(s.rows[0]), 1, ``, ``}, step{"/links", 20, ``, ``}, step{"/access", 50, ``, ``}, step{"/sign-in?" + url.Values{"next": {"/" + s.list[0]}}.Encode(), 1, ``, ``})
	for i, part := range s.up.reports() {
		steps = append(steps, step{at(fmt.Sprint("report", i), "?view=report"), len(part), opened + `
			if (document.querySelectorAll(".prose blockquote").length < 50) throw new Error("the report is not rendered");
			document.querySelector("a.cite").click();`, `document.querySelector("[data-part=card]").matches(":popover-open")`})
	}
	return append(steps, s.filters()...)
}

// turnedHosts names the hosts beside links that read from right to left: the title before one can hold signs that turn it.
const turnedHosts = `(() => {
	const hosts = [...document.querySelectorAll("#result .host")].filter((host) => host.checkVisibility());
	const at = (host, i) => {
		const range = document.createRange();
		range.setStart(host.firstChild, i);
		range.setEnd(host.firstChild, i + 1);
		return range.getBoundingClientRect().left;
	};
	return (hosts.length > 20 ? "of many: " : "of " + hosts.length + ": ") + hosts.filter((host) => at(host, 0) > at(host, 1)).map((host) => host.parentElement.textContent).join(" | ");
})()`

func (s *attacked) share(kind string) string { s.t.Helper(); return s.shareOf(s.ids[kind]) }

// shareOf makes a link to a task that shows all of it, and returns the address.
func (s *attacked) shareOf(id string) string {
	s.t.Helper()
	resp, err := s.do(http.MethodPost, "/tasks/"+id+"/share", asForm, url.Values{"part": {"result", "timeline", "request", "metadata"}, "days": {"0"}}.Encode())
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close() // where it has led counts
	token := resp.Request.URL.Fragment
	if token == "" {
		s.t.Fatalf("sharing leads to %s", resp.Request.URL)
	}
	return "/s/" + token
}

// composed draws everything that the form can draw of what is in it, and lets it be changed.
const composed = `for (const d of document.querySelectorAll("main details")) d.open = true;
	document.querySelector("[name=input_mode][value=form]").click();
	const field = document.querySelector("ty-input-form [data-field]");
	field.value = field.value + "x"; field.dispatchEvent(new Event("input", { bubbles: true }));
	for (const field of document.querySelectorAll("ty-input-form .input-field")) {
		const control = field.querySelector("[data-field]");
		if (!field.textContent.startsWith("__proto__") || !control) continue;
		control.value = "x";
		control.dispatchEvent(new Event("input", { bubbles: true }));
	}`

// palette looks for tasks by their text.
const palette = `document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }));
	const field = document.querySelector("ty-palette [data-part=field]"); field.value = "script"; field.dispatchEvent(new Event("input"));`

// filters are addresses of the list with all vectors in each parameter, as many at once as an address may have.
func (s *attacked) filters() []step {
	var steps []step
	const some = 60
	list := short(s.list, 200, ",\x00") // a comma divides values
	for from := 0; from < len(list); from += some {
		part := list[from:min(from+some, len(list))]
		q := url.Values{"q": part[:1], "upstream": part[:1], "mode": part[:1], "tag": part[:min(20, len(part))], "status": part, "processor": part}
		for _, v := range part {
			q.Add("meta", "a:"+v)
		}
		steps = append(steps, step{"/tasks?" + q.Encode(), len(part) - 3, ``, ``})
	}
	return steps
}

// look visits a place, does there what people do, and sees that nothing tripped.
func (s *attacked) look(a *alarm, at step, scripts bool) {
	s.t.Helper()
	where := fmt.Sprintf("%.80s, scripts %v", at.path, scripts)
	a.visit(at.path)
	if scripts && !strings.HasPrefix(at.path, "/s/") {
		a.wait(`document.querySelector("ty-keys:not([hidden])")`)
		a.run(at.do)
		if at.until != "" {
			a.wait(at.until)
		}
	}
	s.present(a, where, at.least)
	a.quiet(where)
	for at.path == "/tasks" && a.is(`document.querySelector("a[rel=next]")`) {
		a.visit(a.text(`document.querySelector("a[rel=next]").getAttribute("href")`))
		a.quiet("an older page of the list")
	}
}

// save opens saved pages as files.
func (s *attacked) save(a *alarm) {
	s.t.Helper()
	tasks := map[string]string{"a row": s.rows[0], "another row": s.rows[len(s.rows)-1]}
	for _, kind := range []string{"fields", "report0", "report5", "failed", "live"} {
		tasks[kind] = s.ids[kind]
	}
	for kind, id := range tasks {
		file := filepath.Join(s.t.TempDir(), "saved.html")
		if err := os.WriteFile(file, []byte(read(s.t, s.base+"/tasks/"+id+".html")), 0o600); err != nil {
			s.t.Fatal(err)
		}
		served := a.base
		a.base = "file://"
		a.visit(file)
		s.present(a, "the saved page of "+kind, map[bool]int{true: 1, false: 50}[strings.HasSuffix(kind, "row")])
		a.quiet("the saved page of " + kind)
		a.open("about:blank")
		a.base = served
	}
}

// place is where somebody can put a text: an address, or the field of a form, with %s where it goes, escaped as there.
type place struct {
	method, url, body string
	inPath            bool
}

// asksOf are all places of addresses and forms.
func (s *attacked) asksOf(id string) []place {
	places := []place{
		{"GET", "/tasks?q=%s&from=%s", "", false}, {"GET", "/tasks?q=%s&meta=%s&after=%s", "", false}, {"GET", "/tasks?tag=%s&status=%s&processor=%s&to=2026-01-01", "", false},
		{"GET", "/tasks?upstream=%s&mode=%s", "", false}, {"GET", "/tasks?before=%s&%s=1", "", false},
		{"GET", "/?template=%s", "", false}, {"GET", "/?from=%s", "", false}, {"GET", "/?follow=%s", "", false}, {"GET", "/?saved=%s", "", false},
		{"GET", "/?from=" + id + "&upstream=%s&schema=%s", "", false},
		{"GET", "/compare?id=%s&id=" + id + "&view=%s", "", false}, {"GET", "/tasks/import?run=%s", "", false}, {"GET", "/tasks/" + id + "?view=%s&before=%s&at=%s", "", false},
		{"GET", "/tasks/" + id + "?replay=%s&part=%s&at=%s", "", false}, {"GET", "/tasks/" + s.ids["fields"] + "/table.csv?field=%s", "", false}, {"GET", "/tasks/" + id + "/raw?before=%s", "", false},
		{"GET", "/s/%s", "", true}, {"GET", "/%s", "", true}, {"GET", "/tasks/%s", "", true}, {"GET", "/tasks/" + id + ".%s", "", true}, {"GET", "/tasks/" + id + "/events/%s", "", true}, {"GET", "/assets/0/js/%s", "", true},
		{"POST", "/tasks/import", "run=%s&upstream=%s&api_key=%s", false}, {"POST", "/tasks/" + id + "/name", "title=%s" + strings.Repeat("x", 200) + "&tags=%s", false},
		{"POST", "/tasks/" + id + "/share", "part=%s&days=%s", false}, {"POST", "/links/none/revoke", "x=%s", false}, {"POST", "/tasks/" + id + "/template", "name=%s" + strings.Repeat("x", 200), false}, {"POST", "/tasks/selected", "action=%s&id=%s&id=" + id, false},
		{"POST", "/tasks/selected", "action=delete&id=%s&id=" + id, false}, {"POST", "/tasks/" + id + "/again", "token=%s&confirmed=%s", false},
	}
	places = append(places, placesOfAccess...)
	var fields []string
	for _, name := range strings.Fields("input schema input_schema description bare other processor input_mode scenario include exclude after location events previous webhook betas " +
		"meta_key meta_value mcp extra token upstream also confirmed") {
		fields = append(fields, name+"=%s")
	}
	for path, output := range map[string]string{"/tasks": "json", "/preview": "text", "/lint": "json"} {
		places = append(places, place{"POST", path, strings.Join(fields, "&") + "&output=" + output, false})
	}
	return places
}

// with is a request to a place with a text in it.
func (p place) with(text string) object {
	escaped := url.QueryEscape(text)
	if p.inPath {
		escaped = url.PathEscape(text)
	}
	return object{"method": p.method, "url": strings.ReplaceAll(p.url, "%s", escaped), "body": strings.ReplaceAll(p.body, "%s", escaped)}
}

// ask has the browser parse what the server answers to all vectors in each place of an address and of a form. A place that
// does not repeat what it is given is asked with some of them.
func (s *attacked) ask(a *alarm) {
	s.t.Helper()
	a.visit("/nowhere")
	places := s.asksOf(s.rows[0])
	var probes, requests []object
	for _, p := range places {
		probes = append(probes, p.with("Zq7"))
	}
	some := packed(s.list, 200)
	silent := 0
	for i, repeats := range s.answers(a, probes) {
		list, every := some, 1
		switch {
		case !repeats:
			silent++
			list, every = s.list, 24
		case strings.HasPrefix(places[i].url, "/tasks?tag") || places[i].url == "/tasks": // of each kind of page, all one for one
			list = s.list
		case strings.HasPrefix(places[i].url, "/sign-in"), strings.HasPrefix(places[i].url, "/access"): // framed as pages that are asked with all
			every = 4
		}
		for n := i % every; n < len(list); n += every {
			if v := list[n]; !places[i].inPath || len(v) < 2000 && strings.Trim(v, "./") != "" {
				requests = append(requests, places[i].with(v))
			}
		}
	}
	for _, id := range s.rows {
		for _, path := range []string{"/tasks/" + id, "/?from=" + id} {
			requests = append(requests, object{"method": "GET", "url": path})
		}
	}
	s.t.Logf("%d vectors, %d places of addresses and forms, of which %d repeat nothing: %d answers", len(s.list), len(places), silent, len(requests))
	s.answers(a, requests)
	a.quiet("answers to all vectors")
}

// answers tells of each answer whether it repeats a vector.
func (s *attacked) answers(a *alarm, requests []object) []bool {
	s.t.Helper()
	var repeats []bool
	for some := range slices.Chunk(requests, 400) {
		raw, err := chromedp.Run(a.ctx, chromedp.Evaluate[string](fmt.Sprintf(asked, census, plainJSON(some)), chromedp.EvalAwaitPromise))
		var told struct {
			Wrong   []string
			Repeats []bool
		}
		if err == nil {
			err = json.Unmarshal([]byte(raw), &told)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		for _, wrong := range told.Wrong {
			s.t.Error(wrong)
		}
		repeats = append(repeats, told.Repeats...)
	}
	return repeats
}

// asked sends requests, four at a time, and tells what the answers hold that they must not.
const asked = `(async () => {
	const census = %s, requests = %s, wrong = [], repeats = [];
	const send = ({ method, url, body }, i) => new Promise((resolve) => {
		const say = (what) => wrong.push(method + " " + url.slice(0, 200) + ": " + what);
		const request = new XMLHttpRequest();
		request.open(method, url);
		request.responseType = "document";
		request.setRequestHeader("Accept", "text/html");
		if (body) request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
		request.onloadend = () => {
			if (request.status === 0 || request.status >= 500) say(request.status);
			const type = request.getResponseHeader("Content-Type") ?? "";
			const isFile = /^attachment; filename="taskyard-[\w.-]+"$/.test(request.getResponseHeader("Content-Disposition") ?? "");
			if (!isFile && !/^text\/html; charset=utf-8$|^text\/plain; charset=utf-8$|^application\/json/.test(type)) say(type);
			for (const found of request.response ? census(request.response) : []) say(found);
			repeats[i] = (request.response?.documentElement?.outerHTML ?? "").includes("Zq7");
			resolve();
		};
		request.send(body || null);
	});
	let next = 0;
	await Promise.all([0, 1, 2, 3].map(async () => { for (let i = next++; i < requests.length; i = next++) await send(requests[i], i); }));
	return JSON.stringify({ wrong: wrong.slice(0, 10), repeats });
})()`

// sendHeaders sees that nothing of what a request says of itself comes back.
func (s *attacked) sendHeaders() {
	s.t.Helper()
	for _, v := range s.list {
		if strings.ContainsAny(v, "\x00\r\n") {
			continue // the client does not send it
		}
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+"/nowhere", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, name := range []string{"Referer", "User-Agent", "Accept", "Accept-Language", "X-Request-Id", "X-Forwarded-Host", "X-Forwarded-Proto", "Cookie", "Authorization"} {
			req.Header[name] = []string{v}
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // there are signs that the client does not send
		}
		raw, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // it was read
		if err != nil || strings.Contains(string(raw), "__tripped") || strings.Contains(string(raw), "Zq") || strings.Contains(fmt.Sprint(resp.Header), "Zq") {
			s.t.Errorf("headers of %q: %v %.300s", v, err, raw)
		}
	}
}

// sendHosts sees that an answer to a name that is not the server's is text, whatever the name.
func (s *attacked) sendHosts() {
	s.t.Helper()
	for _, v := range append(s.list, "elsewhere.example", "<script>.example") {
		var d net.Dialer
		conn, err := d.DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", v)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			s.t.Fatal(err)
		}
		_ = resp.Body.Close() // only its head counts
		if err := conn.Close(); err != nil {
			s.t.Error(err)
		}
		refused := resp.StatusCode == http.StatusMisdirectedRequest && resp.Header.Get("X-Content-Type-Options") == "nosniff" || resp.StatusCode == http.StatusBadRequest
		if !refused || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			s.t.Errorf("to the name %q: %s %v", v, resp.Status, resp.Header)
		}
	}
}
