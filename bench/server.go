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
	"regexp"
	"strings"
	"syscall"
	"time"
)

// program is the binary that is measured.
type program struct {
	path     string
	profiled bool // it serves profiles
}

// build compiles the program as it is released; with profiles it can be asked for them, and is otherwise the same.
func build(ctx context.Context, path string, profiled bool) (program, error) {
	args := []string{"build", "-trimpath", "-o", path} // as releases are built
	if profiled {
		args = append(args, "-tags", "profile")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/taskyard/taskyard/cmd/taskyard")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("build: %w\n%s", err, out)
	}
	return program{path, profiled}, nil
}

// server is the program at work on a database.
type server struct {
	*process
	program  program
	database *database
	upstream string
	client   *http.Client
	base     string        // where it is
	profiles string        // where its profiles are; "" if it serves none
	begun    time.Time     // when it was started
	took     time.Duration // until it served
}

// onServers measures on a server of its own for each size and engine; what is measured is said in a sentence with both.
func (b *bench) onServers(ctx context.Context, what string, sizes []int, measure func(context.Context, *server, int) error) error {
	for _, n := range sizes {
		for _, engine := range engines {
			about := fmt.Sprintf(what, n, engine)
			b.say("%s", about)
			if err := b.onServer(ctx, engine, func(ctx context.Context, s *server) error { return measure(ctx, s, n) }); err != nil {
				return fmt.Errorf("%s: %w", about, err)
			}
		}
	}
	return nil
}

// onServer measures on a server with a new database, in which the tables are made, and a far end; all of it ends with that.
func (b *bench) onServer(ctx context.Context, engine string, measure func(context.Context, *server) error) (err error) {
	d, err := b.emptyDatabase(ctx, engine)
	if err != nil {
		return err
	}
	up, err := b.startUpstream()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, up.stop()) }()
	s, err := serve(ctx, b.program, d, up.address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.kill(), d.drop(context.WithoutCancel(ctx))) }()
	return measure(ctx, s)
}

// sealKey is that of servers over PostgreSQL.
const sealKey = "dGFza3lhcmQtYmVuY2gtc2VhbC1rZXktMzItYnl0ZXM="

// apiKey is that of all tasks: as most users do, they bring one of their own, which is sealed.
const apiKey = "sk-bench-9f2c61d07a"

// startPatience and endPatience bound how long the program may take to start and to end.
const startPatience, endPatience = 5 * time.Minute, time.Minute

var (
	address        = regexp.MustCompile(`Taskyard is at (http://\S+)\n`)
	profileAddress = regexp.MustCompile(`Profiles are at (http://\S+)\n`)
)

// serve starts the program and returns when it serves.
func serve(ctx context.Context, program program, database *database, upstream string) (*server, error) {
	s := &server{program: program, database: database, upstream: upstream, client: plainClient()}
	err := s.start(ctx)
	return s, err
}

func (s *server) start(ctx context.Context) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), s.program.path, "serve", "--addr", "127.0.0.1:0", "--upstream", s.upstream, "--simulator=false",
		"--sign-in", "none", "--creates-per-minute", "0", "--log-level", "warn")
	cmd.Env = append(os.Environ(), "TASKYARD_DATABASE="+s.database.address, "TASKYARD_SEAL_KEY="+sealKey)
	if s.program.profiled {
		cmd.Env = append(cmd.Env, "TASKYARD_PROFILE=127.0.0.1:0")
	}
	out := &tail{}
	s.begun = time.Now()
	var err error
	if s.process, err = launch(cmd, out); err != nil {
		return err
	}
	for ctx.Err() == nil && time.Since(s.begun) < startPatience {
		if found := address.FindStringSubmatch(out.String()); found != nil {
			s.base, s.took = found[1], time.Since(s.begun)
			if found := profileAddress.FindStringSubmatch(out.String()); found != nil {
				s.profiles = found[1]
			}
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("the server did not start: %s", s.said)
		case <-time.After(time.Millisecond):
		}
	}
	return errors.Join(context.Cause(ctx), errors.New("the server did not say where it is"), s.kill())
}

func (s *server) kill() error { return s.end(syscall.SIGKILL, endPatience) }

// terminate ends it as an administrator does.
func (s *server) terminate() error { return s.end(syscall.SIGTERM, endPatience) }

// get reads an answer of the server's into answer.
func (s *server) get(ctx context.Context, path string, answer any) error {
	return call(ctx, s.client, http.MethodGet, s.base+path, nil, answer)
}

// create submits a task whose run behaves as p says, and returns its id.
func (s *server) create(ctx context.Context, p pace) (string, error) {
	body, err := json.Marshal(map[string]any{
		"processor": "pro", "input": "What is known of the harbours of the north?", "metadata": p.metadata(),
	})
	if err != nil {
		return "", err
	}
	var made struct {
		TaskID string `json:"taskId"`
	}
	err = call(ctx, s.client, http.MethodPost, s.base+"/api/tasks", body, &made)
	return made.TaskID, err
}

// profile takes a profile of the server's into a file, if it serves them.
func (s *server) profile(ctx context.Context, kind, file string) error {
	resp, err := openStream(ctx, s.client, s.profiles+"/"+kind)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}

// call does a call of a JSON API. A nil answer is not read.
func call(ctx context.Context, client *http.Client, method, url string, body []byte, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-Api-Key", apiKey)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s answers %s: %s", method, url, resp.Status, strings.TrimSpace(string(content[:min(len(content), 300)])))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(content, answer)
}
