// Package signin is the client's side of "Sign in with Parallel": OAuth 2.1 for a public client, with PKCE by S256,
// whose access token is an API key of the user's (https://docs.parallel.ai/integrations/oauth-provider).
//
// # Use
//
// One [Client] serves all visitors. A sign-in is two requests of one browser, and the caller keeps what lies between:
//
//	client, err := signin.New(signin.Config{Provider: signin.Parallel})
//
//	// POST /sign-in/parallel: send the browser away.
//	address, pending, err := client.Begin(ctx, "https://tasks.example.com/sign-in/parallel/callback")
//	plain, err := pending.MarshalBinary()
//	// seal plain, set it as a cookie, redirect to address with 303
//
//	// GET /sign-in/parallel/callback: the browser comes back.
//	// remove the cookie first, whatever happens next; open it
//	var pending signin.Pending
//	err := pending.UnmarshalBinary(plain)
//	key, err := client.Finish(ctx, pending, r.URL.Query())
//	// begin a session for key.Reveal(); redirect with 303 to an address without the code
//
// What the caller has to see to:
//
//   - The cookie is HttpOnly, Secure on https, SameSite=Lax (the callback comes from another site, so Strict would not
//     be sent), with the callback's path and a Max-Age of [Life]. It is sealed, as it holds the verifier, and bound to a
//     name of its own, so that nothing else that was sealed opens as one.
//   - It is removed by the callback, also when Finish fails: a state is good once.
//   - Begin answers a POST that is protected like any other form. So no link of another site begins a sign-in.
//   - The redirect URI is the route of the callback under the server's own, configured name. It must not be made of
//     a Host header that was not checked.
//   - The callback's address holds the code. It is not logged, its page has a Referrer-Policy of no-referrer (a redirect
//     to a clean address is best), and it is answered with Cache-Control: no-store.
//   - Where to go after the sign-in is kept by the caller, in the same cookie, and is a path of this server.
//   - A session that was there before gets a new name.
//
// Errors are of type [taskyard.Error]: their messages are for people, their causes for the operator's log; neither holds
// a key, code, verifier or state.
//
// # With the simulator
//
// parallel/sandbox is a provider too. Where it runs within the process, Provider is the address under which browsers
// reach this server (http on this machine, or https with sandbox.WithIssuer), HTTP is the sandbox's Client, and
// the server serves sandbox.AuthorizePath by the sandbox. Tests let sandbox.SignIn press the button.
package signin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Parallel is the address of Parallel's provider.
const Parallel = "https://platform.parallel.ai"

// scope is what is asked for: one of the user's keys.
const scope = "key:read"

// Config says who signs whom in where.
type Config struct {
	// Provider is the provider's address: an origin by https, or by http on this machine.
	Provider string
	// HTTP is whose transport makes the calls; nil: the default one. Nothing else of it is used: no cookies, no redirects.
	HTTP *http.Client
	// ClientName is what a provider that this server registers with may show; empty: Taskyard.
	ClientName string
}

// Client signs visitors in. It is safe for concurrent use.
type Client struct {
	provider *url.URL
	http     *http.Client
	name     string

	asking chan struct{} // capacity 1: who has put something in it asks the provider, others wait for the answer

	mu         sync.Mutex // guards all below
	learned    metadata
	learnedAt  time.Time
	failure    error // of the last discovery, if it failed
	failedAt   time.Time
	registered map[string]registered // by redirect URI
}

// New makes a client. It makes no calls.
func New(cfg Config) (*Client, error) {
	provider, err := url.Parse(cfg.Provider)
	if err != nil || provider.Host == "" || provider.User != nil || strings.Trim(provider.Path, "/") != "" || provider.RawQuery != "" || provider.Fragment != "" {
		return nil, errors.New("a provider of sign-in is an address without a path, such as " + Parallel)
	}
	if !isSecure(provider) {
		return nil, fmt.Errorf("the provider of sign-in %s has to be reached by https; http is for this machine alone", provider.Host)
	}
	provider = &url.URL{Scheme: provider.Scheme, Host: strings.ToLower(provider.Host)}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{}
	}
	if cfg.ClientName == "" {
		cfg.ClientName = "Taskyard"
	}
	return &Client{
		provider: provider, http: careful(cfg.HTTP), name: cfg.ClientName,
		asking: make(chan struct{}, 1), registered: make(map[string]registered),
	}, nil
}
