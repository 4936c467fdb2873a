package provider

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

const (
	maxClients      = 1000     // registered; the oldest are forgotten first
	maxRegistration = 16 << 10 // of a registration's body, in bytes
	maxRedirects    = 10       // addresses of one client
	maxClientName   = 100      // bytes
)

// clientPrefix begins the names of registered clients. It holds a sign that no host's name has.
const clientPrefix = "simulated_client_"

// client is an application that was registered.
type client struct {
	ID        string
	Name      string
	Redirects []string
}

// registration is what of RFC 7591 is looked at.
type registration struct {
	RedirectURIs  []string `json:"redirect_uris"`
	ClientName    string   `json:"client_name"`
	AuthMethod    *string  `json:"token_endpoint_auth_method"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
}

// register makes a client known (RFC 7591). Registered clients are forgotten with the process.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, invalidRequest, "the registration is too large")
		return
	}
	var in registration
	if err := json.Unmarshal(body, &in); err != nil {
		refuse(w, http.StatusBadRequest, invalidClientMetadata, "the registration is no JSON of the right form")
		return
	}
	if code, problem := in.check(); code != "" {
		refuse(w, http.StatusBadRequest, code, problem)
		return
	}
	made := client{ID: clientPrefix + rand.Text(), Name: in.ClientName, Redirects: in.RedirectURIs}
	p.clients.put(made.ID, made)
	answer(w, http.StatusCreated, map[string]any{
		"client_id":                  made.ID,
		"client_id_issued_at":        now().Unix(),
		"client_name":                made.Name,
		"redirect_uris":              made.Redirects,
		"token_endpoint_auth_method": "none",
		"grant_types":                []string{grantType},
		"response_types":             []string{"code"},
		"scope":                      scopeKey,
	})
}

func (in *registration) check() (code, problem string) {
	if len(in.RedirectURIs) == 0 || len(in.RedirectURIs) > maxRedirects {
		return invalidRedirectURI, "redirect_uris needs one to ten addresses"
	}
	for _, raw := range in.RedirectURIs {
		if _, err := parseRedirect(raw); err != nil {
			return invalidRedirectURI, err.Error()
		}
	}
	switch {
	case len(in.ClientName) > maxClientName || strings.ContainsFunc(in.ClientName, func(c rune) bool { return !unicode.IsPrint(c) }):
		return invalidClientMetadata, "client_name is too long, or holds what cannot be shown"
	case in.AuthMethod != nil && *in.AuthMethod != "none":
		return invalidClientMetadata, "clients are public: token_endpoint_auth_method has to be none"
	case len(in.GrantTypes) > 0 && !slices.Contains(in.GrantTypes, grantType):
		return invalidClientMetadata, "grant_types has to have " + grantType
	case len(in.ResponseTypes) > 0 && !slices.Contains(in.ResponseTypes, "code"):
		return invalidClientMetadata, "response_types has to have code"
	}
	return "", ""
}

// findClient returns the client with an id and an address to return to: a registered one whose address it is, to the
// byte, or, without registration, an application that is named by its host.
func (p *Provider) findClient(id, redirect string) (client, string) {
	u, err := parseRedirect(redirect)
	if err != nil {
		return client{}, err.Error()
	}
	if !strings.HasPrefix(id, clientPrefix) {
		if id == "" || !strings.EqualFold(id, u.Hostname()) {
			return client{}, "client_id is neither registered nor the host of redirect_uri"
		}
		return client{ID: id, Redirects: []string{redirect}}, ""
	}
	known, found := p.clients.get(id)
	switch {
	case !found:
		return client{}, "client_id is not registered; registrations end with the simulator"
	case !slices.Contains(known.Redirects, redirect):
		return client{}, "redirect_uri is not one of those that the client has registered"
	}
	return known, ""
}
