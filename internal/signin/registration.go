package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	maxRegistered = 100 // redirect URIs whose registration is remembered; a server has one or two
	maxClientID   = 255 // characters
)

// registered is a client id that the provider gave.
type registered struct {
	id string
	at time.Time
}

// clientID returns the name by which the provider knows this server. An application that has a name of its own on the
// internet is called by it, as Parallel documents; one that has none, such as localhost, is registered.
func (c *Client) clientID(ctx context.Context, m metadata, redirect *url.URL) (string, error) {
	host := strings.ToLower(redirect.Hostname())
	if m.Registration == "" || hasName(host) {
		return host, nil
	}
	if id, known := c.registration(redirect.String()); known {
		return id, nil
	}
	var id string
	err := c.oneAtATime(ctx, func() error {
		var known bool
		if id, known = c.registration(redirect.String()); known { // another one has registered meanwhile
			return nil
		}
		var err error
		if id, err = c.register(ctx, m, redirect.String()); err != nil {
			return err
		}
		if id == "" {
			id = host // the provider does not want to register anybody, which need not mean that it knows nobody
		}
		c.remember(redirect.String(), id)
		return nil
	})
	return id, err
}

func hasName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(strings.Trim(host, "."), ".")
}

func (c *Client) registration(redirect string) (id string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, known := c.registered[redirect]
	return r.id, known && time.Since(r.at) < learnedLife
}

func (c *Client) remember(redirect, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.registered) >= maxRegistered {
		clear(c.registered)
	}
	c.registered[redirect] = registered{id, time.Now()}
}

// forget makes the next sign-in register anew.
func (c *Client) forget(redirect string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.registered, redirect)
}

// register registers a public client (RFC 7591). The id is empty if the provider refuses.
func (c *Client) register(ctx context.Context, m metadata, redirect string) (string, error) {
	status, body, err := c.call(ctx, http.MethodPost, m.Registration, map[string]any{
		"client_name":                c.name,
		"redirect_uris":              []string{redirect},
		"token_endpoint_auth_method": "none",
		"grant_types":                []string{"authorization_code"},
		"response_types":             []string{"code"},
		"scope":                      scope,
	})
	switch {
	case err != nil:
		return "", unavailable(fmt.Errorf("register for sign-in: %w", err))
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return "", unavailable(fmt.Errorf("register for sign-in: answered with %d", status))
	case status != http.StatusCreated && status != http.StatusOK:
		return "", nil
	}
	return parseRegistration(body)
}

func parseRegistration(body []byte) (string, error) {
	var answer struct {
		ID     string `json:"client_id"`
		Method string `json:"token_endpoint_auth_method"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", distrust("its registration is no JSON of the right form")
	}
	switch {
	case answer.ID == "" || len(answer.ID) > maxClientID || !isVisible(answer.ID):
		return "", distrust("its registration has no client_id that can be used")
	case answer.Method != "" && answer.Method != "none":
		return "", distrust("its registration is not of a public client")
	}
	return answer.ID, nil
}
