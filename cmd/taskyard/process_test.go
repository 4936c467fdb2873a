package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

// binary is the program, built once as the README builds it.
var binary string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "taskyard")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binary = filepath.Join(folder, "taskyard")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return pgtest.M{M: m}.Run()
}

// process is a running server.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string // its address
	said *output

	bearer string // the token that requests bring; "" is none
}

// output collects what a process says.
type output struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// patience bounds waiting for what must happen.
const patience = 40 * time.Second

var address = regexp.MustCompile(`Taskyard is at (http://\S+)`)

// sealKey is what the nodes of a PostgreSQL database seal with. A server with a file has a key of its own.
const sealKey = "TASKYARD_SEAL_KEY=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// envFor is what a server needs for a database besides its address.
func envFor(database string) []string {
	if store.IsPostgres(database) {
		return []string{sealKey}
	}
	return nil
}

// start runs the program until the test ends, and returns when it serves.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), said: &output{}}
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.cmd.Env, p.cmd.Dir = append(os.Environ(), env...), "../.." // serve --dev reads the pages from the source tree
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	await(t, "the server's address", func() bool {
		if found := address.FindStringSubmatch(p.said.String()); found != nil {
			p.base = found[1]
		}
		return p.base != ""
	}, func() string { return p.said.String() })
	return p
}

// kill ends the process as a power cut does. A process that has ended is left.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// terminate asks the process to end and returns how it did.
func (p *process) terminate() error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.cmd.Wait()
}

func await(t *testing.T, what string, done func() bool, said func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come in %s: %s", what, patience, said())
		}
	}
}

// send makes a request, as whoever has the token.
func (p *process) send(req *http.Request) (*http.Response, error) {
	if p.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+p.bearer)
	}
	return http.DefaultClient.Do(req)
}

// post submits a task and returns its id.
func (p *process) post(body string) (string, error) {
	req, err := http.NewRequest(http.MethodPost, p.base+"/api/tasks", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.send(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		TaskID string `json:"taskId"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("answered %d %+v: %w", resp.StatusCode, answer, err)
	}
	return answer.TaskID, nil
}

func (p *process) submit(body string) string {
	p.t.Helper()
	id, err := p.post(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// get reads JSON.
func (p *process) get(path string, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return err
	}
	resp, err := p.send(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(resp.Body)
		return errors.Join(fmt.Errorf("%s answered %d: %s", path, resp.StatusCode, body), err)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// listed is a task in the list.
type listed struct {
	ID, Status, RunID string
	CompletedAt       *time.Time
}

func (p *process) list() []listed {
	p.t.Helper()
	var all []listed
	if err := p.get("/api/tasks?limit=500", &all); err != nil {
		p.t.Fatal(err)
	}
	return all
}

// awaitAll waits until a condition holds for each of n tasks.
func (p *process) awaitAll(n int, what string, holds func(listed) bool) []listed {
	p.t.Helper()
	var all []listed
	await(p.t, what, func() bool {
		all = p.list()
		for _, task := range all {
			if !holds(task) {
				return false
			}
		}
		return len(all) == n
	}, func() string { return fmt.Sprint(all) })
	return all
}

// finished waits until a task has ended.
func (p *process) finished(id string) {
	p.t.Helper()
	var task listed
	await(p.t, "the task's end", func() bool {
		return p.get("/api/tasks/"+id, &task) == nil && task.CompletedAt != nil
	}, func() string { return fmt.Sprint(task) })
}
