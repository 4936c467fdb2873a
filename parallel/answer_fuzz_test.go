package parallel

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// answering is upstream in one answer, whatever is asked.
type answering struct {
	status int
	header http.Header
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// Whatever upstream answers, there is a result, or an error of one line that can be told without the key, and a wait of
// at most a day.
func FuzzAnswer(f *testing.F) {
	const key = "THEAPIKEYANDNOTHINGELSE"
	for _, s := range []struct {
		status           int
		kind, wait, body string
	}{
		{200, "application/json", "", `{"run":{"run_id":"trun_1"},"output":{"type":"text","content":"x","basis":[]}}`}, {200, "", "", `null`}, {200, "", "", `{"run":7}`}, {202, "text/html", "", `<html>`}, {401, "", "", `{"error":{"message":"` + key + `"}}`},
		{429, "", "1e400", `{"error":{"ref_id":"r","message":"m","detail":{"a":1}}}`}, {429, "", "-1", `{"detail":[{"loc":["a",1],"msg":"m"}]}`}, {503, "", "Wed, 21 Oct 2099 07:28:00 GMT", `{"detail":"\u0000\u2028x"}`}, {503, "text/plain", "NaN", "\xff\n" + key}, {301, "", "", ``}, {408, "", "0x10", `{"error":{"message":""}}`},
		{500, "", "1_0", `{"error":{"message":"\u0054HEAPIKEYANDNOTHINGELSE","ref_id":"\u0054HEAPIKEYANDNOTHINGELSE","detail":["\u0054HEAPIKEYANDNOTHINGELSE"]}}`}, // which names the key all the same
		{500, "", "", `{"error":{"message":"m","detail":{"\\THEAPIKEYANDNOTHINGELSE":["\u0054HEAPIKEYANDNOTHINGELSE",1.0]}}}`}, {400, "", "", `{"detail":[{"loc":["\u0054HEAPIKEYANDNOTHINGELSE"],"msg":"m"}]}`},
	} {
		f.Add(s.status, s.kind, s.wait, s.body)
	}
	f.Fuzz(func(t *testing.T, status int, kind, wait, body string) {
		upstream := answering{status: status, header: http.Header{"Content-Type": {kind}, "Retry-After": {wait}, "Location": {"/" + kind}}, body: body}
		c, err := New(key, WithBaseURL("https://api.example"), WithHTTPClient(&http.Client{Transport: upstream}), WithMaxBodySize(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		result, err := c.Result(t.Context(), "trun_1", 0)
		if err == nil {
			if string(result.RawJSON()) != body || status/100 != 2 {
				t.Errorf("%d with %q is the result %q", status, body, result.RawJSON())
			}
			checkTold(t, followed(t, c), key)
			return
		}
		checkTold(t, err, key)
		checkTold(t, followed(t, c), key)
		var api *APIError
		if !errors.As(err, &api) {
			return
		}
		if api.RetryAfter < 0 || api.RetryAfter > 24*time.Hour {
			t.Errorf("%q is a wait of %s", wait, api.RetryAfter)
		}
		var detail any
		_ = json.Unmarshal(api.Detail, &detail) // nil where there is none
		if api.StatusCode != status || strings.Contains(fmt.Sprint(api.Message, api.RefID, detail), key) {
			t.Errorf("%d with %q is %+v", status, body, api)
		}
	})
}

// followed is how a stream ends that gets the same answer.
func followed(t *testing.T, c *Client) error {
	t.Helper()
	var last error
	for _, err := range c.Events(t.Context(), "trun_1") {
		last = err
	}
	return last
}

func checkTold(t *testing.T, err error, key string) {
	t.Helper()
	if err == nil {
		return
	}
	if text := err.Error(); text == "" || strings.Contains(text, key) || strings.ContainsAny(text, "\n\r") || !utf8.ValidString(text) || len(text) > 10_000 {
		t.Errorf("the error says %q", text)
	}
}
