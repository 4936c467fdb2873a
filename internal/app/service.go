package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/internal/seal"
)

// maxKeyLength bounds an API key; Parallel's are far shorter.
const maxKeyLength = 512

// service implements [taskyard.Service]: it stores what a user asks for and lets dispatch do the rest.
type service struct {
	store      taskyard.Store
	dispatcher taskyard.Dispatcher
	ring       *seal.Ring
	upstreams  []taskyard.Upstream
	targets    map[string]runner.Upstream
	visibility taskyard.Visibility // of tasks that do not say; "" is public

	allot   func(context.Context) taskyard.Allotment // of whoever asks
	mayTake func(context.Context) error              // returns why whoever asks may not take up room
}

// Upstreams are the upstreams that this server knows, the default one first.
func (s *service) Upstreams() []taskyard.Upstream { return s.upstreams }

// Submit stores a task; its job is inserted in the same transaction, so that no task is ever without one.
func (s *service) Submit(ctx context.Context, req taskyard.Submit) (taskyard.Task, bool, error) {
	up, err := s.upstream(req.Upstream)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	if err := checkKey(req.APIKey, up); err != nil {
		return taskyard.Task{}, false, err
	}
	task, err := s.newTask(req, up)
	if err != nil {
		return taskyard.Task{}, false, err
	}
	return s.create(ctx, task)
}

// create stores a task among those of whoever asks.
func (s *service) create(ctx context.Context, t taskyard.NewTask) (taskyard.Task, bool, error) {
	if err := s.mayTake(ctx); err != nil {
		return taskyard.Task{}, false, err
	}
	t.Allotment = s.allot(ctx)
	return s.store.Create(ctx, t, s.enqueue(ctx))
}

func (s *service) enqueue(ctx context.Context) func(*sql.Tx, taskyard.Task) error {
	return func(tx *sql.Tx, t taskyard.Task) error { return s.dispatcher.Enqueue(ctx, tx, t) }
}

func (s *service) upstream(name string) (taskyard.Upstream, error) {
	if name == "" {
		return s.upstreams[0], nil
	}
	known := make([]string, 0, len(s.upstreams))
	for _, up := range s.upstreams {
		if up.Name == name {
			return up, nil
		}
		known = append(known, up.Name)
	}
	return taskyard.Upstream{}, taskyard.Invalid("upstream", "this server knows no such upstream; it has: %s", strings.Join(known, ", "))
}

// checkKey sees that there is a key and that it can be sent in a header. Only upstream knows whether it is good.
func checkKey(hidden taskyard.Hidden, up taskyard.Upstream) error {
	key := hidden.Reveal()
	if key == "" && !up.HasKey {
		return &taskyard.Error{Code: taskyard.CodeUnauthorized, Field: "apiKey", Message: "an API key is needed to run on " + up.Name}
	}
	if len(key) > maxKeyLength {
		return taskyard.Invalid("apiKey", "an API key has at most %d characters", maxKeyLength)
	}
	for _, c := range key {
		if c <= ' ' || c > '~' {
			return taskyard.Invalid("apiKey", "an API key has only visible ASCII characters; this one holds a space or another sign")
		}
	}
	return nil
}

// newTask makes the task to be stored: the request without secrets, and the secrets sealed.
func (s *service) newTask(req taskyard.Submit, up taskyard.Upstream) (taskyard.NewTask, error) {
	facts, err := readRequest(req.Request)
	if err != nil {
		return taskyard.NewTask{}, err
	}
	id := taskyard.NewID()
	public, hasSecrets, err := redact(req.Request)
	if err != nil {
		return taskyard.NewTask{}, err
	}
	secret := taskyard.Secret{APIKey: req.APIKey}
	if hasSecrets {
		secret.Request = taskyard.Hide(string(req.Request))
	}
	sealed, err := s.seal(id, secret)
	if err != nil {
		return taskyard.NewTask{}, err
	}
	now := time.Now()
	note, err := json.Marshal(map[string]string{"processor": facts.processor, "upstream": up.Name})
	if err != nil {
		return taskyard.NewTask{}, fmt.Errorf("describe task: %w", err)
	}
	betas := strings.Join(req.Betas, ",")
	return taskyard.NewTask{
		ID: id, Processor: facts.processor, Upstream: up.Name, Mode: facts.mode, Preview: facts.preview, Betas: betas, Previous: facts.previous, Metadata: facts.metadata,
		CreatedAt: now, Request: public, Secret: sealed, Search: facts.text,
		Note:  taskyard.NewEvent{Type: taskyard.NoteCreated, Data: note, At: now},
		Owner: req.Owner, Visibility: cmp.Or(req.Visibility, s.visibility),
		IdempotencyKey: keyOf("create", req.Owner, req.IdempotencyKey), Fingerprint: fingerprint(up.Name, betas, req.Request),
	}, nil
}

// sealed is what is sealed of a [taskyard.Secret], as JSON.
type sealed struct {
	APIKey  string          `json:"apiKey"`
	Request json.RawMessage `json:"request,omitempty"`
}

func (s *service) seal(id string, secret taskyard.Secret) ([]byte, error) {
	if secret.APIKey.IsZero() && secret.Request.IsZero() {
		return nil, nil
	}
	plain, err := json.Marshal(sealed{APIKey: secret.APIKey.Reveal(), Request: json.RawMessage(secret.Request.Reveal())})
	if err != nil {
		return nil, fmt.Errorf("seal secret: %w", err)
	}
	return s.ring.Seal(seal.TaskSecret, id, plain)
}

// open is the other end of seal, for the runner.
func (s *service) open(id string, secret []byte) (taskyard.Secret, error) {
	plain, err := s.ring.Open(seal.TaskSecret, id, secret)
	if err != nil {
		return taskyard.Secret{}, err
	}
	var in sealed
	if err := json.Unmarshal(plain, &in); err != nil {
		return taskyard.Secret{}, fmt.Errorf("open seal: not a secret of this version")
	}
	return taskyard.Secret{APIKey: taskyard.Hide(in.APIKey), Request: taskyard.Hide(string(in.Request))}, nil
}

// keyOf is an idempotency key as it is stored: those of different kinds and owners are different keys.
func keyOf(kind, owner, key string) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + "\x00" + owner + "\x00" + key))
	return hex.EncodeToString(sum[:])
}

// fingerprint tells whether an idempotency key comes again with the same request. The API key is no part of it.
func fingerprint(parts ...any) []byte {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(fmt.Sprint(part)), part)
	}
	return h.Sum(nil)
}

// SubmitAgain sends a task again whose submission is unknown.
func (s *service) SubmitAgain(ctx context.Context, id string) (taskyard.Task, error) {
	note := taskyard.NewEvent{Type: taskyard.NoteSubmittedAgain, Data: json.RawMessage(`{}`), At: time.Now()}
	return s.store.Reopen(ctx, id, note, s.enqueue(ctx))
}

// Cancel ends a task: its owner, interrupted, finds the request and does what can be done about the run.
func (s *service) Cancel(ctx context.Context, id string) (taskyard.Task, error) {
	task, err := s.store.RequestCancel(ctx, id, s.enqueue(ctx))
	if err != nil {
		return task, err
	}
	s.dispatcher.Interrupt(id)
	return task, nil
}

// Delete removes a task; whoever drives it finds it gone.
func (s *service) Delete(ctx context.Context, id string) error {
	if err := s.store.Delete(ctx, id); err != nil {
		return err
	}
	s.dispatcher.Interrupt(id)
	return nil
}
