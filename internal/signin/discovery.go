package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	metadataPath = "/.well-known/oauth-authorization-server"

	learnedLife = time.Hour       // of what the provider said about itself, and of registrations
	failureLife = 5 * time.Second // in which a provider that did not answer is not asked again
)

// metadata is what a provider says about itself (RFC 8414), as far as it is needed.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Registration  string   `json:"registration_endpoint"` // empty: there is none
	ResponseTypes []string `json:"response_types_supported"`
	Methods       []string `json:"code_challenge_methods_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// discover returns what the provider says about itself. It is asked once an hour.
func (c *Client) discover(ctx context.Context) (metadata, error) {
	if m, known, err := c.discovered(); known {
		return m, err
	}
	var m metadata
	err := c.oneAtATime(ctx, func() error {
		var err error
		var known bool
		if m, known, err = c.discovered(); known { // another one has asked meanwhile
			return err
		}
		m, err = c.fetchMetadata(ctx)
		c.learn(ctx, m, err)
		return err
	})
	return m, err
}

// discovered returns what is remembered of the last time that the provider was asked: its description, or the error.
func (c *Client) discovered() (m metadata, known bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch now := time.Now(); {
	case c.learned.Issuer != "" && now.Sub(c.learnedAt) < learnedLife:
		return c.learned, true, nil
	case c.failure != nil && now.Sub(c.failedAt) < failureLife:
		return metadata{}, true, c.failure
	}
	return metadata{}, false, nil
}

// learn remembers how asking went. That somebody did not wait for it says nothing about the provider.
func (c *Client) learn(ctx context.Context, m metadata, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.learned, c.learnedAt, c.failure = m, time.Now(), nil
	case ctx.Err() == nil:
		c.failure, c.failedAt = err, time.Now()
	}
}

func (c *Client) fetchMetadata(ctx context.Context) (metadata, error) {
	status, body, err := c.call(ctx, http.MethodGet, c.provider.String()+metadataPath, nil)
	switch {
	case err != nil:
		return metadata{}, unavailable(fmt.Errorf("discover the provider of sign-in: %w", err))
	case status != http.StatusOK:
		return metadata{}, unavailable(fmt.Errorf("discover the provider of sign-in: answered with %d", status))
	}
	m, err := parseMetadata(body, c.provider)
	if err != nil {
		return metadata{}, distrust("its description: %w", err)
	}
	return m, nil
}

// parseMetadata reads a provider's description and sees that it is about the provider itself and nobody else: a key must
// not be fetched, nor a browser sent, where another site says.
func parseMetadata(body []byte, provider *url.URL) (metadata, error) {
	var m metadata
	if err := json.Unmarshal(body, &m); err != nil {
		return metadata{}, errors.New("it is no JSON of the right form")
	}
	if !isIssuer(m.Issuer, provider) {
		return metadata{}, errors.New("it is of another issuer")
	}
	for _, e := range []struct {
		name, address string
		needed        bool
	}{
		{"authorization_endpoint", m.Authorization, true},
		{"token_endpoint", m.Token, true},
		{"registration_endpoint", m.Registration, false},
	} {
		if e.address == "" && !e.needed {
			continue
		}
		if u, ok := parseAddress(e.address); !ok || u.RawQuery != "" || !isSecure(u) || origin(u) != origin(provider) {
			return metadata{}, fmt.Errorf("%s is missing, malformed, or not on the provider's own origin", e.name)
		}
	}
	switch { // what is left out is as Parallel documents it
	case m.ResponseTypes != nil && !slices.Contains(m.ResponseTypes, "code"):
		return metadata{}, errors.New("it gives no codes")
	case m.Methods != nil && !slices.Contains(m.Methods, "S256"):
		return metadata{}, errors.New("it does not have PKCE by S256")
	case m.AuthMethods != nil && !slices.Contains(m.AuthMethods, "none"):
		return metadata{}, errors.New("it has no public clients")
	}
	return m, nil
}

// isIssuer reports whether an issuer is the provider. With or without a slash it has the same origin, and no path.
func isIssuer(issuer string, provider *url.URL) bool {
	return issuer == provider.String() || issuer == provider.String()+"/"
}
