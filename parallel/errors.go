package parallel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// RequestError is a call that ended without a usable answer.
type RequestError struct {
	Op string // such as "create run"
	// Sent is false only if no byte of the request can have reached the server: its name was not resolved, the
	// connection or its TLS handshake failed, or the context ended before. When in doubt it is true. For a
	// create it then is unknown whether there is a run.
	Sent bool
	Err  error
}

func (e *RequestError) Error() string {
	if !e.Sent {
		return e.Op + ": not sent: " + e.Err.Error()
	}
	return e.Op + ": " + e.Err.Error()
}

func (e *RequestError) Unwrap() error { return e.Err }

// sentTrace observes whether a request was given a connection. Both are set by the transport's goroutines.
type sentTrace struct{ wanted, got atomic.Bool }

func traceSent(ctx context.Context) (context.Context, *sentTrace) {
	t := &sentTrace{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	}), t
}

// sent asks for proof that nothing was: a transport that wanted a connection and never got one. A transport of
// the caller's that does not report to httptrace proves nothing.
func (t *sentTrace) sent() bool { return t.got.Load() || !t.wanted.Load() }

// withoutURL removes what the operation's name says already.
func withoutURL(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// withContext makes errors.Is see why a context has ended, whichever of its errors the transport chose.
func withContext(ctx context.Context, err error) error {
	for _, why := range []error{ctx.Err(), context.Cause(ctx)} {
		if why != nil && !errors.Is(err, why) {
			err = fmt.Errorf("%w: %w", why, err)
		}
	}
	return err
}

// BodyTooLargeError is within the [RequestError] of an answer that is longer than [WithMaxBodySize] allows.
type BodyTooLargeError struct {
	Limit int // bytes
}

func (e *BodyTooLargeError) Error() string { return fmt.Sprintf("it is over %d bytes", e.Limit) }

// APIError is an answer that refuses a call, or one that cannot be followed.
type APIError struct {
	Op         string // such as "create run"
	StatusCode int
	RefID      string // for upstream's support; "" if the body has none
	Message    string // upstream's, or else what the body says as short text
	Detail     json.RawMessage
	RetryAfter time.Duration // what the server asked for, at most a day; 0 if it did not
	// WellFormed says that the body was an error object of the API, so that the API itself has answered and not
	// something on the way to it.
	WellFormed bool
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", e.Op, e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if e.Message != "" {
		b.WriteString(": " + oneLine(e.Message, 1000))
	}
	if e.RefID != "" {
		b.WriteString(" (ref_id " + oneLine(e.RefID, 100) + ")")
	}
	return b.String()
}

// Temporary reports whether the same call may succeed later. It does not say that sending it again is safe.
func (e *APIError) Temporary() bool {
	switch e.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

const (
	maxErrorBody  = 64 << 10 // far above any error of the API; a longer body is cut
	maxRetryAfter = 24 * time.Hour
)

func (c *Client) apiError(op string, resp *http.Response) *APIError {
	e := &APIError{Op: op, StatusCode: resp.StatusCode, RetryAfter: retryAfter(resp.Header)}
	body, _ := readBounded(resp.Body, maxErrorBody) // what there is of it says more than a read error
	if e.parse(body) {
		e.Message, e.RefID, e.Detail = c.redactText(e.Message), c.redactText(e.RefID), c.redactJSON(e.Detail)
	} else {
		e.Message = shortText(resp.Header.Get("Content-Type"), c.redact(body))
	}
	if to := resp.Header.Get("Location"); e.Message == "" && to != "" && resp.StatusCode/100 == 3 {
		e.Message = "a redirect that is not followed"
	}
	return e
}

// redact removes the key, should the server echo it. A key of a few characters is no secret, and removing it
// would hit other words.
func (c *Client) redact(body []byte) []byte {
	if key := c.key(); len(key) >= 8 {
		return bytes.ReplaceAll(body, []byte(key), []byte("[API key]"))
	}
	return body
}

func (c *Client) redactText(text string) string { return string(c.redact([]byte(text))) }

// redactJSON removes the key from the texts of a JSON value, however they are escaped. One without it comes back as it is.
func (c *Client) redactJSON(raw json.RawMessage) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return raw
	}
	value, found := c.redactValue(value)
	if !found {
		return raw
	}
	w := objectWriter{}
	if w.encode(value) != nil {
		return nil
	}
	return w.buf.Bytes()
}

func (c *Client) redactValue(value any) (redacted any, found bool) {
	switch v := value.(type) {
	case string:
		text := c.redactText(v)
		return text, text != v
	case []any:
		for i := range v {
			element, has := c.redactValue(v[i])
			v[i], found = element, found || has
		}
		return v, found
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, member := range v {
			member, has := c.redactValue(member)
			text := c.redactText(name)
			object[text], found = member, found || has || text != name
		}
		return object, found
	}
	return value, false
}

// parse reads the API's error object, or the list of a validator that answers before it.
func (e *APIError) parse(body []byte) bool {
	var envelope struct {
		Error  json.RawMessage `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return false
	}
	var inner Error
	if err := json.Unmarshal(envelope.Error, &inner); (err == nil || keptWhole(err)) && inner.Message != "" {
		e.RefID, e.Message, e.Detail, e.WellFormed = inner.RefID, inner.Message, inner.Detail, true
		return true
	}
	if message, ok := validationMessage(envelope.Detail); ok {
		e.Message, e.Detail, e.WellFormed = message, envelope.Detail, true
		return true
	}
	if message, ok := unquote(envelope.Detail); ok {
		e.Message = message
		return true
	}
	return false
}

// validationMessage puts [{"loc":["body","input"],"msg":"field required"}] as "body.input: field required".
func validationMessage(detail json.RawMessage) (string, bool) {
	var problems []struct {
		Loc []any  `json:"loc"`
		Msg string `json:"msg"`
	}
	if json.Unmarshal(detail, &problems) != nil || len(problems) == 0 {
		return "", false
	}
	var messages []string
	for _, p := range problems {
		if p.Msg == "" {
			return "", false
		}
		var path []string
		for _, step := range p.Loc {
			path = append(path, fmt.Sprint(step))
		}
		messages = append(messages, strings.TrimPrefix(strings.Join(path, ".")+": "+p.Msg, ": "))
	}
	return strings.Join(messages, "; "), true
}

// shortText is the beginning of a body that is no error object, but of a page only that it is one.
func shortText(contentType string, body []byte) string {
	text := oneLine(string(body), 200)
	if strings.Contains(contentType, "html") || strings.HasPrefix(text, "<") {
		return "an HTML page instead of an answer"
	}
	return text
}

// oneLine shortens s to limit characters and makes all white space and control characters single spaces.
func oneLine(s string, limit int) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 })
	runes := []rune(strings.Join(words, " "))
	if len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return string(runes)
}

// retryAfter reads how long the server asks to wait: milliseconds, seconds, or a date by the server's clock.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return boundedWait(ms / 1000)
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return boundedWait(seconds)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return boundedWait(at.Sub(now).Seconds())
}

func boundedWait(seconds float64) time.Duration {
	if !(seconds > 0) { // NaN too
		return 0
	}
	return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
}
