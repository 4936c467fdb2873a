package parallel

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRefusalsAreRead(t *testing.T) {
	long := strings.Repeat("x", 3*maxErrorBody)
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		want        APIError // but for Op and StatusCode
		text        string
	}{
		"the API's error": {status: 402, body: `{"type":"error","error":{"ref_id":"r-1","message":"no credit","detail":{"a":1.0}}}`,
			want: APIError{RefID: "r-1", Message: "no credit", Detail: []byte(`{"a":1.0}`), WellFormed: true},
			text: "get run: 402 Payment Required: no credit (ref_id r-1)"},
		"a message of several lines": {status: 422, body: `{"type":"error","error":{"message":" a\n\tb\u2028c\u0000 "}}`,
			want: APIError{Message: " a\n\tb\u2028c\x00 ", WellFormed: true}, text: "get run: 422 Unprocessable Entity: a b c"},
		"an error with a field of another type": {status: 500, body: `{"error":{"ref_id":7,"message":"m"}}`,
			want: APIError{Message: "m", WellFormed: true}, text: "get run: 500 Internal Server Error: m"},
		"a list of a validator": {status: 422, body: `{"detail":[{"loc":["body","inputs",0,"input"],"msg":"field required","type":"missing"},{"loc":[],"msg":"m"}]}`,
			want: APIError{Message: "body.inputs.0.input: field required; m", WellFormed: true,
				Detail: []byte(`[{"loc":["body","inputs",0,"input"],"msg":"field required","type":"missing"},{"loc":[],"msg":"m"}]`)},
			text: "get run: 422 Unprocessable Entity: body.inputs.0.input: field required; m"},
		"a detail of text":             {status: 404, body: `{"detail":"Not Found"}`, want: APIError{Message: "Not Found"}, text: "get run: 404 Not Found: Not Found"},
		"an HTML page":                 {status: 502, contentType: "text/html", body: "<html><h1>Bad Gateway", want: APIError{Message: "an HTML page instead of an answer"}, text: "get run: 502 Bad Gateway: an HTML page instead of an answer"},
		"an HTML page that hides":      {status: 503, contentType: "text/plain", body: "\n<!doctype html>", want: APIError{Message: "an HTML page instead of an answer"}, text: "get run: 503 Service Unavailable: an HTML page instead of an answer"},
		"plain text":                   {status: 503, contentType: "text/plain", body: "upstream\nis away\xff", want: APIError{Message: "upstream is away\uFFFD"}, text: "get run: 503 Service Unavailable: upstream is away\uFFFD"},
		"nothing":                      {status: 500, want: APIError{}, text: "get run: 500 Internal Server Error"},
		"an unknown status":            {status: 599, want: APIError{}, text: "get run: 599"},
		"JSON that is no error":        {status: 500, body: `{"ok":false}`, want: APIError{Message: `{"ok":false}`}, text: `get run: 500 Internal Server Error: {"ok":false}`},
		"an empty error":               {status: 500, body: `{"error":{}}`, want: APIError{Message: `{"error":{}}`}, text: `get run: 500 Internal Server Error: {"error":{}}`},
		"an error that is cut by size": {status: 500, body: `{"type":"error","error":{"message":"` + long + `"}}`, want: APIError{Message: `{"type":"error","error":{"message":"` + long[:164] + "…"}},
		"a very long message": {status: 500, body: `{"error":{"message":"` + long[:5000] + `"}}`, want: APIError{Message: long[:5000], WellFormed: true},
			text: "get run: 500 Internal Server Error: " + long[:1000] + "…"},
		"an echo of the key": {status: 401, body: `{"error":{"ref_id":"` + testKey + `","message":"bad key ` + testKey + `","detail":{"key":"` + testKey + `"}}}`,
			want: APIError{RefID: "[API key]", Message: "bad key [API key]", Detail: []byte(`{"key":"[API key]"}`), WellFormed: true},
			text: "get run: 401 Unauthorized: bad key [API key] (ref_id [API key])"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := client.Run(t.Context(), "trun_1")
			got := (*APIError)(nil)
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if got.StatusCode != c.status || got.RefID != c.want.RefID || got.Message != c.want.Message ||
				string(got.Detail) != string(c.want.Detail) || got.WellFormed != c.want.WellFormed {
				t.Errorf("got %+v, detail %s, want %+v", got, got.Detail, c.want)
			}
			if c.text != "" && err.Error() != c.text {
				t.Errorf("got  %q\nwant %q", err.Error(), c.text)
			}
		})
	}
}

func TestTemporary(t *testing.T) {
	for status, want := range map[int]bool{
		307: false, 400: false, 401: false, 402: false, 403: false, 404: false, 408: true, 422: false,
		429: true, 500: true, 501: false, 502: true, 503: true, 504: true,
	} {
		if got := (&APIError{StatusCode: status}).Temporary(); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 01 Jan 2025 00:00:00 GMT"
	for name, c := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"not given":           {http.Header{}, 0},
		"seconds":             {http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		"a part of a second":  {http.Header{"Retry-After": {"0.25"}}, 250 * time.Millisecond},
		"milliseconds":        {http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"9"}}, 1500 * time.Millisecond},
		"bad milliseconds":    {http.Header{"Retry-After-Ms": {"soon"}, "Retry-After": {"9"}}, 9 * time.Second},
		"a date":              {http.Header{"Date": {date}, "Retry-After": {"Wed, 01 Jan 2025 00:01:30 GMT"}}, 90 * time.Second},
		"a date that is past": {http.Header{"Date": {date}, "Retry-After": {"Tue, 31 Dec 2024 23:00:00 GMT"}}, 0},
		"a date, no clock":    {http.Header{"Retry-After": {"Wed, 01 Jan 2025 00:00:00 GMT"}}, 0},
		"negative":            {http.Header{"Retry-After": {"-5"}}, 0},
		"not a number":        {http.Header{"Retry-After": {"NaN"}}, 0},
		"infinite":            {http.Header{"Retry-After": {"Inf"}}, maxRetryAfter},
		"absurd":              {http.Header{"Retry-After": {"99999999999999999999"}}, maxRetryAfter},
		"words":               {http.Header{"Retry-After": {"soon"}}, 0},
	} {
		if got := retryAfter(c.header); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if boundedWait(math.MaxFloat64) != maxRetryAfter {
		t.Error("a wait is not bounded")
	}
}
