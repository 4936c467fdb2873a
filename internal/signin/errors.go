package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/taskyard/taskyard"
)

// unavailable is the error of a provider that cannot be reached or does not work.
func unavailable(cause error) *taskyard.Error {
	return &taskyard.Error{Code: taskyard.CodeUnavailable, Message: "the provider of the sign-in does not answer as it should; try again in a minute", Err: cause}
}

// distrust is the error of a provider whose answers are not acted upon. The reason is for the operator.
func distrust(format string, args ...any) *taskyard.Error {
	return &taskyard.Error{
		Code: taskyard.CodeUnavailable, Message: "the provider of the sign-in answered in a way that this server does not trust; its operator finds the reason in the log",
		Err: fmt.Errorf("the provider of sign-in is not trusted: "+format, args...),
	}
}

// answered is the error that the browser brought back (OAuth 2.1, section 4.1.2.1). The provider's own words are not
// shown: they come from whoever made the address.
func answered(code string) *taskyard.Error {
	switch code {
	case "access_denied":
		return taskyard.Errorf(taskyard.CodeForbidden, "the sign-in was denied, so this server was given no key")
	case "server_error", "temporarily_unavailable":
		return unavailable(errors.New("the provider of sign-in sent the browser back with " + code))
	case "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_client":
		return &taskyard.Error{
			Code: taskyard.CodeUnavailable, Message: "the provider of the sign-in does not take this server's request",
			Err: errors.New("the provider of sign-in sent the browser back with " + code),
		}
	}
	return taskyard.Errorf(taskyard.CodeInvalid, "the sign-in ended with an error that this server does not know; sign in again")
}

// refusal is the error of a code that gave no key.
func (c *Client) refusal(ctx context.Context, pending Pending, code string, err error) *taskyard.Error {
	refused, isRefusal := errors.AsType[*oauth2.RetrieveError](err)
	if !isRefusal {
		return unavailable(cause(ctx, err, code, *pending.kept.Verifier, *pending.kept.State))
	}
	status := refused.Response.StatusCode
	if status >= http.StatusInternalServerError {
		return unavailable(fmt.Errorf("exchange the code of a sign-in: answered with %d", status))
	}
	if status == http.StatusTooManyRequests {
		return taskyard.Errorf(taskyard.CodeRateLimited, "the provider of the sign-in is asked too often; sign in again in a minute")
	}
	switch refused.ErrorCode {
	case "invalid_grant":
		return taskyard.Invalid("code", "the sign-in took too long, or its answer was used before; sign in again")
	case "invalid_client", "unauthorized_client":
		c.forget(pending.kept.Redirect)
		return unavailable(fmt.Errorf("exchange the code of a sign-in: answered with %d %s", status, refused.ErrorCode))
	}
	return unavailable(fmt.Errorf("exchange the code of a sign-in: answered with %d and no error that is known", status))
}

// cause is an error for the operator's log without what must not be there. x/oauth2 quotes what it cannot read, which
// may be a part of the key, so only what went wrong with the connection is repeated.
func cause(ctx context.Context, err error, secrets ...string) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("exchange the code of a sign-in: %w", context.Cause(ctx))
	case errors.Is(err, errTooLarge) || strings.Contains(err.Error(), errTooLarge.Error()): // x/oauth2 does not wrap it
		return fmt.Errorf("exchange the code of a sign-in: %w", errTooLarge)
	}
	text := "the answer cannot be read"
	if transport, isTransport := errors.AsType[interface {
		error
		Timeout() bool
	}](err); isTransport {
		text = transport.Error()
	}
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, taskyard.Redacted)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), taskyard.Redacted)
	}
	return errors.New("exchange the code of a sign-in: " + text)
}
