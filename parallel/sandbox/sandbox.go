package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox/internal/provider"
)

// Sandbox is a simulated Task API. It is safe for concurrent use.
type Sandbox struct {
	seed      uint64
	scale     float64
	scenario  string
	statePath string
	records   Records // nil unless many sandboxes share the runs
	log       *slog.Logger
	script    func(n int, in *parallel.TaskRunInput) (Script, bool)

	issuer         string // of sign-in; empty: the address that was asked
	signInScenario string

	mux     *http.ServeMux
	runs    runs
	tries   tries
	creates atomic.Int64
	errors  atomic.Uint64 // refusals so far; makes their ref_ids differ

	life     context.Context // ends with Close
	end      context.CancelFunc
	mu       sync.Mutex // guards closed, and serving against Close
	closed   bool
	serving  sync.WaitGroup
	state    *stateFile // nil without a state file
	closeErr error

	insideOnce sync.Once
	inside     *inside // nil unless Client was called
}

// New makes a sandbox. The caller ends it with [Sandbox.Close].
func New(opts ...Option) (*Sandbox, error) {
	s := &Sandbox{seed: 1, scale: 1, log: slog.New(slog.DiscardHandler)}
	s.life, s.end = context.WithCancel(context.Background())
	for _, opt := range opts {
		if err := opt(s); err != nil {
			return nil, err
		}
	}
	signIn, err := provider.New(provider.Config{Issuer: s.issuer, Scenario: s.signInScenario, Key: s.accountKey})
	if err != nil {
		return nil, err
	}
	s.routes(signIn)
	if s.records != nil && s.statePath != "" {
		return nil, errors.New("a sandbox has a state file or shared records, not both")
	}
	if s.statePath == "" {
		return s, nil
	}
	state, err := openState(s.statePath, s.restore, s.log)
	if err != nil {
		return nil, err
	}
	s.state = state
	return s, nil
}

// ServeHTTP answers one call. After [Sandbox.Close] it answers 503.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		s.refuse(w, http.StatusServiceUnavailable, "The simulator is shutting down", nil)
		return
	}
	defer s.serving.Done()
	s.mux.ServeHTTP(w, r)
}

func (s *Sandbox) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.serving.Add(1)
	return true
}

// Close ends open streams and waiting calls, waits for them, and closes the state file.
func (s *Sandbox) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.serving.Wait()
	s.insideOnce.Do(func() {}) // no Client from here on
	if !first {
		return s.closeErr
	}
	if s.inside != nil {
		s.closeErr = s.inside.close()
	}
	if s.state != nil {
		s.closeErr = errors.Join(s.closeErr, s.state.close())
	}
	return s.closeErr
}

// Creates returns the number of create calls that made a run since New.
func (s *Sandbox) Creates() int64 { return s.creates.Load() }

// Log returns the truth about a run: every event that a follower who loses nothing must have in the end, each once,
// in order, and last the final state with the output. A run that never ends has no final state in it.
//
// It is known from the moment the run is made, and holds what is still to come. Not in it, because they depend
// on when one connects: the states before the final one, and progress_stats. Not in it either: lines that are not
// JSON. Where a stream spreads JSON over several lines, the events are equal as values only. It returns false for a
// run that is not known.
func (s *Sandbox) Log(runID string) ([]json.RawMessage, bool) {
	run, ok := s.runs.get(runID)
	if !ok {
		return nil, false
	}
	p := run.play()
	var log []json.RawMessage
	for i := range p.len() {
		if _, kind := p.trace.Peek(i); !replayed(kind) {
			continue
		}
		if data := p.data(p.trace.Event(i)); json.Valid(data) {
			log = append(log, data)
		}
	}
	if p.ends() {
		log = append(log, p.final(true))
	}
	return log, true
}
