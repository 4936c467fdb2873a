//go:build attack

package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

// tripwire listens where nobody has any business.
type tripwire struct {
	listener net.Listener
	trips    atomic.Int32
}

func newTripwire(t *testing.T) *tripwire {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &tripwire{listener: l}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			w.trips.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return w
}

func (w *tripwire) host() string { return w.listener.Addr().String() }

// sockets watches to whom a process connects, as the kernel says, until it is told to stop.
type sockets struct {
	pid  int
	mu   sync.Mutex // guards seen
	seen map[string]bool
	stop chan struct{}
	done chan struct{}
}

func watch(p *process) *sockets {
	s := &sockets{pid: p.cmd.Process.Pid, seen: map[string]bool{}, stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			s.look()
			select {
			case <-s.stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return s
}

// to is every address that was connected to, but for those of whoever connected to the server itself.
func (s *sockets) to() []string {
	close(s.stop)
	<-s.done
	s.look() // what is kept open for the next call
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for address := range s.seen {
		all = append(all, address)
	}
	slices.Sort(all)
	return all
}

var socketName = regexp.MustCompile(`^socket:\[(\d+)\]$`)

func (s *sockets) look() {
	own := map[string]bool{}
	folder := fmt.Sprintf("/proc/%d/", s.pid)
	files, _ := os.ReadDir(folder + "fd")
	for _, f := range files {
		to, _ := os.Readlink(folder + "fd/" + f.Name())
		if inode := socketName.FindStringSubmatch(to); inode != nil {
			own[inode[1]] = true
		}
	}
	listening := map[string]bool{}
	var mine [][]string
	for _, kind := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, _ := os.ReadFile(folder + "net/" + kind)
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 9 && own[f[9]] {
				mine = append(mine, append(f, kind))
				if f[3] == "0A" { // it listens
					listening[f[1]] = true
				}
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range mine {
		if f[3] != "0A" && !listening[f[1]] {
			s.seen[f[len(f)-1]+" "+kernelAddress(f[2])] = true
		}
	}
}

// kernelAddress reads 0100007F:1F90, the form in which the kernel writes 127.0.0.1:8080.
func kernelAddress(text string) string {
	var a, b, c, d byte
	var port uint16
	if n, _ := fmt.Sscanf(text, "%2X%2X%2X%2X:%4X", &d, &c, &b, &a, &port); n != 5 || len(text) != 13 {
		return text
	}
	return fmt.Sprintf("%d.%d.%d.%d:%d", a, b, c, d, port)
}

// Whatever addresses are in what it is sent, the server connects to the configured upstream and to the provider of the
// sign-in, and to nobody else: it cannot be made to ask others.
func TestAttackOpenRelay(t *testing.T) {
	t.Parallel()
	wire := newTripwire(t)
	box, err := sandbox.New(sandbox.WithScale(2000))
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/tasks/runs/trun_elsewhere") { // a hostile upstream sends the key on
			http.Redirect(w, r, "http://"+wire.host()+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		box.ServeHTTP(w, r)
	}))
	provider := httptest.NewServer(box)
	t.Cleanup(func() {
		upstream.CloseClientConnections()
		provider.CloseClientConnections()
		_ = box.Close()
		upstream.Close()
		provider.Close()
	})
	g := aim(t, "open", "--upstream", upstream.URL, "--sign-in", provider.URL, "--default-visibility", "public")
	watching := watch(g.process)

	evil := "http://" + wire.host()
	fields := `"apiKey":"key-of-a-visitor","processor":"lite","input":"read %[1]s/input","metadata":{"callback":"%[1]s/metadata"},"webhook":{"url":"%[1]s/webhook","event_types":["task_run.status"]},` +
		`"mcp_servers":[{"type":"url","name":"n","url":"%[1]s/mcp","headers":{"a":"b"}}],"source_policy":{"include_domains":["` + wire.host() + `","localhost"]},"base_url":"%[1]s","upstream_url":"%[1]s","callback_url":"%[1]s","proxy":"%[1]s",` +
		`"task_spec":{"output_schema":{"type":"json","json_schema":{"$schema":"%[1]s/schema","$id":"%[1]s/id","type":"object","properties":{"v":{"type":"string","format":"uri","description":"%[1]s"}}}}}`
	fields = fmt.Sprintf(fields, evil)
	elsewhere := []string{"Origin", "", "Referer", evil, "X-Forwarded-Host", wire.host(), "X-Forwarded-For", "127.0.0.1", "Forwarded", "host=" + wire.host(), "X-Original-URL", evil, "X-Rewrite-URL", evil, "Destination", evil, "Proxy", evil, "From", evil}
	var ids []string
	for _, name := range []string{"parallel", "simulator"} {
		var made struct{ TaskID string }
		g.json(g.call("POST", "/api/tasks", `{"upstream":"`+name+`",`+fields+`}`, elsewhere...), &made)
		ids = append(ids, made.TaskID)
	}
	for _, name := range []string{evil, evil + "/", "//" + wire.host(), wire.host(), "http:" + wire.host(), "parallel@" + wire.host(), "../" + wire.host()} {
		if a := g.call("POST", "/api/tasks", `{"apiKey":"k","upstream":`+quote(name)+`,"processor":"lite","input":"x"}`, elsewhere...); a.status != http.StatusBadRequest {
			t.Errorf("the upstream %q: %d", name, a.status)
		}
		g.call("POST", "/api/tasks/import", `{"apiKey":"k","upstream":"parallel","runId":`+quote(name)+`}`)
		g.call("POST", "/api/tasks/import", `{"apiKey":"k","upstream":"parallel","runId":`+quote("trun_x/../../"+name)+`}`)
	}
	g.call("POST", "/api/tasks/import", `{"apiKey":"key-of-a-visitor","upstream":"parallel","runId":"trun_elsewhere"}`)
	g.call("POST", "/tasks", form("upstream", "parallel", "api_key", "k", "processor", "lite", "input", evil, "output", "text", "webhook", evil, "mcp", `[{"type":"url","name":"n","url":"`+evil+`"}]`, "token", "t", "next", evil))
	for _, path := range []string{"/preview", "/lint", "/tasks/import"} {
		g.call("POST", path, form("upstream", evil, "run", evil, "input", evil, "webhook", evil, "schema", `{"$ref":"`+evil+`"}`, "output", "json"))
	}
	for _, id := range ids {
		g.ended(id)
		for _, path := range []string{"/tasks/" + id, "/tasks/" + id + ".html", "/tasks/" + id + ".md", "/?from=" + id, "/task/" + id} {
			g.call("GET", path+"?url="+url.QueryEscape(evil), "", elsewhere...)
		}
		g.call("POST", "/tasks/"+id+"/again", form("api_key", "k", "token", id, "webhook", evil))
	}
	g.signInElsewhere(wire)
	for _, request := range []string{"GET " + evil + "/ HTTP/1.1\r\nHost: " + wire.host(), "CONNECT " + wire.host() + " HTTP/1.1\r\nHost: " + wire.host(), "GET / HTTP/1.1\r\nHost: " + wire.host(), "GET //" + wire.host() + "/ HTTP/1.1\r\nHost: " + g.host, "POST " + evil + "/tasks HTTP/1.1\r\nContent-Length: 0\r\nHost: " + g.host} {
		g.raw(request + "\r\nConnection: close\r\n\r\n")
	}

	toUpstream, toProvider := "tcp "+strings.TrimPrefix(upstream.URL, "http://"), "tcp "+strings.TrimPrefix(provider.URL, "http://")
	to := watching.to()
	if others := slices.DeleteFunc(slices.Clone(to), func(a string) bool { return a == toUpstream || a == toProvider }); len(others) > 0 {
		t.Errorf("it connected to %q, and should only to %q and %q", others, toUpstream, toProvider)
	}
	if !slices.Contains(to, toUpstream) { // to the provider it is connected for a moment only
		t.Errorf("the watch has seen nothing: %q", to)
	}
	if n := wire.trips.Load(); n != 0 {
		t.Errorf("the tripwire was touched %d times", n)
	}
	if said := g.said.String(); strings.Contains(said, "key-of-a-visitor") {
		t.Error("a key is in the log")
	}
}

// signInElsewhere begins a sign-in, and brings back what others would like it to bring.
func (g *target) signInElsewhere(wire *tripwire) {
	g.Helper()
	begun := g.call("POST", "/sign-in/parallel", "x=1")
	if begun.status != http.StatusOK || strings.Contains(begun.body, wire.host()) {
		g.Fatalf("no sign-in: %+v", begun)
	}
	cookie, _, _ := strings.Cut(begun.header.Get("Set-Cookie"), ";")
	evil := "http://" + wire.host()
	state := regexp.MustCompile(`state=([A-Z0-9]+)`).FindStringSubmatch(begun.body)
	if state == nil {
		g.Fatalf("there is no state in %.500s", begun.body)
	}
	for _, query := range []string{
		form("code", "c", "state", state[1], "iss", evil), form("code", evil, "state", "x"), form("code", "c", "state", state[1]+"x"), form("error", "access_denied", "error_uri", evil, "state", state[1], "iss", evil),
		form("code", "c") + "&state=" + state[1] + "&state=x", form("code", "c", "redirect_uri", evil, "iss", evil),
	} {
		for _, sent := range []string{cookie, "", cookie + "x"} {
			a := g.call("GET", "/sign-in/parallel/callback?"+query, "", "Cookie", sent, "Host", "localhost")
			if a.status < 400 || strings.Contains(strings.Join(a.header["Set-Cookie"], " "), "taskyard_parallel=") && !strings.Contains(strings.Join(a.header["Set-Cookie"], " "), "Max-Age=0") {
				g.Errorf("%s signs in: %d %v", query, a.status, a.header)
			}
		}
	}
	for _, host := range []string{wire.host(), "evil.example", "localhost.evil.example"} {
		if a := g.call("POST", "/sign-in/parallel", "redirect_uri="+url.QueryEscape(evil), "Host", host); strings.Contains(a.body, url.QueryEscape("http://"+host)) && !strings.HasPrefix(host, "127.") {
			g.Errorf("a sign-in comes back to %s", host)
		}
	}
}

func quote(text string) string { return fmt.Sprintf("%q", text) }
