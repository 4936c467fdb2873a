package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox/internal/provider"
)

func (s *Sandbox) routes(signIn *provider.Provider) {
	s.mux = http.NewServeMux()
	signIn.Routes(s.mux)
	s.mux.HandleFunc("POST /v1/tasks/runs", s.withKey(s.create))
	s.mux.HandleFunc("GET /v1/tasks/runs/{run_id}", s.ofRun(s.status))
	s.mux.HandleFunc("GET /v1/tasks/runs/{run_id}/input", s.ofRun(s.input))
	s.mux.HandleFunc("GET /v1/tasks/runs/{run_id}/result", s.ofRun(s.result))
	s.mux.HandleFunc("GET /v1/tasks/runs/{run_id}/events", s.ofRun(s.stream))
	s.mux.HandleFunc("POST /v1/tasks/runs/{run_id}/cancel", s.ofRun(s.cancel)) // the simulator's own
	s.mux.HandleFunc("GET /v1beta/tasks/runs/{run_id}/events", s.ofRun(s.stream))
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.refuse(w, http.StatusNotFound, "Not found: the simulator has no such call", nil)
	})
}

// account is what the sandbox knows of a key. The key itself is not kept.
type account struct {
	id     string // hash of the key
	credit bool
}

// withKey lets calls through that bring a good key.
func (s *Sandbox) withKey(next func(http.ResponseWriter, *http.Request, account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimSpace(r.Header.Get("x-api-key"))
		if key == "" || strings.HasPrefix(key, "invalid") {
			s.refuse(w, http.StatusUnauthorized, "Unauthorized: invalid or missing credentials", nil)
			return
		}
		hash := sha256.Sum256([]byte(key))
		next(w, r, account{id: hex.EncodeToString(hash[:16]), credit: !strings.HasPrefix(key, "nocredit")})
	}
}

// ofRun finds the run that a call is about.
func (s *Sandbox) ofRun(next func(http.ResponseWriter, *http.Request, *run)) http.HandlerFunc {
	return s.withKey(func(w http.ResponseWriter, r *http.Request, from account) {
		run, err := s.find(r.Context(), r.PathValue("run_id"))
		if err != nil && !errors.Is(err, ErrNoRun) {
			s.log.Error("a run could not be looked up", "error", err)
			s.refuse(w, http.StatusInternalServerError, "Internal server error: the simulator could not look the run up", nil)
			return
		}
		if err != nil || run.Key != from.id || run.play().forgotten(time.Now()) || run.broken.isForgotten() {
			s.refuse(w, http.StatusNotFound, "Run not found", nil)
			return
		}
		next(w, r, run)
	})
}

// refuse answers with an error as upstream words it; detail, if not nil, is an object.
func (s *Sandbox) refuse(w http.ResponseWriter, status int, message string, detail any) {
	e := parallel.ErrorEvent{Type: parallel.EventError, Err: parallel.Error{RefID: s.refID(), Message: message}}
	if detail != nil {
		e.Err.Detail = encode(detail)
	}
	s.answer(w, status, encode(e))
}

// refID is a new name for a refusal, in the form of a UUID.
func (s *Sandbox) refID() string {
	h := sha256.Sum256(fmt.Appendf(nil, "ref %d %d", s.seed, s.errors.Add(1)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (s *Sandbox) answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // it is JSON, and says so; a client that has gone needs no answer
}

// fail answers with a fault instead of the proper answer.
func (s *Sandbox) fail(w http.ResponseWriter, fault CallFault) {
	if fault.Status == 0 {
		panic(http.ErrAbortHandler) // the way to break a connection without an answer
	}
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter.Seconds())))
	}
	s.refuse(w, fault.Status, faultMessage(fault.Status), nil)
}

func faultMessage(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "Too many requests: quota temporarily exceeded (simulated)"
	case http.StatusRequestTimeout:
		return "Run is still active (simulated)"
	}
	return http.StatusText(status) + " (simulated)"
}

// status answers with the run as it is.
func (s *Sandbox) status(w http.ResponseWriter, _ *http.Request, run *run) {
	p := run.play()
	if fault, ok := nth(p.Status, turn(&run.status)); ok {
		s.fail(w, fault)
		return
	}
	s.answer(w, http.StatusOK, encode(p.taskRun(time.Now())))
}

// input answers with what the run was made with.
func (s *Sandbox) input(w http.ResponseWriter, _ *http.Request, run *run) {
	s.answer(w, http.StatusOK, run.Request)
}

// maxResultWait bounds how long one result call can wait, and is what it waits when it does not say.
const maxResultWait = 600 * time.Second

// result waits for the end of the run and answers with its output.
func (s *Sandbox) result(w http.ResponseWriter, r *http.Request, run *run) {
	wait, err := resultWait(r.URL.Query().Get("timeout"))
	if err != nil {
		s.refuse(w, http.StatusUnprocessableEntity, "Unprocessable content: request validation error", invalid("timeout", err.Error()))
		return
	}
	p := run.play()
	if fault, ok := nth(p.Result, turn(&run.result)); ok {
		s.fail(w, fault)
		return
	}
	ctx, cancel := s.untilClosing(r.Context())
	defer cancel()
	if p, err = p.awaitEnd(ctx, time.Now().Add(wait)); err != nil {
		s.refuse(w, http.StatusServiceUnavailable, "The simulator is shutting down", nil)
		return
	}
	switch now := time.Now(); {
	case !p.ended(now):
		s.refuse(w, http.StatusRequestTimeout, "Run is still active", map[string]any{"run_id": run.ID})
	case p.End.Status != parallel.StatusCompleted:
		s.refuse(w, http.StatusNotFound, "Run has no result: its status is "+string(p.End.Status), map[string]any{"run_id": run.ID})
	default:
		s.answer(w, http.StatusOK, p.result(now))
	}
}

// awaitEnd waits for the end of the run, no longer than until a time. It returns the play as it then is.
func (p *play) awaitEnd(ctx context.Context, until time.Time) (*play, error) {
	for {
		wake := until
		if p.ends() && p.when(p.End.At).Before(until) {
			wake = p.when(p.End.At)
		}
		err := p.sleepUntil(ctx, wake)
		if !errors.Is(err, errCancelled) {
			return p, err
		}
		p = p.run.play()
	}
}

func resultWait(seconds string) (time.Duration, error) {
	if seconds == "" {
		return maxResultWait, nil
	}
	n, err := strconv.Atoi(seconds)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("must be a number of seconds from 0 to %d", int(maxResultWait.Seconds()))
	}
	return min(time.Duration(n)*time.Second, maxResultWait), nil
}

// result is the TaskRunResult of a completed run.
func (p *play) result(now time.Time) json.RawMessage {
	return encode(struct {
		Run    parallel.TaskRun `json:"run"`
		Output json.RawMessage  `json:"output"`
	}{p.taskRun(now), p.output()})
}
