package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// here is where the simulator seems to be, and there where this server is.
const (
	here  = "http://127.0.0.1:8080"
	there = "https://tasks.example.com/sign-in/callback"
)

// world is a client of the simulator, in a bubble where time costs nothing.
type world struct {
	*testing.T
	client *Client
	http   *http.Client
	calls  calls
}

// calls counts requests by their path.
type calls struct {
	next                         http.RoundTripper
	discovery, registered, token atomic.Int32
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Path {
	case metadataPath:
		c.discovery.Add(1)
	case "/getKeys/register":
		c.registered.Add(1)
	case "/getKeys/token":
		c.token.Add(1)
	}
	return c.next.RoundTrip(r)
}

func inBubble(t *testing.T, test func(w *world), opts ...sandbox.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		w := &world{T: t, http: box.Client()}
		w.calls.next = box.Client().Transport
		if w.client, err = New(Config{Provider: here, HTTP: &http.Client{Transport: &w.calls}}); err != nil {
			t.Fatal(err)
		}
		test(w)
	})
}

// begin begins a sign-in that must begin.
func (w *world) begin(redirect string) (string, Pending) {
	w.Helper()
	address, pending, err := w.client.Begin(w.Context(), redirect)
	if err != nil {
		w.Fatal(err)
	}
	return address, pending
}

// press does what the user does, and returns what the browser comes back with.
func (w *world) press(address, scenario string) url.Values {
	w.Helper()
	callback, err := sandbox.SignIn(w.Context(), w.http, address, scenario)
	if err != nil {
		w.Fatal(err)
	}
	back, err := url.Parse(callback)
	if err != nil {
		w.Fatal(err)
	}
	return back.Query()
}

// fails checks that an error has a code, and a text without what must not be in it.
func fails(t *testing.T, err error, want taskyard.Code, secrets ...string) {
	t.Helper()
	e, ok := errors.AsType[*taskyard.Error](err)
	if !ok || e.Code != want || e.Message == "" {
		t.Fatalf("%v, want the code %s", err, want)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(fmt.Sprintf("%v %+v %#v %v", err, e.Err, e, errors.Unwrap(e.Err)), secret) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

// secrets of a sign-in.
func (p Pending) secrets(query url.Values) []string {
	return []string{*p.kept.State, *p.kept.Verifier, query.Get("code")}
}

// provider is a provider that says what a test wants it to say.
type provider struct {
	*httptest.Server
	metadata map[string]any
	answers  map[string]http.HandlerFunc // by path, before anything else
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{answers: make(map[string]http.HandlerFunc)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	p.metadata = map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"},
	}
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if answer, ok := p.answers[r.URL.Path]; ok {
		answer(w, r)
		return
	}
	if r.URL.Path == metadataPath {
		_ = json.NewEncoder(w).Encode(p.metadata)
		return
	}
	http.NotFound(w, r)
}

// says makes a path answer with a status and a body.
func (p *provider) says(path string, status int, contentType, body string) {
	p.answers[path] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func (p *provider) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{Provider: p.URL, HTTP: p.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// exchange signs in as if the browser came back with a code.
func (p *provider) exchange(t *testing.T) (key taskyard.Hidden, secrets []string, err error) {
	t.Helper()
	c := p.client(t)
	_, pending, err := c.Begin(context.Background(), there)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"state": {*pending.kept.State}, "code": {"the-code-of-this-sign-in"}}
	key, err = c.Finish(context.Background(), pending, query)
	return key, pending.secrets(query), err
}

func without(m map[string]any, name string) map[string]any {
	m = maps.Clone(m)
	delete(m, name)
	return m
}
