package parallel

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// DefaultBaseURL is where Parallel serves its API.
const DefaultBaseURL = "https://api.parallel.ai"

// Limits that options can change, in bytes.
const (
	DefaultMaxEventSize = 32 << 20
	DefaultMaxBodySize  = 64 << 20
)

// Option configures a [Client].
type Option func(*Client) error

// WithBaseURL sends requests elsewhere: an http or https URL, perhaps with a path, without credentials,
// query or fragment.
func WithBaseURL(address string) Option {
	return func(c *Client) (err error) {
		c.base, err = parseBaseURL(address)
		return err
	}
}

func parseBaseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("base URL: cannot be parsed") // without it: it may hold credentials
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("base URL: must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("base URL: has no host")
	case u.User != nil:
		return nil, errors.New("base URL: must not hold credentials")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("base URL: must not have a query or a fragment")
	}
	return u, nil
}

// WithHTTPClient uses the transport, cookies and timeout of h. Its timeout covers whole answers, so it should
// be zero or longer than any event stream. Its redirect policy is not used: see [Client].
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) error {
		if h == nil {
			return errors.New("HTTP client: is nil")
		}
		c.http.Transport, c.http.Jar, c.http.Timeout = h.Transport, h.Jar, h.Timeout
		return nil
	}
}

// WithBetas switches beta features on, such as "field-basis-2025-11-25".
func WithBetas(betas ...string) Option {
	return func(c *Client) error {
		for _, beta := range betas {
			if beta == "" || !visible(beta) || strings.Contains(beta, ",") {
				return fmt.Errorf("beta %q: must be one word of printable ASCII", beta)
			}
		}
		c.betas = append(c.betas, betas...)
		return nil
	}
}

// WithUserAgent replaces the User-Agent header.
func WithUserAgent(agent string) Option {
	return func(c *Client) error {
		if !visible(strings.ReplaceAll(agent, " ", "")) {
			return fmt.Errorf("user agent %q: must be printable ASCII", agent)
		}
		c.userAgent = agent
		return nil
	}
}

// WithMaxEventSize bounds the data of one event, in bytes; a larger one ends its stream with an
// [EventTooLargeError]. The last event of a stream carries the whole output.
func WithMaxEventSize(size int) Option {
	return func(c *Client) error {
		if size <= 0 {
			return fmt.Errorf("event size %d: must be positive", size)
		}
		c.maxEvent = size
		return nil
	}
}

// WithMaxBodySize bounds the body of an answer that is not a stream, in bytes.
func WithMaxBodySize(size int) Option {
	return func(c *Client) error {
		if size <= 0 {
			return fmt.Errorf("body size %d: must be positive", size)
		}
		c.maxBody = size
		return nil
	}
}

// visible reports whether s may stand in a header as it is: printable ASCII without spaces.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
