package parallel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls the Task API with one API key. It is safe for concurrent use and cheap: thousands of clients
// can share one http.Client and its connections.
//
// Redirects are followed for GET within the same scheme and host only; any other is an [APIError] with its
// 3xx status. So the key, which travels in a header, goes nowhere but to the base URL.
type Client struct {
	base      *url.URL
	http      http.Client
	key       func() string // a function, so that printing a Client by whatever means never shows the key
	betas     []string
	userAgent string
	maxEvent  int
	maxBody   int
}

// New makes a client. White space around the key is removed.
func New(apiKey string, opts ...Option) (*Client, error) {
	apiKey = strings.TrimSpace(apiKey)
	if apiKey == "" {
		return nil, errors.New("API key: is empty")
	}
	if !visible(apiKey) {
		return nil, errors.New("API key: must be printable ASCII without spaces")
	}
	c := &Client{
		base:      &url.URL{Scheme: "https", Host: strings.TrimPrefix(DefaultBaseURL, "https://")},
		http:      http.Client{CheckRedirect: checkRedirect},
		key:       func() string { return apiKey },
		userAgent: "taskyard-parallel-go",
		maxEvent:  DefaultMaxEventSize,
		maxBody:   DefaultMaxBodySize,
	}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// String names the server; it never shows the key.
func (c *Client) String() string { return "parallel.Client(" + c.base.String() + ")" }

// CreateRun creates a run. It costs money and cannot be undone or repeated safely: see [RequestError.Sent].
func (c *Client) CreateRun(ctx context.Context, in *TaskRunInput) (*TaskRun, error) {
	body, err := in.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("create run: marshal input: %w", err)
	}
	return c.CreateRunJSON(ctx, body)
}

// CreateRunJSON is [Client.CreateRun] for a body that is sent as it is.
func (c *Client) CreateRunJSON(ctx context.Context, body json.RawMessage) (*TaskRun, error) {
	run := &TaskRun{}
	raw, err := c.call(ctx, request{op: "create run", method: http.MethodPost, body: body}, run)
	if err != nil {
		return nil, err
	}
	if run.RunID == "" {
		return nil, &RequestError{Op: "create run", Sent: true, Err: errors.New("the answer has no run_id")}
	}
	run.raw = raw
	return run, nil
}

// Run returns the state of a run.
func (c *Client) Run(ctx context.Context, runID string) (*TaskRun, error) {
	run := &TaskRun{}
	raw, err := c.call(ctx, request{op: "get run", runID: runID}, run)
	if err != nil {
		return nil, err
	}
	run.raw = raw
	return run, nil
}

// Input returns what a run was created with.
func (c *Client) Input(ctx context.Context, runID string) (*TaskRunInput, error) {
	in := &TaskRunInput{}
	raw, err := c.call(ctx, request{op: "get input", runID: runID, part: "/input"}, in)
	if err != nil {
		return nil, err
	}
	in.raw = raw
	return in, nil
}

// Result waits until a run has completed and returns it with its output. The server waits for at most
// timeout, rounded up to seconds; below zero it chooses (600 s). An [APIError] of status 408 means that the
// run is still active, and 404 that there is no such run or that it has failed: [Client.Run] tells.
func (c *Client) Result(ctx context.Context, runID string, timeout time.Duration) (*TaskRunResult, error) {
	q := request{op: "get result", runID: runID, part: "/result"}
	if timeout >= 0 {
		q.query = "timeout=" + strconv.FormatFloat(math.Ceil(timeout.Seconds()), 'f', 0, 64)
	}
	result := &TaskRunResult{}
	raw, err := c.call(ctx, q, result)
	if err != nil {
		return nil, err
	}
	result.raw = raw
	return result, nil
}

// request is one call under /v1/tasks/runs.
type request struct {
	op     string // what is attempted, for errors
	method string // "" is GET
	runID  string // "" is the collection
	part   string // of the run, with a slash
	query  string
	accept string // "" is JSON
	body   []byte
}

// call sends q and decodes the body of a 2xx answer into v. Fields that do not fit are left to v's Extra: what
// upstream has accepted and may bill is not lost over a field of a new type.
func (c *Client) call(ctx context.Context, q request, v any) (json.RawMessage, error) {
	resp, err := c.send(ctx, q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, c.apiError(q.op, resp)
	}
	raw, err := readBounded(resp.Body, c.maxBody)
	if err != nil {
		return nil, &RequestError{Op: q.op, Sent: true, Err: fmt.Errorf("read answer: %w", withContext(ctx, err))}
	}
	if err := json.Unmarshal(raw, v); err != nil && !keptWhole(err) || isNull(raw) {
		return nil, &RequestError{Op: q.op, Sent: true, Err: errors.New("the answer is not a JSON object")}
	}
	return raw, nil
}

// keptWhole reports whether err is about a field only, so that everything else was decoded.
func keptWhole(err error) bool {
	var fe *FieldError
	return errors.As(err, &fe) && fe.Field != ""
}

func (c *Client) send(ctx context.Context, q request) (*http.Response, error) {
	if strings.Trim(q.runID, ".") == "" && q.method != http.MethodPost {
		return nil, &RequestError{Op: q.op, Err: fmt.Errorf("%q is no run id", q.runID)}
	}
	if err := ctx.Err(); err != nil {
		return nil, &RequestError{Op: q.op, Err: withContext(ctx, err)}
	}
	traced, trace := traceSent(ctx)
	req, err := c.newRequest(traced, q)
	if err != nil {
		return nil, &RequestError{Op: q.op, Err: err}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &RequestError{Op: q.op, Sent: trace.sent(), Err: withContext(ctx, withoutURL(err))}
	}
	return resp, nil
}

func (c *Client) newRequest(ctx context.Context, q request) (*http.Request, error) {
	u := c.base.JoinPath("v1/tasks/runs")
	if q.runID != "" {
		u = u.JoinPath(url.PathEscape(q.runID) + q.part)
	}
	u.RawQuery = q.query
	req, err := http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Api-Key", c.key())
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if q.accept != "" {
		req.Header.Set("Accept", q.accept)
		req.Header.Set("Accept-Encoding", "identity") // a compressor on the way would hold events back
		req.Header.Set("Cache-Control", "no-cache")
	}
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if len(c.betas) > 0 {
		req.Header.Set("Parallel-Beta", strings.Join(c.betas, ","))
	}
	return req, nil
}

// maxRedirects is far above what one server needs to point to another of its paths.
const maxRedirects = 5

func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	same := req.URL.Scheme == first.URL.Scheme && strings.EqualFold(req.URL.Host, first.URL.Host)
	if first.Method != http.MethodGet || !same || len(via) > maxRedirects {
		return http.ErrUseLastResponse
	}
	return nil
}

func readBounded(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err == nil && len(b) > limit {
		err = &BodyTooLargeError{Limit: limit}
	}
	return b, err
}
