package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// scale makes runs of minutes take seconds.
const scale = 20

// numberKey is the metadata by which a run is known as the task's with that number.
const numberKey = "number"

// upstream is the simulated Task API. It keeps its address and its runs over all its restarts.
type upstream struct {
	seed   uint64
	length time.Duration // of the whole
	state  string        // path of its state file
	addr   string

	mu     sync.Mutex // guards all below
	box    *sandbox.Sandbox
	server *http.Server                                  // nil while it is down
	conns  map[net.Conn]struct{}                         // open ones
	mood   func(http.ResponseWriter, *http.Request) bool // answers instead of the simulator; nil lets it
	calls  int                                           // create calls that arrived
}

func newUpstream(seed uint64, length time.Duration, state string) (*upstream, error) {
	u := &upstream{seed: seed, length: length, state: state, conns: make(map[net.Conn]struct{})}
	if err := u.restart(); err != nil {
		return nil, err
	}
	return u, nil
}

func (u *upstream) url() string { return "http://" + u.addr }

// restart ends it, if it is there, and begins anew from its state file.
func (u *upstream) restart() error {
	u.down()
	u.mu.Lock()
	box := u.box
	u.mu.Unlock()
	if box != nil {
		if err := box.Close(); err != nil {
			return fmt.Errorf("close upstream: %w", err)
		}
	}
	box, err := sandbox.New(sandbox.WithSeed(u.seed), sandbox.WithScale(scale), sandbox.WithStateFile(u.state),
		sandbox.WithScript(u.script), sandbox.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("open upstream: %w", err)
	}
	u.mu.Lock()
	u.box = box
	u.mu.Unlock()
	return u.up()
}

// script lets every third run do what is made up for it; the others follow their scenario. It depends on the task's
// number alone, so that it is the same after a restart.
func (u *upstream) script(_ int, in *parallel.TaskRunInput) (sandbox.Script, bool) {
	n, err := strconv.Atoi(fmt.Sprint(in.Metadata[numberKey]))
	if err != nil || n%3 != 0 {
		return sandbox.Script{}, false
	}
	s := sandbox.RandomScript(rand.New(rand.NewPCG(u.seed, uint64(n))))
	for _, streams := range [][]sandbox.Stream{s.Live, s.Ended} {
		for i := range streams { // silences have tests of their own, and would take minutes each
			streams[i].Hold = min(max(streams[i].Hold, 40*time.Second), 80*time.Second)
		}
	}
	s.End.At = min(s.End.At, 2*longestRun(u.length))
	return s, true
}

// longestRun is how long most runs take at most, in simulated time: not so long that nothing happens behind the end of
// them but waiting.
func longestRun(length time.Duration) time.Duration { return min(scale*length/4, 12*time.Minute) }

// listen takes a port that stays free while upstream is down: the system gives none below 32768 to outgoing connections.
func (u *upstream) listen() (net.Listener, error) {
	for attempt := 1; ; attempt++ {
		addr := u.addr
		if addr == "" {
			addr = fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(12_000))
		}
		listener, err := net.Listen("tcp", addr)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || attempt == 1000 {
			return listener, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// up begins to listen, where it did before.
func (u *upstream) up() error {
	listener, err := u.listen()
	if err != nil {
		return fmt.Errorf("upstream: %w", err)
	}
	u.addr = listener.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(u.serve), ConnState: u.count, ReadHeaderTimeout: 10 * time.Second}
	u.mu.Lock()
	u.server = server
	u.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // ends with down
	return nil
}

// down ends listening and every connection.
func (u *upstream) down() {
	u.mu.Lock()
	server := u.server
	u.server = nil
	u.mu.Unlock()
	if server != nil {
		_ = server.Close() // the connections end, however they do
	}
	u.cut()
}

// cut resets every connection.
func (u *upstream) cut() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

func (u *upstream) count(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch state {
	case http.StateNew:
		u.conns[conn] = struct{}{}
	case http.StateClosed, http.StateHijacked:
		delete(u.conns, conn)
	}
}

// feel sets a mood, or ends it.
func (u *upstream) feel(mood func(http.ResponseWriter, *http.Request) bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.mood = mood
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	box, mood := u.box, u.mood
	if r.Method == http.MethodPost {
		u.calls++
	}
	u.mu.Unlock()
	if mood != nil && mood(w, r) {
		return
	}
	if r.Method == http.MethodPost {
		w = &slow{ResponseWriter: w, wait: time.Duration(rand.Int64N(int64(createTime)))}
	}
	box.ServeHTTP(w, r)
}

// createTime bounds how long the answer to a create takes after the run was made: it is when a crash does most harm.
const createTime = 600 * time.Millisecond

// slow waits before the answer.
type slow struct {
	http.ResponseWriter
	wait time.Duration
}

func (s *slow) WriteHeader(status int) {
	time.Sleep(s.wait)
	s.ResponseWriter.WriteHeader(status)
}

// log is the truth of a run.
func (u *upstream) log(runID string) ([]json.RawMessage, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.box.Log(runID)
}

// runs reads the state file: the runs that were made, for the number of each task. Each of them would be billed.
func (u *upstream) runs() (map[int][]string, error) {
	file, err := os.Open(u.state)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	made := make(map[int][]string)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var run struct {
			ID      string
			Request struct{ Metadata map[string]any }
		}
		if json.Unmarshal(lines.Bytes(), &run) != nil {
			continue // a line that is being written
		}
		n, err := strconv.Atoi(fmt.Sprint(run.Request.Metadata[numberKey]))
		if err != nil {
			return nil, fmt.Errorf("run %s is nobody's: %w", run.ID, err)
		}
		made[n] = append(made[n], run.ID)
	}
	return made, lines.Err()
}

func (u *upstream) close() error {
	u.down()
	if u.box == nil {
		return nil
	}
	return u.box.Close()
}

// dumb takes calls and never answers, until the context ends; what waited is then cut, and was not done.
func dumb(ctx context.Context) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-ctx.Done():
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
}

// refusing answers every call as an overloaded API does, or as a proxy before one that is away.
func refusing(status int, html bool) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "1")
		if html {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprint(w, "<html><title>Bad gateway</title></html>")
			return true
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"error","error":{"ref_id":"chaos","message":"not now (%d)"}}`, status)
		return true
	}
}

var errNoRun = errors.New("upstream knows no such run")
