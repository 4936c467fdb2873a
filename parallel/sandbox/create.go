package sandbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// maxBody bounds the body of a create, in bytes. Upstream's limit on its characters is far below.
const maxBody = 4 << 20

// create makes a run, or what its script says goes wrong instead.
func (s *Sandbox) create(w http.ResponseWriter, r *http.Request, from account) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuseBody(w, err)
		return
	}
	in, warnings, problem := s.validate(body, from)
	if problem != nil {
		s.refuse(w, problem.status, problem.message, problem.detail())
		return
	}
	if !from.credit {
		s.refuse(w, http.StatusPaymentRequired, "Payment required: insufficient credit in account", nil)
		return
	}
	try := s.tries.begin(from.id, body)
	made := s.newRun(record{
		N: try.n, At: time.Now().Truncate(time.Microsecond), Key: from.id, Seed: s.seed, Scale: s.scale, Scenario: s.scenario,
		Betas: r.Header.Get("parallel-beta"), Previous: s.subject(in.PreviousInteractionID), Warnings: warnings, Request: redacted(in),
	}, in)
	fault, faulty := nth(made.play().Create, try.refused)
	if faulty && !fault.RunMade {
		s.tries.refuse(try)
		s.fail(w, fault.CallFault)
		return
	}
	if err := s.keep(r.Context(), made); err != nil {
		s.log.Error("a run could not be stored", "error", err)
		s.refuse(w, http.StatusInternalServerError, "Internal server error: the simulator could not store the run", nil)
		return
	}
	if faulty {
		s.fail(w, fault.CallFault)
		return
	}
	s.answer(w, http.StatusAccepted, encode(made.play().taskRun(made.At)))
}

func (s *Sandbox) refuseBody(w http.ResponseWriter, err error) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		s.refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is over %d bytes", maxBody), nil)
		return
	}
	s.refuse(w, http.StatusBadRequest, "The body could not be read", nil)
}

// newRun fills in what follows from a record and the request.
func (s *Sandbox) newRun(rec record, in *parallel.TaskRunInput) *run {
	if rec.ID == "" {
		// The time is in it so that a second sandbox with the same seed does not take an earlier one's names; where
		// both share their records, it does not suffice.
		name := fmt.Appendf(nil, "run %d %d %d", rec.Seed, rec.N, rec.At.UnixNano())
		if s.records != nil {
			name = append(name, rand.Text()...)
		}
		hash := sha256.Sum256(name)
		rec.ID = "trun_" + hex.EncodeToString(hash[:16])
	}
	made := &run{record: rec, input: in, cancelled: cancellation{done: make(chan struct{})}}
	if s.script != nil {
		if script, ok := s.script(int(rec.N), in); ok {
			made.scripted = &script
		}
	}
	return made
}

// keep makes a run known.
func (s *Sandbox) keep(ctx context.Context, made *run) error {
	if err := s.remember(ctx, &made.record); err != nil {
		return err
	}
	s.runs.add(made)
	s.creates.Add(1)
	s.log.Debug("run created", "run_id", made.ID, "processor", made.input.Processor)
	return nil
}

// restore makes a run of the state file known again, or cancels one that is.
func (s *Sandbox) restore(rec record) error {
	if !rec.Cancelled.IsZero() {
		return s.restoreCancel(rec.ID, rec.Cancelled)
	}
	in := &parallel.TaskRunInput{}
	if err := json.Unmarshal(rec.Request, in); err != nil {
		return fmt.Errorf("request of run %s: %w", rec.ID, err)
	}
	s.runs.add(s.newRun(rec, in))
	s.tries.skip(rec.N)
	return nil
}

// subject is what an earlier interaction was about, "" if there is none.
func (s *Sandbox) subject(interaction string) string {
	earlier, err := s.find(s.life, interaction)
	if interaction == "" || err != nil {
		return ""
	}
	return (&story{run: earlier}).topic().Subject()
}

// redacted is the request without its secrets: header values of MCP servers, what their addresses say besides where they
// are, and webhook addresses beyond the host.
func redacted(in *parallel.TaskRunInput) json.RawMessage {
	shown := *in
	shown.MCPServers = slices.Clone(in.MCPServers)
	for i := range shown.MCPServers {
		server := &shown.MCPServers[i]
		if u, err := url.Parse(server.URL); err != nil || u.Opaque != "" {
			server.URL = "***"
		} else if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			server.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
		}
		server.Headers = maps.Clone(server.Headers)
		for name := range server.Headers {
			server.Headers[name] = "***"
		}
	}
	if in.Webhook != nil {
		hook := *in.Webhook
		if u, err := url.Parse(hook.URL); err == nil {
			hook.URL = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
		}
		shown.Webhook = &hook
	}
	return encode(shown)
}
