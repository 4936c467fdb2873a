package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// drainBound is what the server may take to end gracefully: its own bound and a little for the machine.
const drainBound = 12 * time.Second

// server is the process under test, over all its lives.
type server struct {
	binary, database, upstream string
	seed                       uint64
	said                       *os.File

	hand sync.Mutex // held by whoever starts, stops or ends the process

	mu   sync.Mutex // guards all below
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	base string
	// Figures.
	starts, refusals        int
	slowestStart, longDrain time.Duration
}

var address = regexp.MustCompile(`Taskyard is at (http://\S+)`)

// errRefused is a start that the server itself gave up.
var errRefused = errors.New("the server did not start")

// start runs the process and returns when it serves.
func (s *server) start(ctx context.Context) error { return s.launch(ctx, true) }

func (s *server) launch(ctx context.Context, faulty bool) error {
	heard := &firstLine{found: make(chan string, 1)}
	cmd := exec.Command(s.binary, "serve", "--addr", "127.0.0.1:0", "--upstream", s.upstream, "--simulator=false")
	cmd.Env = append(os.Environ(), "TASKYARD_DATABASE="+s.database)
	if strings.HasPrefix(s.database, "postgres") {
		cmd.Env = append(cmd.Env, "TASKYARD_SEAL_KEY="+sealKey)
	}
	if faulty {
		cmd.Env = append(cmd.Env, fmt.Sprintf("TASKYARD_CHAOS_COMMITS=%d", s.seed))
	}
	errs := &tail{}
	cmd.Stdout = io.MultiWriter(s.said, heard)
	cmd.Stderr = io.MultiWriter(s.said, errs)
	begun := time.Now()
	fmt.Fprintf(s.said, "--- start %s\n", begun.Format(time.RFC3339Nano))
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { // ends with the process
		_ = cmd.Wait()
		close(done)
	}()
	s.mu.Lock()
	s.cmd, s.done = cmd, done
	s.mu.Unlock()
	select {
	case base := <-heard.found:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.base, s.starts, s.slowestStart = base, s.starts+1, max(s.slowestStart, time.Since(begun))
		return nil
	case <-done:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusals++
		return fmt.Errorf("%w: %s", errRefused, errs)
	case <-ctx.Done():
		s.kill() // nobody will ask for it
		return context.Cause(ctx)
	case <-time.After(time.Minute):
		s.kill()
		return errors.New("the server did not say within a minute where it is")
	}
}

// startUntilServing tries again while the disk does not let it.
func (s *server) startUntilServing(ctx context.Context) error {
	for {
		err := s.start(ctx)
		if err == nil || !errors.Is(err, errRefused) || !understandable(err) {
			return err
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// understandable reports whether a refusal says what is wrong and what to do.
func understandable(err error) bool {
	for _, advice := range []string{"free some space", "check the rights on", "end that program", "check it and its mount", "check that PostgreSQL runs", "try again in a moment"} {
		if strings.Contains(err.Error(), advice) {
			return true
		}
	}
	return strings.Contains(err.Error(), "told to fail") // by this harness
}

// signal sends a signal to the process, if there is one.
func (s *server) signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		_ = s.cmd.Process.Signal(sig)
	}
}

// pid is the process's, 0 if there is none.
func (s *server) pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// kill ends the process as kill -9 does.
func (s *server) kill() {
	s.signal(syscall.SIGKILL)
	s.wait()
}

func (s *server) wait() {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
}

// terminate ends the process gracefully and returns how it ended.
func (s *server) terminate() error {
	begun := time.Now()
	s.signal(syscall.SIGTERM)
	s.mu.Lock()
	cmd, done := s.cmd, s.done
	s.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
	case <-time.After(drainBound):
		s.kill()
		return fmt.Errorf("the server did not end within %s of SIGTERM", drainBound)
	}
	s.mu.Lock()
	s.longDrain = max(s.longDrain, time.Since(begun))
	s.mu.Unlock()
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with %s after SIGTERM", cmd.ProcessState)
	}
	return nil
}

// restartSoundly starts the process without faults of its own.
func (s *server) restartSoundly(ctx context.Context) error {
	s.hand.Lock()
	defer s.hand.Unlock()
	s.kill()
	return s.launch(ctx, false)
}

func (s *server) close() error {
	s.kill()
	return s.said.Close()
}

// do calls the server where it now is.
func (s *server) do(ctx context.Context, client *http.Client, method, path string, header http.Header, body []byte) (*http.Response, error) {
	s.mu.Lock()
	base := s.base
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return client.Do(req)
}

// firstLine finds the server's address in what it says.
type firstLine struct {
	buf   []byte // nil once it was found
	said  bool
	found chan string // capacity 1
}

func (f *firstLine) Write(p []byte) (int, error) {
	if f.said {
		return len(p), nil
	}
	f.buf = append(f.buf, p...)
	if m := address.FindSubmatch(f.buf); m != nil && bytes.HasSuffix(f.buf, []byte("\n")) {
		f.said, f.buf = true, nil
		f.found <- string(m[1])
	}
	return len(p), nil
}

// tail keeps the end of what a process says.
type tail struct {
	mu  sync.Mutex // guards buf
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if extra := len(t.buf) - 2000; extra > 0 {
		t.buf = t.buf[extra:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
