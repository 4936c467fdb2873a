package runner_test

import (
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

type conn = net.Conn

func upstream(h *http.Client) runner.Upstream {
	return runner.Upstream{BaseURL: sandbox.BaseURL, HTTP: h}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// handled answers requests without a connection; streams are answered as a whole.
func handled(h http.HandlerFunc) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		rec := httptest.NewRecorder()
		h(rec, r)
		resp := rec.Result()
		resp.Request = r
		return resp, nil
	}
}
