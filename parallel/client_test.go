package parallel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const testKey = "sk-test-0123456789"

// serve starts a server for one test and returns a client of it.
func serve(t testing.TB, h http.HandlerFunc, opts ...Option) (*Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return connect(t, server.URL, opts...), server
}

// connect returns a client with connections of its own.
func connect(t testing.TB, address string, opts ...Option) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	opts = append([]Option{WithBaseURL(address), WithHTTPClient(&http.Client{Transport: transport})}, opts...)
	c, err := New(testKey, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer returns a handler that answers every request alike and keeps what it was asked.
func answer(status int, body string, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*asked = append(*asked, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), b)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestCallsAskForWhatTheyShould(t *testing.T) {
	in := &TaskRunInput{Processor: "core", Input: TextInput("a<b")}
	for want, call := range map[string]func(context.Context, *Client) (json.RawMessage, error){
		`POST /v1/tasks/runs {"processor":"core","input":"a<b"}`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.CreateRun(ctx, in)
			return raw(v, err)
		},
		`POST /v1/tasks/runs { "new" : 1.0 }`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.CreateRunJSON(ctx, json.RawMessage(`{ "new" : 1.0 }`))
			return raw(v, err)
		},
		`GET /v1/tasks/runs/trun_1`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.Run(ctx, "trun_1")
			return raw(v, err)
		},
		`GET /v1/tasks/runs/a%2Fb%20%3Fc%23/input`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.Input(ctx, "a/b ?c#")
			return raw(v, err)
		},
		`GET /v1/tasks/runs/trun_1/result?timeout=2`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.Result(ctx, "trun_1", 1001*time.Millisecond)
			return raw(v, err)
		},
		`GET /v1/tasks/runs/trun_1/result?timeout=0`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.Result(ctx, "trun_1", 0)
			return raw(v, err)
		},
		`GET /v1/tasks/runs/trun_1/result`: func(ctx context.Context, c *Client) (json.RawMessage, error) {
			v, err := c.Result(ctx, "trun_1", -1)
			return raw(v, err)
		},
	} {
		t.Run(want, func(t *testing.T) {
			const body = ` {"run_id":"trun_1", "run":{"run_id":"trun_1"}, "new": 1.0} `
			var asked []string
			c, _ := serve(t, answer(http.StatusAccepted, body, &asked))
			got, err := call(t.Context(), c)
			if err != nil || string(got) != body {
				t.Errorf("got %s, %v, want the body as it came", got, err)
			}
			if len(asked) != 1 || asked[0] != want {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
}

func raw[T interface{ RawJSON() json.RawMessage }](v T, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return v.RawJSON(), nil
}

func TestHeaders(t *testing.T) {
	var got http.Header
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		_, _ = io.WriteString(w, `{"run_id":"trun_1"}`)
	}, WithBetas("one-1"), WithBetas("two-2", "three-3"), WithUserAgent("my tool/1"))
	if _, err := c.CreateRunJSON(t.Context(), json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"x-api-key": testKey, "parallel-beta": "one-1,two-2,three-3", "user-agent": "my tool/1",
		"content-type": "application/json", "accept": "application/json",
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	for range c.Events(t.Context(), "trun_1") { // what is asked matters, not the answer
	}
	for name, want := range map[string]string{"accept": "text/event-stream", "accept-encoding": "identity", "content-type": ""} {
		if got.Get(name) != want {
			t.Errorf("events: %s is %q, want %q", name, got.Get(name), want)
		}
	}
}

func TestBaseURLMayHaveAPath(t *testing.T) {
	for _, path := range []string{"/proxy/a%2Fb", "/proxy/a%2Fb/"} {
		var asked []string
		_, server := serve(t, answer(http.StatusOK, `{"run_id":"trun_1"}`, &asked))
		if _, err := connect(t, server.URL+path).Run(t.Context(), "trun_1"); err != nil {
			t.Fatal(err)
		}
		if want := "GET /proxy/a%2Fb/v1/tasks/runs/trun_1"; asked[0] != want {
			t.Errorf("asked %q, want %q", asked[0], want)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, opts := range map[string][]Option{
		"scheme missing":        {WithBaseURL("api.example.com")},
		"another scheme":        {WithBaseURL("ftp://example.com")},
		"host missing":          {WithBaseURL("https://")},
		"only a port":           {WithBaseURL("https://:80")},
		"credentials":           {WithBaseURL("https://me:" + testKey + "@example.com")},
		"query":                 {WithBaseURL("https://example.com?a=" + testKey)},
		"empty query":           {WithBaseURL("https://example.com?")},
		"fragment":              {WithBaseURL("https://example.com/#a")},
		"unparsable":            {WithBaseURL("https://me:" + testKey + "@exa mple.com:x")},
		"no HTTP client":        {WithHTTPClient(nil)},
		"empty beta":            {WithBetas("")},
		"two betas in one":      {WithBetas("a,b")},
		"beta with a line end":  {WithBetas("a\nb")},
		"agent with a line end": {WithUserAgent("a\r\nb")},
		"no event size":         {WithMaxEventSize(0)},
		"no body size":          {WithMaxBodySize(-1)},
	} {
		c, err := New(testKey, opts...)
		if err == nil {
			t.Errorf("%s: made %v", name, c)
		} else if strings.Contains(err.Error(), testKey) {
			t.Errorf("%s: %v shows a secret", name, err)
		}
	}
	for _, key := range []string{"", " \n", "a b", "a\nb", "schlüssel", "a\x7f"} {
		if _, err := New(key); err == nil || len(key) > 2 && strings.Contains(err.Error(), key) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	if c, err := New(" " + testKey + "\n"); err != nil || c.key() != testKey || c.base.String() != DefaultBaseURL {
		t.Errorf("key with white space around it: %v, %v", c, err)
	}
}

func TestARunIDThatWouldLeaveThePathIsNotSent(t *testing.T) {
	var asked []string
	c, _ := serve(t, answer(http.StatusOK, `{}`, &asked))
	for _, id := range []string{"", ".", "..", "..."} {
		_, err := c.Run(t.Context(), id)
		if re := (*RequestError)(nil); !errors.As(err, &re) || re.Sent {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := c.Run(t.Context(), "../secret"); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 || asked[0] != "GET /v1/tasks/runs/..%2Fsecret" {
		t.Errorf("asked %q", asked)
	}
}

func TestRedirectsStayOnTheServer(t *testing.T) {
	var elsewhereAsked []string
	_, elsewhere := serve(t, answer(http.StatusOK, `{"run_id":"stolen"}`, &elsewhereAsked))
	for name, c := range map[string]struct {
		to       string
		post     bool
		followed bool
	}{
		"GET to another path":         {to: "/moved", followed: true},
		"GET to itself, for ever":     {to: "/v1/tasks/runs/trun_1"},
		"GET to another host":         {to: elsewhere.URL + "/moved"},
		"GET to another name of host": {to: strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)},
		"POST to another path":        {to: "/moved", post: true},
		"POST to another host":        {to: elsewhere.URL, post: true},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/moved" {
					_, _ = io.WriteString(w, `{"run_id":"trun_2"}`)
					return
				}
				http.Redirect(w, r, c.to, http.StatusTemporaryRedirect)
			})
			run, err := client.Run(t.Context(), "trun_1")
			if c.post {
				run, err = client.CreateRunJSON(t.Context(), json.RawMessage(`{}`))
			}
			if c.followed {
				if err != nil || run.RunID != "trun_2" {
					t.Errorf("got %+v, %v", run, err)
				}
				return
			}
			if ae := (*APIError)(nil); !errors.As(err, &ae) || ae.StatusCode != http.StatusTemporaryRedirect {
				t.Errorf("got %+v, %v, want an APIError of status 307", run, err)
			}
		})
	}
	if len(elsewhereAsked) > 0 {
		t.Errorf("the other host was asked %q", elsewhereAsked)
	}
}

func TestAnAnswerThatIsNoObjectIsAnErrorWithUnknownOutcome(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "null": "null", "list": "[]", "HTML": "<html>", "half": `{"run_id":"trun_1"`,
		"no run id": `{"status":"queued"}`, "run id of another type": `{"run_id":7}`, "over the limit": `{"run_id":"` + strings.Repeat("x", 2000) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			c, _ := serve(t, answer(http.StatusAccepted, body, &asked), WithMaxBodySize(1000))
			run, err := c.CreateRunJSON(t.Context(), json.RawMessage(`{}`))
			re := (*RequestError)(nil)
			if !errors.As(err, &re) || !re.Sent || re.Op != "create run" {
				t.Errorf("got %+v, %v", run, err)
			}
		})
	}
}

func TestAFieldOfANewTypeDoesNotLoseTheRun(t *testing.T) {
	var asked []string
	c, _ := serve(t, answer(http.StatusAccepted, `{"run_id":"trun_1","status":"queued","warnings":{"new":"shape"}}`, &asked))
	run, err := c.CreateRun(t.Context(), &TaskRunInput{Processor: "core", Input: TextInput("x")})
	if err != nil || run.RunID != "trun_1" || run.Status != StatusQueued || string(run.Extra["warnings"]) != `{"new":"shape"}` {
		t.Errorf("got %+v, %v", run, err)
	}
}

func TestAnInputThatIsNoJSONIsNotSent(t *testing.T) {
	var asked []string
	c, _ := serve(t, answer(http.StatusAccepted, `{"run_id":"trun_1"}`, &asked))
	_, err := c.CreateRun(t.Context(), &TaskRunInput{Processor: "core", Input: json.RawMessage(`{`)})
	if err == nil || len(asked) > 0 {
		t.Errorf("asked %q, error %v", asked, err)
	}
}

func TestClientsShareTheConnectionsOfOneHTTPClient(t *testing.T) {
	addresses := map[string]bool{}
	_, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		addresses[r.RemoteAddr] = true
		_, _ = io.WriteString(w, `{"run_id":"trun_1"}`)
	})
	shared := &http.Client{Transport: &http.Transport{}}
	defer shared.CloseIdleConnections()
	for i := range 10 {
		c, err := New(fmt.Sprintf("key-%d", i), WithBaseURL(server.URL), WithHTTPClient(shared))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Run(t.Context(), "trun_1"); err != nil {
			t.Fatal(err)
		}
	}
	if len(addresses) != 1 {
		t.Errorf("ten clients used %d connections", len(addresses))
	}
	if shared.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestDefaultBaseURLIsValid(t *testing.T) {
	c, err := New(testKey)
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(DefaultBaseURL); err != nil || *u != *c.base {
		t.Errorf("base is %v, want %v", c.base, u)
	}
}
