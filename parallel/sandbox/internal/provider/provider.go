// Package provider simulates Parallel's sign-in: an OAuth 2.1 authorization server for public clients whose access
// tokens are API keys. It knows no passwords: whoever has the page in front of them chooses an account, so it guards
// nothing. The facts that it follows are those of https://docs.parallel.ai/integrations/oauth-provider, and of the
// RFCs that are named at each part.
package provider

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

// Where the parts of the provider are, as at Parallel.
const (
	MetadataPath  = "/.well-known/oauth-authorization-server"
	RegisterPath  = "/getKeys/register"
	AuthorizePath = "/getKeys/authorize"
	TokenPath     = "/getKeys/token"
)

// scopeKey is the one scope there is: to be given a key of the user's.
const scopeKey = "key:read"

// Config is what a provider is told.
type Config struct {
	Issuer   string                      // its own address, an origin; empty: that which a request was sent to
	Scenario string                      // what goes wrong where the page is not told; one of Scenarios
	Key      func(account string) string // the API key of an account of Accounts
}

// Provider is a simulated authorization server. It is safe for concurrent use.
type Provider struct {
	issuer   string
	scenario string
	key      func(account string) string
	seal     [32]byte // authenticates what the page's form brings back; ends with the process

	clients fifo[string, client]
	codes   fifo[[32]byte, grant] // by the hash of the code
}

// New makes a provider.
func New(cfg Config) (*Provider, error) {
	if cfg.Issuer != "" {
		if err := checkIssuer(cfg.Issuer); err != nil {
			return nil, err
		}
	}
	if cfg.Scenario == "" {
		cfg.Scenario = ok
	}
	if err := checkScenario(cfg.Scenario); err != nil {
		return nil, err
	}
	p := &Provider{issuer: cfg.Issuer, scenario: cfg.Scenario, key: cfg.Key}
	p.clients.most, p.codes.most = maxClients, maxCodes
	rand.Read(p.seal[:])
	return p, nil
}

// Routes adds the provider's routes to a mux.
func (p *Provider) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+MetadataPath, p.withIssuer(p.metadata))
	mux.HandleFunc("POST "+RegisterPath, p.register)
	mux.HandleFunc("GET "+AuthorizePath, p.withIssuer(p.ask))
	mux.HandleFunc("POST "+AuthorizePath, p.withIssuer(p.decide))
	mux.HandleFunc("POST "+TokenPath, p.token)
}

// hostForm is what a host may look like before it becomes a part of an address.
var hostForm = regexp.MustCompile(`^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// withIssuer finds out what the provider's address is.
func (p *Provider) withIssuer(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		issuer := p.issuer
		if issuer == "" {
			if !hostForm.MatchString(r.Host) {
				refuse(w, http.StatusBadRequest, invalidRequest, "the Host header names no host")
				return
			}
			issuer = "http://" + r.Host
			if r.TLS != nil {
				issuer = "https://" + r.Host
			}
		}
		next(w, r, issuer)
	}
}

func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !hostForm.MatchString(u.Host) || issuer != u.Scheme+"://"+u.Host {
		return errors.New("an issuer is an address without a path, such as https://tasks.example.com")
	}
	return nil
}

// metadata describes the provider (RFC 8414).
func (p *Provider) metadata(w http.ResponseWriter, _ *http.Request, issuer string) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                         issuer,
		"authorization_endpoint":                         issuer + AuthorizePath,
		"token_endpoint":                                 issuer + TokenPath,
		"registration_endpoint":                          issuer + RegisterPath,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{grantType},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"scopes_supported":                               []string{scopeKey},
		"authorization_response_iss_parameter_supported": true,
	})
}

// The errors of RFC 6749 (sections 4.1.2.1 and 5.2) and RFC 7591 (3.2.2) that occur here.
const (
	invalidRequest          = "invalid_request"
	invalidClient           = "invalid_client"
	invalidGrant            = "invalid_grant"
	invalidScope            = "invalid_scope"
	unsupportedGrantType    = "unsupported_grant_type"
	unsupportedResponseType = "unsupported_response_type"
	accessDenied            = "access_denied"
	serverError             = "server_error"
	invalidRedirectURI      = "invalid_redirect_uri"
	invalidClientMetadata   = "invalid_client_metadata"
)

// refuse answers a program with an error in the form of RFC 6749.
func refuse(w http.ResponseWriter, status int, code, description string) {
	answer(w, status, map[string]string{"error": code, "error_description": description + " (simulated)"})
}

func answer(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps and structs of strings
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// one returns the value of a parameter, and false if it was given more than once, which OAuth forbids.
func one(q url.Values, name string) (string, bool) {
	if len(q[name]) > 1 {
		return "", false
	}
	return q.Get(name), true
}

// now is the real time: sign-in takes as long as it takes, whatever the scale.
func now() time.Time { return time.Now() }
