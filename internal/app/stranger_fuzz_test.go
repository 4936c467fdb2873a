package app

import (
	"context"
	"database/sql"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// Whatever a stranger asks of an open server, on either engine, the answer is no fault of ours, keeps to this server, and
// says nothing of somebody's private task.
func FuzzStranger(f *testing.F) {
	const mark, id = "WHATNOBODYELSEISTOLD", "tttttttttttttttttttttttttt"
	for _, s := range []struct{ method, address, header, value, body string }{
		{"GET", "/", "Accept", "text/html", ""}, {"GET", "/?from=" + id, "Cookie", "taskyard_visitor=" + strings.Repeat("x", 26), ""}, {"GET", "/?own=%00&template=%ff", "Cookie", "taskyard_session=\"%00\"; taskyard_parallel=x", ""},
		{"GET", "/tasks?q=WHAT%25&tag=%00&after=MS4x", "Accept", "application/json", ""}, {"GET", "/tasks/" + id + ".csv?field=a", "If-None-Match", "*", ""}, {"GET", "/tasks/%00", "Authorization", "Bearer \x7f", ""}, {"GET", "/tasks/%ff.html", "Authorization", "bearer", ""},
		{"GET", "/task/" + id, "X-Request-Id", "x", ""}, {"GET", "/api/tasks?q=what&status=%00", "", "", ""}, {"GET", "/api/tasks/" + id, "Range", "bytes=0-", ""}, {"GET", "/tasks/" + id + "/raw?after=1", "", "", ""}, {"GET", "/tasks/" + id + "/events/1", "", "", ""},
		{"GET", "/compare?id=" + id + "&id=%00", "", "", ""}, {"GET", "/s/%00", "", "", ""}, {"GET", "/links", "", "", ""}, {"GET", "/sign-in?next=//evil.example", "", "", ""}, {"GET", "/sign-in/parallel/callback?state=x&code=y", "Cookie", "taskyard_login=AAAA", ""}, {"GET", "/assets/x/..%2f..%2fgo.mod", "", "", ""},
		{"POST", "/preview", "", "", "processor=pro&input=x&output=text"}, {"POST", "/lint", "", "", "processor=pro&input=x&output=json&schema={}"}, {"POST", "/sign-in", "", "", "token=%00&next=https://evil.example"}, {"POST", "/tasks/" + id + "/name", "", "", "title=x"}, {"POST", "/tasks/%ff/delete", "", "", ""},
		{"POST", "/tasks/selected", "", "", "action=export&id=" + id + "&id=%00"}, {"POST", "/templates/%00/delete", "", "", ""}, {"POST", "/links/%ff/revoke", "", "", ""}, {"POST", "/tasks/" + id + "/again", "", "", "token=x"}, {"POST", "/tasks/" + id + "/break", "", "", "what=x"}, {"GET", "//evil.example/..", "", "", ""},
	} {
		f.Add(s.method, s.address, s.header, s.value, s.body)
	}
	var servers []http.Handler
	for _, database := range []string{filepath.Join(f.TempDir(), "t.db"), pgtest.Database(f)} {
		servers = append(servers, openServer(f, database, id, mark))
	}
	f.Fuzz(func(t *testing.T, method, address, header, value, body string) {
		for _, server := range servers {
			r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
			if err != nil || !strings.HasPrefix(address, "/") || makesTasks(r) {
				return
			}
			r.RequestURI, r.Host, r.URL.Host = r.URL.RequestURI(), "localhost", ""
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if name := http.CanonicalHeaderKey(header); name != "" && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			if said := w.Body.String(); w.Code >= 500 || strings.Contains(said, mark) {
				t.Errorf("%s %q answers %d: %s", method, address, w.Code, said)
			}
			if to, err := url.Parse(w.Header().Get("Location")); err != nil || to.Host != "" || strings.Contains(to.String(), `\`) {
				t.Errorf("%s %q leads to %q: %v", method, address, w.Header().Get("Location"), err)
			}
			if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %q answers with %v", method, address, w.Header())
			}
		}
	})
}

// makesTasks reports whether a request may make something that lasts, or follows something without an end.
func makesTasks(r *http.Request) bool {
	path := strings.ToLower(r.URL.Path)
	return r.Method == http.MethodPost && (path == "/tasks" || path == "/task" || path == "/api/tasks" || strings.HasSuffix(path, "/import")) || strings.HasPrefix(path, "/api/") && strings.Contains(path, "events")
}

// openServer is a server that everybody may use, with a private task of somebody else.
func openServer(f *testing.F, database, id, input string) http.Handler {
	f.Helper()
	a, err := Start(f.Context(), Config{
		Addr: "127.0.0.1:0", Database: database, Connections: 20, Synchronous: "normal", Upstream: "http://127.0.0.1:9", SealKeyFile: filepath.Join(f.TempDir(), "key"), Access: "open", VisitorLimits: "pace=0", SignIn: signInSimulated,
		Simulator: true, SimulatorFirst: true, SimulatorScale: 2000, SimulatorSeed: 1, DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			f.Error(err)
		}
	})
	note := taskyard.NewEvent{Type: taskyard.NoteCreated, Data: []byte(`{"text":"` + input + `"}`), At: time.Now()}
	_, _, err = a.store.Create(f.Context(), taskyard.NewTask{
		ID: id, Owner: "anon_somebody", Visibility: taskyard.Private, Processor: "pro", Upstream: "simulator", Mode: "text", Preview: input, Search: input,
		Request: []byte(`{"processor":"pro","input":"` + input + `"}`), RunID: "trun_1", CreatedAt: time.Now(), Note: note,
	}, func(*sql.Tx, taskyard.Task) error { return nil })
	if err != nil {
		f.Fatal(err)
	}
	h, err := a.handler()
	if err != nil {
		f.Fatal(err)
	}
	return h
}

// Whatever a request calls this server, a name that passes for this machine's is one when a browser is led back to it.
func FuzzHost(f *testing.F) {
	for _, host := range []string{
		"localhost", "localhost:8080", "LOCALHOST.", "a.localhost:1", "127.0.0.1:80", "[::1]:80", "::1", "127.0.0.1.evil.example", "[::1", "127.1", "0x7f.1", "localhost/evil", "127.0.0.1:x",
		"localhost:80@evil.example", "evil.example/.localhost", "?.localhost:1", // a user, a path and a query, by which these were taken once
	} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !isLocalName(host) {
			return
		}
		u, err := url.Parse("http://" + host + "/")
		if err != nil {
			t.Fatalf("%q is said to be this machine's: %v", host, err)
		}
		ip := net.ParseIP(u.Hostname())
		isLocal := ip != nil && ip.IsLoopback() || strings.HasSuffix("."+strings.ToLower(u.Hostname()), ".localhost")
		if u.User != nil || !isLocal || u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q is said to be this machine's, and is %q", host, u)
		}
	})
}
