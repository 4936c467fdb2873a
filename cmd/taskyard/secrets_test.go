package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// indiscreet is an upstream that repeats what it is given, where it can: it refuses inputs with "refuse", delays those with
// "later", tells all in the events and the result of those with "echo", and gives the rest to a sandbox.
type indiscreet struct {
	box    http.Handler
	echoed string // what it was given
	signIn exchanges
}

func (u *indiscreet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "trun_echo") {
		u.tell(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	all, _ := json.Marshal(fmt.Sprint(r.Header, " ", string(body)))
	if strings.HasSuffix(r.URL.Path, "/getKeys/token") {
		u.exchange(w, r, string(body))
		return
	}
	refusal := fmt.Sprintf(`{"type":"error","error":{"ref_id":"r","message":%s,"detail":{"given":%s}}}`, all, all)
	switch {
	case strings.Contains(string(body), "refuse"):
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, refusal)
	case strings.Contains(string(body), "later"):
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, refusal)
	case strings.Contains(string(body), "echo"):
		u.echoed = string(all)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"run_id":"trun_echo","interaction_id":"trun_echo","status":"queued","is_active":true,"processor":"lite","warnings":[{"type":"w","message":`+u.echoed+`}]}`)
	default:
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		u.box.ServeHTTP(w, r)
	}
}

// tell is the run that repeats everything.
func (u *indiscreet) tell(w http.ResponseWriter, r *http.Request) {
	run := `{"run_id":"trun_echo","interaction_id":"trun_echo","status":"completed","is_active":false,"processor":"lite","metadata":{"given":` + u.echoed + `},"warnings":[{"type":"w","message":` + u.echoed + `}]}`
	output := `{"type":"text","content":` + u.echoed + `,"basis":[{"field":"output","reasoning":` + u.echoed + `,"citations":[]}]}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/events"):
		w.Header().Set("Content-Type", "text/event-stream")
		for _, event := range []string{
			`{"type":"task_run.progress_msg.plan","message":` + u.echoed + `,"timestamp":"2026-01-01T00:00:00Z"}`,
			`{"type":"task_run.unheard_of","given":` + u.echoed + `}`,
			`no JSON but ` + u.echoed,
			`{"type":"task_run.state","event_id":null,"run":` + run + `,"output":` + output + `}`,
		} {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", event)
		}
	case strings.HasSuffix(r.URL.Path, "/result"):
		_, _ = io.WriteString(w, `{"run":`+run+`,"output":`+output+`}`)
	default:
		_, _ = io.WriteString(w, run)
	}
}

// After tasks of every fate, with a secret wherever there can be one, and after people have come in by every door, none is
// found: in no page, answer, stream, export, log, dump, file or table.
func TestNoSecretIsLeftAnywhere(t *testing.T) {
	t.Parallel()
	pgtest.EachEngine(t, noSecretIsLeft)
}

// secretRun is a server with secrets, and the search for them.
type secretRun struct {
	*search
	database, folder string
	env, args        []string
	p                *process
	up               *indiscreet
	jar              jar   // who opens pages; nil is a stranger
	links            marks // in no log, though pages show them to their owners
}

func noSecretIsLeft(t *testing.T, database string) {
	t.Parallel()
	box, err := sandbox.New(sandbox.WithScale(2000))
	if err != nil {
		t.Fatal(err)
	}
	s := &secretRun{search: newSearch(t), database: database, folder: t.TempDir(), up: &indiscreet{box: box}, links: marks{}}
	upstream := httptest.NewServer(s.up)
	t.Cleanup(func() { upstream.CloseClientConnections(); _ = box.Close(); upstream.Close() })
	s.configure(upstream.URL)
	s.serve("token")
	ended, waiting := s.submitAll()
	s.misuse()
	ended = append(ended, s.comeIn(ended[0])...)
	s.readAll(append(ended, waiting...))
	s.quit()
	s.keysCommands()

	// Once more, to a graceful end: what has ended is erased, and what waits is still sealed.
	if store.IsPostgres(database) {
		s.serve("none")
	} else {
		s.env[0] = "PARALLEL_API_KEY=" // an open server has none
		s.serve("open")
		s.visit()
	}
	s.readAll(ended[:1])
	if err := s.p.terminate(); err != nil {
		t.Errorf("the end: %v", err)
	}
	s.said("a graceful end")
	s.storage()
	s.mustHave("page", "answer", "stream", "export")
	if store.IsPostgres(database) {
		s.mustHave("table")
	} else {
		s.mustHave("file")
	}
}

// configure gives the server its own secrets.
func (s *secretRun) configure(upstream string) {
	format := "text"
	s.env = []string{
		"PARALLEL_API_KEY=" + s.marks["the server's API key"], "TASKYARD_OPERATOR_TOKEN=" + s.marks["the operator's token"], "GOTRACEBACK=system",
		"TASKYARD_SEAL_KEY=" + s.marks["the seal key"] + "," + s.marks["an older seal key"],
	}
	if store.IsPostgres(s.database) {
		format = "json"
		s.database = strings.Replace(s.database, "@", ":"+s.marks["the password of a database"]+"@", 1) // the server of the tests asks for none
	} else {
		file := filepath.Join(s.folder, "seal.key")
		if err := os.WriteFile(file, []byte(s.marks["the seal key"]+"\n"+s.marks["an older seal key"]+"\n"), 0o600); err != nil {
			s.Fatal(err)
		}
		s.database = filepath.Join(s.folder, "t.db")
		s.env = append(s.env[:3:3], "TASKYARD_SEAL_KEY_FILE="+file)
	}
	s.env = append(s.env, "TASKYARD_DATABASE="+s.database)
	s.args = []string{"serve", "--addr", "127.0.0.1:0", "--upstream", upstream, "--sign-in", upstream, "--simulator-scale", "2000", "--log-level", "debug", "--log-format", format, "--visitor-limits", "pace=0"}
}

// serve starts the server, with this way of letting people in.
func (s *secretRun) serve(access string) {
	s.p = start(s.T, s.env, append(s.args[:len(s.args):len(s.args)], "--access", access)...)
	s.p.bearer = s.marks["the operator's token"]
}

// secretBody is a create call with every secret that one can have.
func (s *secretRun) secretBody(input, rest string) string {
	return fmt.Sprintf(`{"apiKey":%q,"processor":"pro","input":%q,"webhook":{"url":%q,"event_types":["task_run.status"]},
		"mcp_servers":[{"type":"url","name":"docs","url":"https://mcp.example.com/?key=%s","headers":{"Authorization":%q}}]%s}`,
		s.marks["the user's API key"], openMark+" "+input, s.marks["the webhook's address"], s.marks["an MCP address's token"], s.marks["an MCP header"], rest)
}

// submitAll submits tasks of every fate, and returns those that have ended, and those that wait with their secrets sealed.
func (s *secretRun) submitAll() (ended, waiting []string) {
	for _, fate := range []string{"completes", "fails", "is cancelled", "refuse it", "echo it", "camel case"} {
		for _, upstream := range []string{"parallel", "simulator"} {
			rest := fmt.Sprintf(`,"upstream":%q`, upstream)
			switch fate {
			case "fails":
				rest += `,"metadata":{"sandbox":"fail"}`
			case "is cancelled":
				rest += `,"metadata":{"sandbox":"never-ends"}`
			}
			body := s.secretBody(fate, rest)
			if fate == "camel case" {
				body = strings.Replace(body, `"mcp_servers"`, `"mcpServers"`, 1)
			}
			id := s.p.submit(body)
			ended = append(ended, id)
			if fate == "is cancelled" {
				s.awaitRun(id)
				s.fetch("answer", http.MethodPost, "/api/tasks/"+id+"/cancel", "", nil)
			}
		}
	}
	for _, input := range []string{"by the server's key", "refuse the server's key"} {
		ended = append(ended, s.p.submit(fmt.Sprintf(`{"upstream":"parallel","processor":"lite","input":%q}`, openMark+" "+input)))
	}
	for _, id := range ended {
		s.p.finished(id)
	}
	for _, key := range []string{fmt.Sprintf(`"apiKey":%q,`, s.marks["the user's API key"]), ""} {
		id := s.p.submit(fmt.Sprintf(`{%s"upstream":"parallel","processor":"lite","input":"%s later","webhook":{"url":%q}}`, key, openMark, s.marks["the webhook's address"]))
		waiting = append(waiting, id)
	}
	for _, id := range waiting {
		var text string
		await(s.T, "a task that is retried", func() bool {
			text = string(s.fetch("answer", http.MethodGet, "/api/tasks/"+id, "", nil))
			return strings.Contains(text, `"phase":"retrying"`)
		}, func() string { return text })
	}
	return ended, waiting
}

func (s *secretRun) awaitRun(id string) {
	var task listed
	await(s.T, "a run", func() bool { return s.p.get("/api/tasks/"+id, &task) == nil && task.RunID != "" }, s.p.said.String)
}

// misuse sends secrets to where they do not belong, and in calls that are refused.
func (s *secretRun) misuse() {
	key, hook, header := s.marks["the user's API key"], s.marks["the webhook's address"], s.marks["an MCP header"]
	for _, call := range []struct{ method, path, body string }{
		{http.MethodPost, "/api/tasks", `{"apiKey":"` + key + `","processor":1,"input":"x"}`},
		{http.MethodPost, "/api/tasks", `{"apiKey":"` + key + `","input":"x"`},
		{http.MethodPost, "/api/tasks", `{"apikey":"` + key + `","processor":"lite","input":"x"}`},
		{http.MethodPost, "/api/tasks", `{"apiKey":"` + key + ` ","processor":"lite","input":"x"}`},
		{http.MethodPost, "/api/tasks", `{"processor":"lite","input":"x","webhook":"` + hook + `"}`},
		{http.MethodPost, "/api/tasks", `{"processor":"lite","input":"x","mcp_servers":[{"headers":"` + header + `"}]}`},
		{http.MethodPost, "/api/lint", s.secretBody("x", "")},
		{http.MethodPost, "/api/tasks/import", `{"apiKey":"` + key + `","runId":"trun_none"}`},
		{http.MethodPost, "/api/tasks/import", `{"apiKey":"` + key + `","runId":"trun_echo"}`},
		{http.MethodPost, "/api/tasks/import", `{"apiKey":"` + key + `","runId":"` + key + ` "}`},
		{http.MethodGet, "/api/tasks?apiKey=" + url.QueryEscape(key), ""},
		{http.MethodGet, "/tasks?api_key=" + url.QueryEscape(key), ""},
	} {
		s.fetch("answer", call.method, call.path, call.body, http.Header{"Content-Type": {"application/json"}, "X-Api-Key": {key}, "Authorization": {"Bearer " + s.marks["the operator's token"]}})
	}
	form := url.Values{
		"upstream": {"parallel"}, "processor": {"ultra8x"}, "input": {openMark}, "output": {"text"}, "token": {"t"}, "api_key": {key}, "webhook": {hook},
		"mcp": {`[{"type":"url","name":"docs","url":"https://mcp.example.com/?key=` + s.marks["an MCP address's token"] + `","headers":{"authorization":"` + header + `"}}]`},
	}
	for _, change := range []url.Values{{}, {"api_key": {key + " x"}}, {"processor": {""}}, {"schema": {"{"}, "output": {"json"}}, {"mcp": {`[{"headers":{"a":"` + header + `"}`}}, {"extra": {`{"webhook":{"url":"` + hook + `"`}},
		{"by_hand": {"1"}, "body": {`{"processor":"lite","input":"x","Webhook":{"URL":"https://x.example/` + s.marks["a secret of a misspelt name"] + `"}}`}, "token": {"t2"}}} {
		sent := url.Values{}
		for _, fields := range []url.Values{form, change} {
			for name, values := range fields {
				sent[name] = values
			}
		}
		for _, path := range []string{"/tasks", "/preview", "/lint"} {
			s.fetch("page", http.MethodPost, path, sent.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"text/html"}})
		}
	}
	s.fetch("page", http.MethodPost, "/tasks/import", url.Values{"run": {"trun_x"}, "upstream": {"parallel"}, "api_key": {key}}.Encode(),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
}

// fetch makes one request and returns the body.
func (s *secretRun) fetch(kind, method, path, body string, header http.Header) []byte {
	s.Helper()
	_, text := s.ask(kind, method, path, body, header)
	return text
}

// ask makes one request and looks at all of its answer. A stream is read for a moment. Pages are opened by whoever has the
// jar, all else is asked for by the operator.
func (s *secretRun) ask(kind, method, path, body string, header http.Header) (*http.Response, []byte) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	if kind == "stream" {
		ctx, cancel = context.WithTimeout(context.Background(), time.Second)
	}
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.p.base+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if kind == "page" || kind == "export" {
		s.jar.addTo(req)
	} else {
		req.Header.Set("Authorization", "Bearer "+s.p.bearer)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil && kind != "stream" {
		s.Fatal(err)
	}
	s.renew(resp)
	s.look(kind, method+" "+regexp.MustCompile(`\?.*`).ReplaceAllString(path, "?…"), append(fmt.Append(nil, resp.Header), text...))
	s.collect(resp)
	return resp, text
}

// hrefs are the addresses in a page that are on this server.
var hrefs = regexp.MustCompile(`(?:href|src|data-[a-z]+)="(/[^"]*)"`)

// alike is what addresses have in common that differ by a task, a number or a search. So many of each kind are read.
var alike = regexp.MustCompile(`[a-z0-9]{26}|\d+|=[^&]*`)

const mostAlike = 5

// readAll reads every page by its links, and what else is told of tasks.
func (s *secretRun) readAll(tasks []string) {
	for _, path := range []string{"/api/tasks?limit=500", "/api/processors", "/api/upstreams", "/openapi.json", "/healthz", "/readyz", "/api/tasks?search=" + openMark} {
		s.fetch("answer", http.MethodGet, path, "", nil)
	}
	s.fetch("stream", http.MethodGet, "/api/events", "", nil)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, id := range tasks {
		for _, path := range []string{"/task/" + id, "/api/tasks/" + id} {
			s.fetch("answer", http.MethodGet, path, "", nil)
		}
		s.fetch("stream", http.MethodGet, "/api/tasks/"+id+"/events", "", nil)
		for _, path := range []string{"/result.json", "/report.md", "/table.csv", "/recording", "/raw"} {
			s.fetch("export", http.MethodGet, "/tasks/"+id+path, "", nil)
		}
		s.fetch("page", http.MethodPost, "/tasks/"+id+"/template", url.Values{"name": {"kept"}}.Encode(), form)
		s.fetch("page", http.MethodPost, "/tasks/"+id+"/again", url.Values{"api_key": {s.marks["the user's API key"]}, "token": {"again " + id}}.Encode(), form)
	}
	archive := url.Values{"action": {"export"}, "id": tasks}
	s.fetch("export", http.MethodPost, "/tasks/selected", archive.Encode(), form)
	seen, kinds := map[string]bool{}, map[string]int{}
	todo := []string{"/", "/tasks", "/templates", "/tasks/import", "/links", "/access", "/sign-in", "/compare?" + url.Values{"id": tasks[:min(4, len(tasks))]}.Encode(), "/no-such-page"}
	for _, id := range tasks {
		todo = append(todo, "/tasks/"+id, "/?from="+id)
	}
	first := len(todo) // these are read in any case
	for i := 0; i < len(todo); i++ {
		path := todo[i]
		kind := alike.ReplaceAllString(path, "…")
		if seen[path] || strings.HasPrefix(path, "/assets/") || i >= first && kinds[kind] >= mostAlike {
			continue
		}
		seen[path] = true
		kinds[kind]++
		if strings.HasSuffix(path, "/events") || strings.HasPrefix(path, "/api/events") {
			s.fetch("stream", http.MethodGet, path, "", nil)
			continue
		}
		page := s.fetch("page", http.MethodGet, path, "", http.Header{"Accept": {"text/html"}})
		for _, found := range hrefs.FindAllSubmatch(page, -1) {
			todo = append(todo, strings.ReplaceAll(strings.SplitN(string(found[1]), "#", 2)[0], "&amp;", "&"))
		}
	}
	s.Logf("%d pages were read", len(seen))
}

// quit makes the process print all of its goroutines, as a panic does, and die in the middle of its work.
func (s *secretRun) quit() {
	if err := s.p.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		s.Fatal(err)
	}
	_ = s.p.cmd.Wait()
	if said := s.p.said.String(); !strings.Contains(said, "SIGQUIT") || strings.Count(said, "goroutine ") < 10 {
		s.Error("there is no dump of goroutines")
	}
	if said := s.p.said.String(); !strings.Contains(strings.ToUpper(said), "DEBUG") || !strings.Contains(said, "/api/tasks") {
		s.Error("requests are not in the log")
	}
	s.said("a dump")
	s.storage()
}

// said looks into all that the process said.
func (s *secretRun) said(when string) {
	s.Helper()
	s.look("log", "of a run with "+when, []byte(s.p.said.String()))
	if found := s.links.in([]byte(s.p.said.String())); len(found) > 0 {
		s.Errorf("the log has %s", strings.Join(found, ", and "))
	}
}

// storage looks into all that is kept.
func (s *secretRun) storage() {
	s.Helper()
	s.files(s.folder)
	if store.IsPostgres(s.database) {
		s.tables(s.Context(), s.database)
	}
}

// keysCommands looks at what the commands say that read the keys, also where they fail.
func (s *secretRun) keysCommands() {
	unreadable := "postgres://u:" + s.marks["the password of a database"] + "@127.0.0.1:nonsense/x"
	for _, args := range [][]string{
		{"keys", "list"}, {"keys", "rewrap"}, {"keys", "rotate"}, {"keys", "list", "--seal-key-file", "/dev/null"}, {"keys", "list", "--database", unreadable},
		{"migrate"}, {"migrate", "--database", unreadable}, {"serve", "--addr", "nowhere"},
	} {
		cmd := exec.Command(binary, args...)
		cmd.Env = append(os.Environ(), s.env...)
		said, err := cmd.CombinedOutput()
		if _, failed := err.(*exec.ExitError); err != nil && !failed {
			s.Fatal(err)
		}
		s.look("command", strings.Join(args[:min(2, len(args))], " "), said)
		if strings.Join(args, " ") == "keys list" && !regexp.MustCompile(`(?m) +[1-9]\d*  current, seals`).Match(said) {
			s.Errorf("nothing is sealed while tasks wait: %s", said)
		}
	}
}
