package signin

import (
	"context"
	"crypto/rand"
	"time"

	"golang.org/x/oauth2"
)

// Begin begins a sign-in that comes back to an address of this server. It returns where to send the browser, and what
// Finish needs. It asks the provider what it is, if that is not known yet.
//
// Errors: CodeInvalid where redirectURI is neither https nor on this machine, CodeUnavailable where the provider does
// not answer or is not to be trusted.
func (c *Client) Begin(ctx context.Context, redirectURI string) (address string, pending Pending, err error) {
	redirect, err := checkRedirect(redirectURI)
	if err != nil {
		return "", Pending{}, err
	}
	m, err := c.discover(ctx)
	if err != nil {
		return "", Pending{}, err
	}
	id, err := c.clientID(ctx, m, redirect)
	if err != nil {
		return "", Pending{}, err
	}
	pending = Pending{kept: kept{
		State: new(rand.Text()), Verifier: new(oauth2.GenerateVerifier()), Issuer: m.Issuer, Named: m.NamesItself,
		Redirect: redirectURI, ClientID: id, Begun: time.Now().Truncate(time.Second),
	}}
	address = m.client(pending).AuthCodeURL(*pending.kept.State, oauth2.S256ChallengeOption(*pending.kept.Verifier))
	return address, pending, nil
}

// client is x/oauth2's view of a sign-in.
func (m *metadata) client(p Pending) *oauth2.Config {
	return &oauth2.Config{
		ClientID:    p.kept.ClientID,
		Endpoint:    oauth2.Endpoint{AuthURL: m.Authorization, TokenURL: m.Token, AuthStyle: oauth2.AuthStyleInParams},
		RedirectURL: p.kept.Redirect,
		Scopes:      []string{scope},
	}
}
