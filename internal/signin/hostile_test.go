package signin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestADescriptionThatIsNotToBeTrustedIsRefused(t *testing.T) {
	p := newProvider(t)
	for name, change := range map[string]func(m map[string]any){
		"another issuer":                func(m map[string]any) { m["issuer"] = "https://evil.example" },
		"an issuer with a path":         func(m map[string]any) { m["issuer"] = p.URL + "/x" },
		"an issuer by another scheme":   func(m map[string]any) { m["issuer"] = strings.Replace(p.URL, "http", "https", 1) },
		"no issuer":                     func(m map[string]any) { delete(m, "issuer") },
		"an issuer that is a number":    func(m map[string]any) { m["issuer"] = 1 },
		"no authorization endpoint":     func(m map[string]any) { delete(m, "authorization_endpoint") },
		"no token endpoint":             func(m map[string]any) { delete(m, "token_endpoint") },
		"a token endpoint elsewhere":    func(m map[string]any) { m["token_endpoint"] = "https://evil.example/token" },
		"one on another port":           func(m map[string]any) { m["token_endpoint"] = "http://127.0.0.1:1/token" },
		"one with a user":               func(m map[string]any) { m["token_endpoint"] = strings.Replace(p.URL, "//", "//user@", 1) + "/token" },
		"one with a query":              func(m map[string]any) { m["token_endpoint"] = p.URL + "/token?code=1" },
		"one with a fragment":           func(m map[string]any) { m["token_endpoint"] = p.URL + "/token#" },
		"one with a backslash":          func(m map[string]any) { m["token_endpoint"] = p.URL + `\@evil.example/` },
		"one without a host":            func(m map[string]any) { m["token_endpoint"] = "/token" },
		"a page elsewhere":              func(m map[string]any) { m["authorization_endpoint"] = "https://evil.example/authorize" },
		"a page that is a script":       func(m map[string]any) { m["authorization_endpoint"] = "javascript:alert(1)" },
		"a page that is data":           func(m map[string]any) { m["authorization_endpoint"] = "data:text/html,x" },
		"a page on a host alike":        func(m map[string]any) { m["authorization_endpoint"] = p.URL + ".evil.example/" },
		"a registration elsewhere":      func(m map[string]any) { m["registration_endpoint"] = "http://169.254.169.254/latest" },
		"an endless address":            func(m map[string]any) { m["token_endpoint"] = p.URL + "/" + strings.Repeat("x", maxAddress) },
		"no codes":                      func(m map[string]any) { m["response_types_supported"] = []string{"token"} },
		"plain PKCE only":               func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} },
		"clients with secrets only":     func(m map[string]any) { m["token_endpoint_auth_methods_supported"] = []string{"client_secret_basic"} },
		"more than anybody has to say":  func(m map[string]any) { m["more"] = strings.Repeat("x", maxAnswer) },
		"methods that are not a list":   func(m map[string]any) { m["code_challenge_methods_supported"] = "S256" },
		"a flag that is not true/false": func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = "yes" },
	} {
		t.Run(name, func(t *testing.T) {
			hostile := newProvider(t)
			text := func(v any) any { // about this provider, not the first
				if s, ok := v.(string); ok {
					return strings.ReplaceAll(s, strings.TrimPrefix(p.URL, "http://"), strings.TrimPrefix(hostile.URL, "http://"))
				}
				return v
			}
			change(hostile.metadata)
			for name, value := range hostile.metadata {
				hostile.metadata[name] = text(value)
			}
			_, _, err := hostile.client(t).Begin(t.Context(), there)
			fails(t, err, taskyard.CodeUnavailable)
		})
	}
	for name, leftOut := range map[string]string{"types": "response_types_supported", "methods": "code_challenge_methods_supported"} {
		kind := newProvider(t)
		kind.metadata = without(kind.metadata, leftOut)
		if _, _, err := kind.client(t).Begin(t.Context(), there); err != nil {
			t.Errorf("%s are left out: %v", name, err)
		}
	}
}

func TestWhatIsNoDescriptionIsRefused(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"a page":            {200, "<html>"},
		"nothing":           {200, ""},
		"null":              {200, "null"},
		"a list":            {200, "[]"},
		"a number":          {200, "1"},
		"not found":         {404, "{}"},
		"a fault":           {500, "{}"},
		"a redirect":        {302, "{}"},
		"a deep nest":       {200, strings.Repeat("[", 20_000)},
		"a flood":           {200, strings.Repeat(" ", 10<<20)},
		"two at once":       {200, `{"issuer":"x"}{"issuer":"y"}`},
		"not even encoding": {200, "\xff\xfe{}"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.says(metadataPath, answer.status, "application/json", answer.body)
			_, _, err := p.client(t).Begin(t.Context(), there)
			fails(t, err, taskyard.CodeUnavailable)
		})
	}
}

func TestATokenAnswerThatIsNoKeyIsRefused(t *testing.T) {
	for name, answer := range map[string]struct {
		status     int
		kind, body string
		want       taskyard.Code
	}{
		"nothing":                  {200, "application/json", "", taskyard.CodeUnavailable},
		"a page":                   {200, "text/html", "<html>", taskyard.CodeUnavailable},
		"no key":                   {200, "application/json", `{"token_type":"Bearer"}`, taskyard.CodeUnavailable},
		"an empty key":             {200, "application/json", `{"access_token":""}`, taskyard.CodeUnavailable},
		"a key that is a number":   {200, "application/json", `{"access_token":123456789}`, taskyard.CodeUnavailable},
		"a key with a line break":  {200, "application/json", `{"access_token":"key-of-two\r\nlines"}`, taskyard.CodeUnavailable},
		"a key in other letters":   {200, "application/json", `{"access_token":"ключ"}`, taskyard.CodeUnavailable},
		"an endless key":           {200, "application/json", `{"access_token":"` + strings.Repeat("k", maxKeyLength+1) + `"}`, taskyard.CodeUnavailable},
		"a flood":                  {200, "application/json", `{"access_token":"key","more":"` + strings.Repeat("x", 10<<20) + `"}`, taskyard.CodeUnavailable},
		"a flood after the key":    {200, "application/json", `{"access_token":"key"}` + strings.Repeat(" ", maxAnswer), taskyard.CodeUnavailable},
		"an error that is known":   {400, "application/json", `{"error":"invalid_grant","error_description":"the-code-of-this-sign-in"}`, taskyard.CodeInvalid},
		"an error with 200":        {200, "application/json", `{"error":"invalid_grant","access_token":"key"}`, taskyard.CodeInvalid},
		"an error nobody knows":    {400, "application/json", `{"error":"the-code-of-this-sign-in"}`, taskyard.CodeUnavailable},
		"a client nobody knows":    {401, "application/json", `{"error":"invalid_client"}`, taskyard.CodeUnavailable},
		"too many":                 {429, "text/plain", `slow down`, taskyard.CodeRateLimited},
		"a fault that quotes":      {500, "text/plain", `the-code-of-this-sign-in`, taskyard.CodeUnavailable},
		"a form that is malformed": {200, "text/plain", `access_token=%zz-secret`, taskyard.CodeUnavailable},
		"a redirect":               {307, "text/plain", ``, taskyard.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.says("/token", answer.status, answer.kind, answer.body)
			key, secrets, err := p.exchange(t)
			fails(t, err, answer.want, append(secrets, "123456789", "key-of-two", "secret", "kkkkk")...)
			if key.Reveal() != "" {
				t.Error("there is a key all the same")
			}
		})
	}
}

// A code and its verifier go to the token endpoint and nowhere else.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, path := range []string{metadataPath, "/token", "/register"} {
		t.Run(path, func(t *testing.T) {
			p := newProvider(t)
			p.metadata["registration_endpoint"] = p.URL + "/register"
			p.answers["/elsewhere"] = func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }
			p.answers[path] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			}
			c := p.client(t)
			_, pending, err := c.Begin(t.Context(), "http://localhost:8080/back")
			if err == nil {
				_, err = c.Finish(t.Context(), pending, url.Values{"state": {*pending.kept.State}, "code": {"c"}})
			}
			fails(t, err, taskyard.CodeUnavailable)
		})
	}
}

func TestARegistrationThatIsNoneIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string // the name that is used; empty: there is an error
	}{
		"a proper one":              {201, `{"client_id":"made","token_endpoint_auth_method":"none"}`, "made"},
		"one that says little":      {200, `{"client_id":"made"}`, "made"},
		"one with a secret method":  {201, `{"client_id":"made","client_secret":"s","token_endpoint_auth_method":"client_secret_basic"}`, ""},
		"one without an id":         {201, `{}`, ""},
		"one with an endless id":    {201, `{"client_id":"` + strings.Repeat("i", maxClientID+1) + `"}`, ""},
		"one with an id of lines":   {201, `{"client_id":"a\nb"}`, ""},
		"one that is a page":        {201, `<html>`, ""},
		"one that floods":           {201, `{"client_id":"made","x":"` + strings.Repeat("x", 1<<20) + `"}`, ""},
		"a fault":                   {503, ``, ""},
		"too many":                  {429, ``, ""},
		"a refusal: the host names": {400, `{"error":"invalid_client_metadata"}`, "localhost"},
		"no such route":             {404, ``, "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.metadata["registration_endpoint"] = p.URL + "/register"
			p.says("/register", tt.status, "application/json", tt.body)
			_, pending, err := p.client(t).Begin(t.Context(), "http://localhost:8080/back")
			switch {
			case tt.want == "":
				fails(t, err, taskyard.CodeUnavailable)
			case err != nil || pending.kept.ClientID != tt.want:
				t.Errorf("goes by the name of %q (%v)", pending.kept.ClientID, err)
			}
		})
	}
}

func TestAClientThatIsForgottenRegistersAnew(t *testing.T) {
	p := newProvider(t)
	registrations := 0
	p.metadata["registration_endpoint"] = p.URL + "/register"
	p.answers["/register"] = func(w http.ResponseWriter, _ *http.Request) {
		registrations++
		_, _ = w.Write([]byte(`{"client_id":"made"}`))
	}
	p.says("/token", 401, "application/json", `{"error":"invalid_client"}`)
	c := p.client(t)
	for range 2 {
		_, pending, err := c.Begin(t.Context(), "http://localhost:8080/back")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Finish(t.Context(), pending, url.Values{"state": {*pending.kept.State}, "code": {"c"}})
		fails(t, err, taskyard.CodeUnavailable)
	}
	if registrations != 2 {
		t.Errorf("registered %d times", registrations)
	}
}

// Parallel is not known to name itself in its answers. Where it does all the same, it is held to it.
func TestAProviderThatDoesNotPromiseAnIssuerMayNameIt(t *testing.T) {
	p := newProvider(t)
	p.says("/token", 200, "application/json", `{"access_token":"the-key"}`)
	c := p.client(t)
	for iss, good := range map[string]bool{"": true, p.URL: true, "https://evil.example": false} {
		_, pending, err := c.Begin(t.Context(), there)
		if err != nil {
			t.Fatal(err)
		}
		query := url.Values{"state": {*pending.kept.State}, "code": {"c"}}
		if iss != "" {
			query.Set("iss", iss)
		}
		if key, err := c.Finish(t.Context(), pending, query); (err == nil) != good || good && key.Reveal() != "the-key" {
			t.Errorf("the issuer %q: %v", iss, err)
		}
	}
}

func TestAProviderThatDoesNotAnswerIsGivenUpAndLeftAloneForAMoment(t *testing.T) {
	inBubble(t, func(w *world) {
		asked := 0
		silent := transport(func(r *http.Request) (*http.Response, error) {
			asked++
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c, err := New(Config{Provider: here, HTTP: &http.Client{Transport: silent}})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		_, _, err = c.Begin(w.Context(), there)
		fails(t, err, taskyard.CodeUnavailable)
		if took := time.Since(begun); took != callTimeout {
			t.Errorf("it took %s", took)
		}
		_, _, err = c.Begin(w.Context(), there)
		fails(t, err, taskyard.CodeUnavailable)
		if took := time.Since(begun); took != callTimeout || asked != 1 {
			t.Errorf("it was asked again at once (%d times in %s)", asked, took)
		}
		time.Sleep(failureLife)
		_, _, _ = c.Begin(w.Context(), there)
		if asked != 2 {
			t.Errorf("it was asked %d times", asked)
		}
	})
}

// A connection that breaks during the exchange may say what was sent.
func TestTheErrorOfAConnectionShowsNoSecret(t *testing.T) {
	inBubble(t, func(w *world) {
		address, pending := w.begin(there)
		back := w.press(address, "")
		broken := transport(func(*http.Request) (*http.Response, error) {
			sent := "code=" + url.QueryEscape(back.Get("code")) + " or " + back.Get("code") + "&code_verifier=" + *pending.kept.Verifier
			return nil, &url.Error{Op: "write", URL: sent, Err: context.DeadlineExceeded}
		})
		w.client.http.Transport = bounded{broken}
		back.Set("code", "a/code+of/signs")
		_, err := w.client.Finish(w.Context(), pending, back)
		fails(t, err, taskyard.CodeUnavailable, append(pending.secrets(back), url.QueryEscape("a/code+of/signs"))...)
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
