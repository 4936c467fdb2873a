package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// startTimeout bounds how long a server may take until it answers.
const startTimeout = 60 * time.Second

// Server is one PostgreSQL server. It listens on loopback and lets in whoever comes.
type Server struct {
	folder   string
	settings []string
	port     int

	process *exec.Cmd
	done    chan struct{} // closed when the process has ended
	log     logBuffer
}

// Start makes a database cluster below folder and starts a server on it. The settings are PostgreSQL's, as name=value.
func Start(folder string, settings ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, settings: settings, port: port}
	if err := s.initialise(); err != nil {
		return nil, err
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, nil
}

// URL is where a database of the server is.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://taskyard@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Addr is the host and port on which it listens.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// binary finds a program of PostgreSQL: on the path, or where Debian puts the newest.
func binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is not installed; make tools installs it", name)
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

// version is the major version in a path such as /usr/lib/postgresql/15/bin/initdb.
func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) initialise() error {
	initdb, err := binary("initdb")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.Background(), initdb, "--pgdata", s.data(), "--username", "taskyard", "--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if err := s.disown(cmd); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// disown makes a program run as the user postgres where this one is root, as PostgreSQL refuses to be.
func (s *Server) disown(cmd *exec.Cmd) error {
	cmd.Dir = s.folder
	cmd.SysProcAttr = dieWithParent()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.folder, uid, gid)
}

func (s *Server) start() error {
	path, err := binary("postgres")
	if err != nil {
		return err
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-h", "127.0.0.1", "-k", "", "-c", "max_connections=200"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.process = exec.CommandContext(context.Background(), path, args...)
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	if err := s.disown(s.process); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.done = make(chan struct{})
	go func(p *exec.Cmd, done chan struct{}) {
		defer close(done)
		p.Wait() //nolint:errcheck // how it ended is in its log
	}(s.process, s.done)
	return s.await()
}

// await returns when the server answers.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.exec(ctx, "postgres", `SELECT 1`)
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("PostgreSQL ended: %s", s.log.String())
		case <-ctx.Done():
			return errors.Join(err, s.Stop())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends the server at once, as a crash would not: connections are closed, what is committed is kept.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Crash ends the server without a word to anyone. Start it again with Restart.
func (s *Server) Crash() error { return s.end(syscall.SIGQUIT) }

func (s *Server) end(how syscall.Signal) error {
	if err := s.process.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(startTimeout):
		return errors.Join(errors.New("PostgreSQL did not end"), s.process.Process.Kill())
	}
}

// Restart starts the server again on the same port and data.
func (s *Server) Restart() error { return s.start() }

// Pid is the process id of the server's first process.
func (s *Server) Pid() int { return s.process.Process.Pid }

// Ports below those that outgoing connections take, so that none of them can come first.
const firstPort, lastPort = 20000, 29999

func freePort() (int, error) {
	for i := range lastPort - firstPort {
		port := firstPort + (os.Getpid()*37+i)%(lastPort-firstPort)
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return 0, errors.New("no free port")
}

// logBuffer keeps the end of what the server says, and can be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf []byte
}

const maxLog = 64 << 10

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf = append(b.buf, p...)
	if len(b.buf) > maxLog {
		b.buf = b.buf[len(b.buf)-maxLog:]
	}
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.buf)
}
