package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	callTimeout = 10 * time.Second // of one call to the provider, its answer included
	maxAnswer   = 64 << 10         // of an answer, in bytes; a description of a provider has two thousand
)

// careful is a client that follows no redirects, keeps no cookies and reads no more than maxAnswer.
func careful(base *http.Client) *http.Client {
	transport := base.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &http.Client{
		Transport:     bounded{transport},
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded ends answers that are too large. x/oauth2 has a bound of its own, which takes the beginning for the whole.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

type boundedBody struct {
	io.ReadCloser
	left int // bytes
}

var errTooLarge = fmt.Errorf("the answer has over %d bytes", maxAnswer)

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// call makes one call with or without a JSON body, and returns the status and the body of the answer.
func (c *Client) call(ctx context.Context, method, address string, body any) (status int, answer []byte, err error) {
	var sent io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		sent = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// oneAtATime lets one caller at a time ask the provider; others wait, as long as they want to.
func (c *Client) oneAtATime(ctx context.Context, ask func() error) error {
	select {
	case c.asking <- struct{}{}:
		defer func() { <-c.asking }()
		return ask()
	case <-ctx.Done():
		return unavailable(errors.Join(errors.New("wait for the provider of sign-in"), context.Cause(ctx)))
	}
}
