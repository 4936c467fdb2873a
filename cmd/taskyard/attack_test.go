//go:build attack

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// operator is the token of whoever runs the server.
const operator = "a-token-of-the-operator"

// target is a server as whoever attacks it sees it, and as the kernel does.
type target struct {
	*testing.T
	*process
	host string // host:port
}

// aim starts a server that lets in whom a mode says. It lets each as often as they like, unless told otherwise: whoever is
// kept from asking has proved nothing.
func aim(t *testing.T, mode string, args ...string) *target {
	t.Helper()
	args = append([]string{"serve", "--addr", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "t.db"), "--access", mode, "--sign-in", "none", "--simulator-scale", "2000",
		"--visitor-limits", "pace=0,tasks=0,streams=0", "--token-limits", "pace=0,tasks=0,streams=0"}, args...)
	p := start(t, []string{"TASKYARD_OPERATOR_TOKEN=" + operator}, args...)
	return &target{t, p, strings.TrimPrefix(p.base, "http://")}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

var attacker = http.Client{
	Timeout:       patience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// call sends one request, with headers as pairs of names and values.
func (g *target) call(method, path, body string, headers ...string) reply {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), method, g.base+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := attacker.Do(req)
	if err != nil {
		g.Fatalf("%s %s: %v\n%s", method, path, err, g.said)
	}
	return g.read(resp)
}

func (g *target) read(resp *http.Response) reply {
	g.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		g.Fatalf("read the answer: %v", err)
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// bearer is the header of a token; none of "".
func bearer(token string) []string {
	if token == "" {
		return nil
	}
	return []string{"Authorization", "Bearer " + token}
}

// as calls with a token.
func (g *target) as(token, method, path, body string, headers ...string) reply {
	g.Helper()
	return g.call(method, path, body, append(bearer(token), headers...)...)
}

// token has the operator make one.
func (g *target) token(name, role string) string {
	g.Helper()
	a := g.as(operator, "POST", "/api/tokens", fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || made.Token == "" {
		g.Fatalf("no token: %+v", a)
	}
	return made.Token
}

// task submits one to the simulator, and returns its id.
func (g *target) task(fields string, headers ...string) string {
	g.Helper()
	a := g.call("POST", "/api/tasks", `{"upstream":"simulator","processor":"lite",`+fields+`}`, headers...)
	var made struct{ TaskID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated {
		g.Fatalf("no task: %+v", a)
	}
	return made.TaskID
}

// ended waits for a task's end, and returns it.
func (g *target) ended(id string, headers ...string) (t struct{ Status, RunID, Phase string }) {
	g.Helper()
	var text string
	await(g.T, "the end of a task", func() bool {
		text = g.call("GET", "/api/tasks/"+id, "", headers...).body
		return strings.Contains(text, `"phase":"ended"`)
	}, func() string { return text })
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		g.Fatal(err)
	}
	return t
}

// goodbye is a request behind others: its answer says that the connection was not closed before.
func (g *target) goodbye() string {
	return "GET /healthz HTTP/1.1\r\nHost: " + g.host + "\r\nConnection: close\r\n\r\n"
}

// raw sends bytes and reads answers until the server closes the connection.
func (g *target) raw(text string) []reply {
	g.Helper()
	conn := g.dial()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, text) // the server may close before all is written
	var answers []reply
	for in := bufio.NewReader(conn); ; {
		resp, err := http.ReadResponse(in, nil)
		if err == nil {
			body, err := io.ReadAll(resp.Body)
			answers = append(answers, reply{resp.StatusCode, resp.Header, string(body)})
			if err == nil {
				continue
			}
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			g.Errorf("%.60q: the connection stays open", text)
		}
		return answers
	}
}

func (g *target) dial() *net.TCPConn {
	g.Helper()
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", g.host)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.TCPConn)
}

// lives sees that the server still does its work, or does it again soon.
func (g *target) lives(after string) {
	g.Helper()
	var a reply
	await(g.T, "an answer after "+after, func() bool {
		a = g.call("GET", "/readyz", "")
		return a.status == http.StatusOK
	}, func() string { return fmt.Sprintf("%+v", a) })
}

// cost is what the kernel says that a process takes.
type cost struct {
	memory int64 // MiB that are resident
	cpu    time.Duration
	files  int
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func (g *target) cost() cost {
	g.Helper()
	c, err := g.measure()
	if err != nil {
		g.Fatalf("the server is gone: %v\n%s", err, g.said)
	}
	return c
}

func (g *target) measure() (c cost, err error) {
	folder := fmt.Sprintf("/proc/%d/", g.cmd.Process.Pid)
	status, err1 := os.ReadFile(folder + "status")
	stat, err2 := os.ReadFile(folder + "stat")
	files, err3 := os.ReadDir(folder + "fd")
	kib := resident.FindSubmatch(status)
	times := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // behind the name: the first is field 3
	if err := errors.Join(err1, err2, err3); err != nil || kib == nil || len(times) < 13 {
		return c, fmt.Errorf("read %s: %w", folder, err)
	}
	memory, err1 := strconv.ParseInt(string(kib[1]), 10, 64)
	user, err2 := strconv.Atoi(times[11])
	system, err3 := strconv.Atoi(times[12])
	const tick = 10 * time.Millisecond // USER_HZ is 100
	return cost{memory >> 10, time.Duration(user+system) * tick, len(files)}, errors.Join(err1, err2, err3)
}

// most bounds what an attack may cost, far above what it does and far below what would bring a server down.
type most struct {
	memory int64 // MiB
	cpu    time.Duration
}

// costs sees that an attack costs no more than it may. Memory is looked at while it goes on.
func (g *target) costs(name string, bound most, attack func()) {
	g.Helper()
	before := g.cost()
	stop, peak := make(chan struct{}), make(chan int64, 1) // what was seen waits for whoever asks
	go func() {
		most := int64(0)
		for {
			if c, err := g.measure(); err == nil {
				most = max(most, c.memory)
			}
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	func() {
		defer close(stop) // also where the attack ends the test
		attack()
	}()
	memory, cpu := <-peak-before.memory, g.cost().cpu-before.cpu
	g.Logf("%s: %d MiB, %s of a processor", name, memory, cpu)
	if memory > bound.memory || cpu > bound.cpu {
		g.Errorf("%s costs %d MiB and %s of a processor, more than %d MiB and %s", name, memory, cpu, bound.memory, bound.cpu)
	}
}

// form writes the fields of a form.
func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// json reads an answer.
func (g *target) json(a reply, into any) {
	g.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		g.Fatalf("%v: %d %.300s", err, a.status, a.body)
	}
}
