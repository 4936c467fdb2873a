package main

import (
	"bufio"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

var retryHint = regexp.MustCompile(`retry: (\d+)`)

// At the end every browser is told when to come back, each at a time of its own, and nobody new is let in.
func TestTermTellsBrowsersWhenToComeBack(t *testing.T) {
	const browsers = 20
	w := newWorld(t, sandbox.WithScale(1))
	p := w.start()
	id := p.submit(task(1, "never-ends"))
	said := make(chan string, browsers)
	for range browsers {
		resp, err := http.Get(p.base + "/api/tasks/" + id + "/events")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		lines := bufio.NewScanner(resp.Body)
		for greeted := false; !greeted && lines.Scan(); { // with the hint of a connection that breaks
			greeted = lines.Text() == ""
		}
		go func() { // ends with the stream
			var last string
			for lines.Scan() {
				if retryHint.MatchString(lines.Text()) {
					last = lines.Text()
				}
			}
			said <- last
		}()
	}
	if err := p.terminate(); err != nil {
		t.Fatalf("the end: %v\n%s", err, p.said)
	}
	waits := make(map[int]bool)
	for range browsers {
		hint := retryHint.FindStringSubmatch(<-said)
		if hint == nil {
			t.Fatal("a stream ended without a hint")
		}
		ms, err := strconv.Atoi(hint[1])
		if err != nil || ms < 1000 || ms > 5000 {
			t.Errorf("come back after %s ms: %v", hint[1], err)
		}
		waits[ms] = true
	}
	if len(waits) < browsers/2 {
		t.Errorf("%d browsers come back at %d times", browsers, len(waits))
	}
	if _, err := http.Get(p.base + "/healthz"); err == nil {
		t.Error("it answers after its end")
	}
}

// A second signal ends the process now, whatever the first one waits for.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := start(t, nil, "serve", "--addr", "127.0.0.1:0", "--database", w.database, "--upstream", w.upstream, "--drain-timeout", "1h")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request whose body does not come, which the server gives half an hour to end.
	if _, err := conn.Write([]byte("POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("the request did not begin: %q, %v", line, err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "the beginning of the end", func() bool { return strings.Contains(p.said.String(), "stopping") }, p.said.String)
	begun := time.Now()
	err = p.terminate()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v after %s", err, time.Since(begun))
	}
	p = w.start() // and what is left is whole
	if got := p.list(); len(got) != 0 {
		t.Errorf("tasks: %v", got)
	}
}
