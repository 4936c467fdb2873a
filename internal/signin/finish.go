package signin

import (
	"context"
	"crypto/subtle"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/taskyard/taskyard"
)

// maxCode bounds a code, in characters.
const maxCode = 2000

// Finish ends a sign-in with the parameters that the browser came back with, and returns the user's key. It is
// called once for a Pending; what is checked is the state, the issuer (RFC 9207), the time, and the key's form.
//
// Errors: CodeInvalid where the answer is not one to this sign-in, or comes too late; CodeForbidden where the user has
// denied; CodeRateLimited and CodeUnavailable where the provider does not give the key. In each case the user may
// sign in again.
func (c *Client) Finish(ctx context.Context, pending Pending, query url.Values) (taskyard.Hidden, error) {
	if !pending.timely(time.Now()) {
		return taskyard.Hidden{}, taskyard.Errorf(taskyard.CodeInvalid, "the sign-in took longer than %d minutes, or did not begin in this browser; sign in again", int(Life.Minutes()))
	}
	code, err := c.readAnswer(pending, query)
	if err != nil {
		return taskyard.Hidden{}, err
	}
	m, err := c.discover(ctx)
	if err != nil {
		return taskyard.Hidden{}, err
	}
	token, err := m.client(pending).Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), code, oauth2.VerifierOption(*pending.kept.Verifier))
	if err != nil {
		return taskyard.Hidden{}, c.refusal(ctx, pending, code, err)
	}
	return newKey(token.AccessToken) // its type and life do not matter: it is sent as an API key
}

// readAnswer returns the code of an answer to this sign-in.
func (c *Client) readAnswer(pending Pending, query url.Values) (code string, err error) {
	for _, name := range []string{"state", "iss", "error", "code"} {
		if len(query[name]) > 1 {
			return "", taskyard.Invalid(name, "the answer to the sign-in says %s twice; sign in again", name)
		}
	}
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(*pending.kept.State)) != 1 {
		return "", taskyard.Invalid("state", "this answer belongs to another sign-in; sign in again")
	}
	if !c.isFromIssuer(pending, query) {
		return "", taskyard.Invalid("iss", "this answer comes from another provider than the one that was asked; sign in again")
	}
	if query.Has("error") {
		return "", answered(query.Get("error"))
	}
	code = query.Get("code")
	if code == "" || len(code) > maxCode || !isVisible(code) {
		return "", taskyard.Invalid("code", "the answer to the sign-in has no code; sign in again")
	}
	return code, nil
}

// isFromIssuer reports whether an answer is from whom it was asked for, and whether that is still the provider. A
// provider that names itself always does; another one may.
func (c *Client) isFromIssuer(pending Pending, query url.Values) bool {
	if !isIssuer(pending.kept.Issuer, c.provider) {
		return false
	}
	if !query.Has("iss") {
		return !pending.kept.Named
	}
	return query.Get("iss") == pending.kept.Issuer
}
