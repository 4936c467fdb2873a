//go:build attack

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowest bounds waiting for what the server does about slow ones after 30 seconds.
const slowest = 90 * time.Second

// calm waits until the server has no more files open than before, which says that it has cut whoever was slow.
func (g *target) calm(before cost, what string) {
	g.Helper()
	for deadline := time.Now().Add(slowest); ; time.Sleep(100 * time.Millisecond) {
		now := g.cost()
		if now.files <= before.files+10 { // the database opens some as it likes
			return
		}
		if time.Now().After(deadline) {
			g.Errorf("%s: %d files are still open, after %d before", what, now.files, before.files)
			return
		}
	}
}

// Whoever sends headers or a body slowly, or not at all, is cut, wherever it goes and whether or not somebody wants it.
func TestAttackSlowSenders(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for deadlines of 30 seconds")
	}
	g := aim(t, "token")
	before := g.cost()
	head := func(line, more string) string { return line + " HTTP/1.1\r\nHost: " + g.host + "\r\n" + more + "\r\n" }
	const told, untold = "Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"
	slow := map[string]struct{ first, drip string }{
		"nothing at all is sent":         {"", ""},
		"a request line without end":     {"GET /", "a"},
		"headers without end":            {"GET / HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n"},
		"the end of headers is missing":  {"GET / HTTP/1.1\r\nHost: x\r\n", ""},
		"empty lines before a request":   {"", "\r\n"},
		"a body of the API":              {head("POST /api/tasks", told), "x"},
		"chunks for the API":             {head("POST /api/tasks", untold), "1\r\nx\r\n"},
		"a form":                         {head("POST /sign-in", told+"Content-Type: application/x-www-form-urlencoded\r\n"), "x"},
		"a form that is chunked":         {head("POST /sign-in", untold+"Content-Type: application/x-www-form-urlencoded\r\n"), "1\r\nx\r\n"},
		"a form that waits to be asked":  {head("POST /sign-in", told+"Expect: 100-continue\r\n"), ""},
		"a form of another site":         {head("POST /sign-in", told+"Sec-Fetch-Site: cross-site\r\n"), "x"},
		"a body for a page":              {head("GET /tasks", told), "x"},
		"chunks for a page":              {head("GET /tasks", untold), "1\r\nx\r\n"},
		"a body for an asset":            {head("GET /assets/x/y", told), "x"},
		"a body for a page that is none": {head("GET /nowhere", told), "x"},
		"a body for a stream":            {head("GET /api/events?list=false", told), "x"},
		"a method that nobody serves":    {head("PUT /tasks", told), "x"},
		"a crooked address":              {head("POST //tasks", told), "x"},
		"a request about nothing":        {head("OPTIONS *", told), "x"},
		"a body for the health":          {head("GET /healthz", told), "x"},
		"a body with a wrong token":      {head("POST /api/tasks", told+"Authorization: Bearer wrong\r\n"), "x"},
		"the second of two":              {head("GET /healthz", "") + head("POST /tasks", told), "x"},
	}
	var all sync.WaitGroup
	g.costs("slow senders", most{memory: 150, cpu: 20 * time.Second}, func() {
		for name, s := range slow {
			for range 10 {
				conn := g.dial()
				all.Go(func() {
					_, _ = io.WriteString(conn, s.first)
					_ = conn.SetReadDeadline(time.Now().Add(slowest))
					ended := make(chan error, 1) // the reader's answer waits here
					go func() { _, err := io.Copy(io.Discard, conn); ended <- err }()
					for s.drip != "" {
						select {
						case err := <-ended:
							ended <- err
							s.drip = ""
						case <-time.After(time.Second):
							_, _ = io.WriteString(conn, s.drip)
						}
					}
					if err := <-ended; err != nil && strings.Contains(err.Error(), "timeout") {
						t.Errorf("%s: the connection is still open", name)
					}
					_ = conn.Close()
				})
			}
		}
		g.lives("some of them")
		all.Wait()
	})
	g.calm(before, "slow senders")
}

// Bodies of those who may do nothing are not kept while they arrive.
func TestAttackUnwantedBodies(t *testing.T) {
	t.Parallel()
	g := aim(t, "token")
	body := bytes.Repeat([]byte(" "), 1<<20-1)
	for _, line := range []string{"POST /api/tasks", "POST /api/nowhere", "PUT /api/tasks", "POST /tasks", "GET /tasks", "POST /sign-out", "POST /nowhere"} {
		g.costs(line, most{memory: 100, cpu: 20 * time.Second}, func() {
			for range 200 {
				conn := g.dial()
				_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
				_, _ = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", line, g.host, 1<<20)
				_, _ = conn.Write(body) // the last byte never comes; some are cut before
			}
		})
	}
	g.lives("them")
}

// wordy is an upstream whose results are long.
func wordy(t *testing.T, size int) *httptest.Server {
	t.Helper()
	run := `{"run_id":"trun_long","interaction_id":"trun_long","status":"completed","is_active":false,"processor":"lite"}`
	output := `{"type":"text","content":"` + strings.Repeat("x", size) + `","basis":[]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/events"):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprintf(w, "data: {\"type\":\"task_run.state\",\"run\":%s,\"output\":%s}\n\n", run, output)
		case strings.HasSuffix(r.URL.Path, "/result"):
			_, _ = fmt.Fprintf(w, `{"run":%s,"output":%s}`, run, output)
		default:
			_, _ = io.WriteString(w, run)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// Whoever asks for much and takes nothing is cut, and holds no more meanwhile than what it asked for.
func TestAttackSlowReaders(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits for deadlines of 30 seconds")
	}
	g := aim(t, "open", "--upstream", wordy(t, 10<<20).URL)
	var made struct{ TaskID string }
	g.json(g.call("POST", "/api/tasks", `{"apiKey":"k","upstream":"parallel","processor":"lite","input":"x"}`), &made)
	g.ended(made.TaskID)
	before := g.cost()
	g.costs("slow readers", most{memory: 1000, cpu: 30 * time.Second}, func() {
		for _, path := range []string{"/tasks/{id}/result.json", "/tasks/{id}/report.md", "/tasks/{id}.ndjson", "/task/{id}", "/api/tasks/{id}/events", "/api/events?list=false&follow={id}.0"} {
			for range 5 {
				conn := g.dial()
				_ = conn.SetReadBuffer(4 << 10)
				_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", strings.ReplaceAll(path, "{id}", made.TaskID), g.host)
				if _, err := bufio.NewReaderSize(conn, 16).ReadByte(); err != nil { // the answer has begun
					t.Fatalf("%s: %v", path, err)
				}
			}
		}
		g.lives("some of them")
		g.calm(before, "slow readers")
	})
}

// Many connections, streams and questions at once cost little each, and nothing when they have ended.
func TestAttackFloods(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	id := g.task(`"input":"x","metadata":{"sandbox":"never-ends"}`)
	before := g.cost()
	hold := func(n int, request string) {
		var conns []io.Closer
		for range n {
			conn := g.dial()
			conns = append(conns, conn)
			_, _ = io.WriteString(conn, request)
			if strings.HasSuffix(request, "\r\n\r\n") {
				_ = conn.SetReadDeadline(time.Now().Add(patience))
				if _, err := conn.Read(make([]byte, 1)); err != nil {
					t.Fatalf("%.30q is not answered: %v", request, err)
				}
			}
		}
		g.lives("many connections")
		for _, c := range conns {
			_ = c.Close()
		}
	}
	g.costs("1,000 idle connections", most{memory: 100, cpu: 10 * time.Second}, func() { hold(1000, "") })
	g.calm(before, "idle connections")
	for _, path := range []string{"/api/events", "/api/tasks/" + id + "/events", "/api/events?list=false" + strings.Repeat("&follow="+id+".0", 32)} {
		g.costs("300 streams of "+path[:11], most{memory: 250, cpu: 20 * time.Second}, func() {
			hold(300, "GET "+path+" HTTP/1.1\r\nHost: "+g.host+"\r\n\r\n")
		})
		g.calm(before, "streams")
	}
	g.costs("300 questions at once", most{memory: 300, cpu: 40 * time.Second}, func() {
		var all sync.WaitGroup
		for i := range 300 {
			all.Go(func() {
				if a := g.call("GET", []string{"/tasks?q=nothing", "/api/tasks?q=nothing", "/", "/tasks/" + id}[i%4], ""); a.status >= 500 && a.status != http.StatusServiceUnavailable {
					t.Errorf("%d %.200s", a.status, a.body)
				}
			})
		}
		all.Wait()
	})
	attacker.CloseIdleConnections()
	g.calm(before, "questions")
}
