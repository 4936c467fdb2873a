package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

const (
	verifier = "a-verifier-of-forty-three-characters-or-more"
	redirect = "https://app.example.com/back?from=here"
)

func challenge() string {
	hash := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// with returns a copy of a form with other values; an empty one takes the parameter out.
func with(form url.Values, changes ...string) url.Values {
	changed := maps.Clone(form)
	for i := 0; i < len(changes); i += 2 {
		changed.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			changed.Del(changes[i])
		}
	}
	return changed
}

// asked is a proper request for a code.
func asked() url.Values {
	return url.Values{
		"client_id": {"app.example.com"}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"key:read"},
		"state": {"state & more"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
}

// exchange is a proper request for the key of a code.
func exchange(code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "client_id": {"app.example.com"}, "redirect_uri": {redirect}, "code_verifier": {verifier},
	}
}

// linger lets the server close the connections of bodies that were too large; it waits a little before it does.
func linger() { time.Sleep(time.Second) }

// call makes a bare call without following redirects.
func (w *world) call(method, path, contentType, body string, cookies ...*http.Cookie) (*http.Response, string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), method, sandbox.BaseURL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	resp, err := w.box.Client().Transport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp, string(read)
}

func (w *world) page(query url.Values) (*http.Response, string) {
	w.Helper()
	return w.call("GET", sandbox.AuthorizePath+"?"+query.Encode(), "", "")
}

const formType = "application/x-www-form-urlencoded"

// allow presses Allow and returns what the application is told.
func (w *world) allow(query url.Values, scenario string) url.Values {
	w.Helper()
	callback, err := sandbox.SignIn(w.Context(), w.box.Client(), sandbox.BaseURL+sandbox.AuthorizePath+"?"+query.Encode(), scenario)
	if err != nil {
		w.Fatal(err)
	}
	back, err := url.Parse(callback)
	if err != nil {
		w.Fatal(err)
	}
	if !strings.HasPrefix(callback, query.Get("redirect_uri")) {
		w.Fatalf("sent to %s", callback)
	}
	return back.Query()
}

// token exchanges a code.
func (w *world) token(form url.Values) (status int, answer map[string]any) {
	w.Helper()
	resp, body := w.call("POST", "/getKeys/token", formType, form.Encode())
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		w.Fatalf("%v in %s", err, body)
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		w.Error("an answer about a token may be cached")
	}
	return resp.StatusCode, answer
}

func TestSignInGivesAKeyThatWorks(t *testing.T) {
	inBubble(t, func(w *world) {
		back := w.allow(asked(), "")
		if back.Get("state") != "state & more" || back.Get("iss") != sandbox.BaseURL || back.Get("from") != "here" || back.Has("error") {
			t.Fatalf("the application is told %v", back)
		}
		status, answer := w.token(exchange(back.Get("code")))
		key, _ := answer["access_token"].(string)
		if status != 200 || key == "" || answer["token_type"] != "Bearer" || answer["scope"] != "key:read" {
			t.Fatalf("%d %v", status, answer)
		}
		if _, err := w.as(key).CreateRunJSON(w.Context(), json.RawMessage(simple("lite", ""))); err != nil {
			t.Error(err)
		}
		_, again := w.token(exchange(w.allow(asked(), "").Get("code")))
		if again["access_token"] != key {
			t.Error("who signs in again has another key, and does not find the earlier runs")
		}
	})
}

func TestSignInIsDescribed(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		opts       []sandbox.Option
	}{
		{"by the address that was asked", sandbox.BaseURL, nil},
		{"by the one that it was told", "https://tasks.example.com", []sandbox.Option{sandbox.WithIssuer("https://tasks.example.com")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				_, body := w.call("GET", "/.well-known/oauth-authorization-server", "", "")
				for _, part := range []string{
					`"issuer":"` + tt.want + `"`, `"authorization_endpoint":"` + tt.want + `/getKeys/authorize"`, `"token_endpoint":"` + tt.want + `/getKeys/token"`,
					`"registration_endpoint":"` + tt.want + `/getKeys/register"`, `"code_challenge_methods_supported":["S256"]`,
					`"authorization_response_iss_parameter_supported":true`, `"token_endpoint_auth_methods_supported":["none"]`,
				} {
					if !strings.Contains(body, part) {
						t.Errorf("%s lacks %s", body, part)
					}
				}
				if iss := w.allow(asked(), "").Get("iss"); iss != tt.want {
					t.Errorf("the answer names the issuer %s", iss)
				}
			}, tt.opts...)
		})
	}
}

func TestTheSandboxRefusesOddSettingsOfSignIn(t *testing.T) {
	for _, opt := range []sandbox.Option{
		sandbox.WithIssuer("tasks.example.com"), sandbox.WithIssuer("https://tasks.example.com/"), sandbox.WithIssuer("javascript://x"),
		sandbox.WithIssuer("https://user@tasks.example.com"), sandbox.WithSignInScenario("no-such"),
	} {
		if box, err := sandbox.New(opt); err == nil {
			box.Close()
			t.Error("an odd setting is taken")
		}
	}
}

func TestThePageIsLabelledAndLocked(t *testing.T) {
	inBubble(t, func(w *world) {
		resp, body := w.page(asked())
		if resp.StatusCode != 200 || !strings.Contains(body, "SIMULATED") || strings.Contains(body, "<script") {
			t.Errorf("%s: %s", resp.Status, body)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "form-action 'self' https://app.example.com", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("the policy %s lacks %s", policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") || resp.Header.Get("X-Frame-Options") != "DENY" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers: %v", resp.Header)
		}
		if c := resp.Cookies(); len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode {
			t.Errorf("cookies: %v", c)
		}
	})
}

// By a link alone nobody gets anywhere else: each of these shows a page, and the browser stays.
func TestThePageNeverRedirectsByItself(t *testing.T) {
	inBubble(t, func(w *world) {
		for name, query := range map[string]url.Values{
			"another host":             with(asked(), "redirect_uri", "https://evil.example/"),
			"a host that begins alike": with(asked(), "redirect_uri", "https://app.example.com.evil.example/"),
			"a host in the user part":  with(asked(), "redirect_uri", "https://app.example.com@evil.example/"),
			"a backslash":              with(asked(), "redirect_uri", `https://app.example.com\@evil.example/`),
			"a fragment":               with(asked(), "redirect_uri", "https://app.example.com/#x"),
			"a script":                 with(asked(), "redirect_uri", "javascript:alert(1)"),
			"data":                     with(asked(), "redirect_uri", "data:text/html,x"),
			"no scheme":                with(asked(), "redirect_uri", "//app.example.com/"),
			"plain http":               with(asked(), "redirect_uri", "http://app.example.com/"),
			"a line break":             with(asked(), "redirect_uri", "https://app.example.com/\r\nLocation: x"),
			"a policy of its own":      with(asked(), "redirect_uri", "https://app.example.com;script-src *"),
			"a code of its own":        with(asked(), "redirect_uri", "https://app.example.com/?code=1"),
			"much too long":            with(asked(), "redirect_uri", "https://app.example.com/"+strings.Repeat("x", 1000)),
			"none":                     with(asked(), "redirect_uri", ""),
			"no client":                with(asked(), "client_id", ""),
			"a client nobody knows":    with(asked(), "client_id", "simulated_client_X"),
			"two addresses":            {"client_id": {"app.example.com"}, "redirect_uri": {redirect, "https://evil.example/"}},
		} {
			resp, body := w.page(query)
			if resp.StatusCode != 400 || resp.Header.Get("Location") != "" || strings.Contains(body, "<form") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "form-action 'none'") {
				t.Errorf("%s: %s, %v, %s", name, resp.Status, resp.Header, body)
			}
		}
	})
}

func TestTheApplicationHearsOfItsMistakesIfTheUserLetsIt(t *testing.T) {
	inBubble(t, func(w *world) {
		for name, tt := range map[string]struct {
			query url.Values
			want  string
		}{
			"the plain method":       {with(asked(), "code_challenge_method", "plain"), "invalid_request"},
			"no method":              {with(asked(), "code_challenge_method", ""), "invalid_request"},
			"no challenge":           {with(asked(), "code_challenge", ""), "invalid_request"},
			"a short challenge":      {with(asked(), "code_challenge", "short"), "invalid_request"},
			"a token instead":        {with(asked(), "response_type", "token"), "unsupported_response_type"},
			"no type":                {with(asked(), "response_type", ""), "invalid_request"},
			"another response mode":  {with(asked(), "response_mode", "fragment"), "invalid_request"},
			"another scope":          {with(asked(), "scope", "key:write"), "invalid_scope"},
			"a parameter twice":      {url.Values{"client_id": {"app.example.com"}, "redirect_uri": {redirect}, "state": {"1", "2"}}, "invalid_request"},
			"a state that is a book": {with(asked(), "state", strings.Repeat("s", 1001)), "invalid_request"},
		} {
			resp, _ := w.page(tt.query)
			if resp.StatusCode != 200 || resp.Header.Get("Location") != "" {
				t.Errorf("%s: %s", name, resp.Status)
			}
			if back := w.allow(tt.query, ""); back.Get("error") != tt.want || back.Has("code") || back.Get("iss") != sandbox.BaseURL {
				t.Errorf("%s: the application is told %v", name, back)
			}
		}
	})
}

func TestTheFormIsBoundToTheBrowserThatWasShownIt(t *testing.T) {
	inBubble(t, func(w *world) {
		defer linger()
		mine, body := w.page(asked())
		_, sealed, _ := strings.Cut(body, `name="request" value="`)
		sealed, _, _ = strings.Cut(sealed, `"`)
		other, _ := w.page(asked())
		form := url.Values{"request": {sealed}, "decision": {"allow"}}
		decide := func(form url.Values, cookies ...*http.Cookie) int {
			resp, _ := w.call("POST", sandbox.AuthorizePath, formType, form.Encode(), cookies...)
			return resp.StatusCode
		}
		flipped := []byte(sealed)
		flipped[60] ^= 1
		for name, status := range map[string]int{
			"no cookie":              decide(form),
			"another one's cookie":   decide(form, other.Cookies()...),
			"a form that is changed": decide(with(form, "request", string(flipped)), mine.Cookies()...),
			"no form":                decide(url.Values{"decision": {"allow"}}, mine.Cookies()...),
			"an unknown account":     decide(with(form, "account", "root"), mine.Cookies()...),
			"an unknown scenario":    decide(with(form, "scenario", "no-such"), mine.Cookies()...),
			"a decision twice":       decide(url.Values{"request": {sealed}, "decision": {"deny", "allow"}}, mine.Cookies()...),
			"a form that is no form": func() int {
				resp, _ := w.call("POST", sandbox.AuthorizePath, "text/plain", form.Encode(), mine.Cookies()...)
				return resp.StatusCode
			}(),
			"a form that is too large": decide(with(form, "x", strings.Repeat("x", 20<<10)), mine.Cookies()...),
		} {
			if status != 400 {
				t.Errorf("%s: %d", name, status)
			}
		}
		if status := decide(form, mine.Cookies()...); status != 303 {
			t.Errorf("the form itself: %d", status)
		}
		time.Sleep(11 * time.Minute)
		if status := decide(form, mine.Cookies()...); status != 400 {
			t.Errorf("a form of long ago: %d", status)
		}
	})
}

// A cookie of blanks is read as a part of the form by whoever has no cookie, unless having none is refused.
func TestNoCookieIsNotTheBeginningOfAForm(t *testing.T) {
	inBubble(t, func(w *world) {
		blanks := strings.Repeat(" ", 26)
		own := &http.Cookie{Name: "taskyard_simulator", Value: blanks, Quoted: true}
		_, body := w.call("GET", sandbox.AuthorizePath+"?"+asked().Encode(), "", "", own)
		_, sealed, _ := strings.Cut(body, `name="request" value="`)
		sealed, _, _ = strings.Cut(sealed, `"`)
		raw, err := base64.RawURLEncoding.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		if resp, _ := w.call("POST", sandbox.AuthorizePath, formType, url.Values{"request": {sealed}}.Encode(), own); resp.StatusCode != 303 {
			t.Fatalf("the form itself: %s", resp.Status)
		}
		moved := base64.RawURLEncoding.EncodeToString([]byte(string(raw[:sha256.Size]) + blanks + string(raw[sha256.Size:])))
		if resp, _ := w.call("POST", sandbox.AuthorizePath, formType, url.Values{"request": {moved}}.Encode()); resp.StatusCode != 400 {
			t.Errorf("a form without its cookie: %s", resp.Status)
		}
	})
}

func TestACodeIsForOneClientOneAddressOneVerifierOnceAndSoon(t *testing.T) {
	inBubble(t, func(w *world) {
		for name, changes := range map[string][]string{
			"another verifier":           {"code_verifier", "another-verifier-of-forty-three-characters-or-more"},
			"a short verifier":           {"code_verifier", "short"},
			"the challenge as verifier":  {"code_verifier", challenge()},
			"another address":            {"redirect_uri", "https://app.example.com/back"},
			"another client":             {"client_id", "other.example.com"},
			"another code":               {"code", "simulated-code-X"},
			"a client of another letter": {"client_id", "APP.example.com"},
		} {
			form := exchange(w.allow(asked(), "").Get("code"))
			if status, answer := w.token(with(form, changes...)); status != 400 || answer["error"] != "invalid_grant" || answer["access_token"] != nil {
				t.Errorf("%s: %d %v", name, status, answer)
			}
			if status, _ := w.token(form); status != 400 && name != "another code" {
				t.Errorf("%s: the code can be tried again", name)
			}
		}
		form := exchange(w.allow(asked(), "").Get("code"))
		if status, answer := w.token(form); status != 200 {
			t.Errorf("the first time: %d %v", status, answer)
		}
		if status, answer := w.token(form); status != 400 || answer["error"] != "invalid_grant" {
			t.Errorf("a code that was used: %d %v", status, answer)
		}
		form = exchange(w.allow(asked(), "").Get("code"))
		time.Sleep(time.Minute)
		if status, answer := w.token(form); status != 400 || answer["error"] != "invalid_grant" {
			t.Errorf("a code of a minute ago: %d %v", status, answer)
		}
	})
}

func TestTheTokenEndpointTakesProperFormsOnly(t *testing.T) {
	inBubble(t, func(w *world) {
		defer linger()
		form := exchange("some")
		for name, tt := range map[string]struct {
			form   url.Values
			status int
			want   string
		}{
			"another grant":   {with(form, "grant_type", "refresh_token"), 400, "unsupported_grant_type"},
			"no grant":        {with(form, "grant_type", ""), 400, "invalid_request"},
			"no code":         {with(form, "code", ""), 400, "invalid_request"},
			"no verifier":     {with(form, "code_verifier", ""), 400, "invalid_request"},
			"no client":       {with(form, "client_id", ""), 400, "invalid_request"},
			"no address":      {with(form, "redirect_uri", ""), 400, "invalid_request"},
			"a secret":        {with(form, "client_secret", "x"), 401, "invalid_client"},
			"a code twice":    {url.Values{"grant_type": {"authorization_code"}, "code": {"a", "b"}}, 400, "invalid_request"},
			"a form too much": {with(form, "x", strings.Repeat("x", 20<<10)), 400, "invalid_request"},
		} {
			if status, answer := w.token(tt.form); status != tt.status || answer["error"] != tt.want {
				t.Errorf("%s: %d %v", name, status, answer)
			}
		}
		if resp, body := w.call("POST", "/getKeys/token", "application/json", `{"code":"x"}`); resp.StatusCode != 400 || !strings.Contains(body, "invalid_request") {
			t.Errorf("JSON: %s %s", resp.Status, body)
		}
		if resp, _ := w.call("GET", "/getKeys/token", "", ""); resp.StatusCode != 405 && resp.StatusCode != 404 {
			t.Errorf("GET: %s", resp.Status)
		}
	})
}

func TestWhatSignInCanBeToldToDo(t *testing.T) {
	want := map[string]string{
		"ok": "key", "denied": "error=access_denied", "server-error": "error=server_error", "expired-code": "400 invalid_grant",
		"wrong-state": "other state", "wrong-issuer": "iss=https://another-issuer.example", "no-issuer": "iss=", "token-error": "500 server_error", "bad-key": "no key",
	}
	for _, s := range sandbox.SignInScenarios() {
		for _, byOption := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s by option %t", s.Name, byOption), func(t *testing.T) {
				var opts []sandbox.Option
				scenario := s.Name
				if byOption {
					opts, scenario = append(opts, sandbox.WithSignInScenario(s.Name)), ""
				}
				inBubble(t, func(w *world) {
					if got := w.outcome(w.allow(asked(), scenario)); got != want[s.Name] {
						t.Errorf("%s, want %s", got, want[s.Name])
					}
				}, opts...)
			})
		}
	}
}

// outcome says what is wrong with a sign-in.
func (w *world) outcome(back url.Values) string {
	w.Helper()
	switch {
	case back.Get("state") != "state & more":
		return "other state"
	case back.Get("iss") != sandbox.BaseURL:
		return "iss=" + back.Get("iss")
	case back.Has("error"):
		return "error=" + back.Get("error")
	}
	status, answer := w.token(exchange(back.Get("code")))
	if status != 200 {
		return fmt.Sprint(status, " ", answer["error"])
	}
	if key, _ := answer["access_token"].(string); strings.ContainsAny(key, " \n") {
		return "no key"
	}
	return "key"
}

func TestAccountsDifferInTheirKeys(t *testing.T) {
	inBubble(t, func(w *world) {
		keys := make(map[string]string)
		for _, account := range []string{"one", "two", "nocredit", "invalid"} {
			page, body := w.page(asked())
			_, sealed, _ := strings.Cut(body, `name="request" value="`)
			sealed, _, _ = strings.Cut(sealed, `"`)
			form := url.Values{"request": {sealed}, "decision": {"allow"}, "account": {account}}
			resp, _ := w.call("POST", sandbox.AuthorizePath, formType, form.Encode(), page.Cookies()...)
			back, err := url.Parse(resp.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			_, answer := w.token(exchange(back.Query().Get("code")))
			keys[account], _ = answer["access_token"].(string)
		}
		if keys["one"] == "" || keys["one"] == keys["two"] {
			t.Errorf("keys: %v", keys)
		}
		for account, want := range map[string]int{"nocredit": 402, "invalid": 401} {
			_, err := w.as(keys[account]).CreateRunJSON(w.Context(), json.RawMessage(simple("lite", "")))
			if api, ok := err.(*parallel.APIError); !ok || api.StatusCode != want {
				t.Errorf("%s: %v", account, err)
			}
		}
	})
}

func TestClientsAreRegisteredForTheirAddresses(t *testing.T) {
	inBubble(t, func(w *world) {
		resp, body := w.call("POST", "/getKeys/register", "application/json", `{"redirect_uris":["http://127.0.0.1:8080/back","https://a.example/b"],"client_name":"<b>Yard</b>"}`)
		var made struct {
			ID     string `json:"client_id"`
			Method string `json:"token_endpoint_auth_method"`
			Secret string `json:"client_secret"`
		}
		if err := json.Unmarshal([]byte(body), &made); err != nil || resp.StatusCode != 201 || made.ID == "" || made.Method != "none" || made.Secret != "" {
			t.Fatalf("%s %s", resp.Status, body)
		}
		query := with(asked(), "client_id", made.ID, "redirect_uri", "http://127.0.0.1:8080/back")
		if _, page := w.page(query); !strings.Contains(page, "&lt;b&gt;Yard&lt;/b&gt;") || strings.Contains(page, "<b>") {
			t.Errorf("the name is not shown as text: %s", page)
		}
		form := with(exchange(w.allow(query, "").Get("code")), "client_id", made.ID, "redirect_uri", "http://127.0.0.1:8080/back")
		if status, answer := w.token(form); status != 200 {
			t.Errorf("%d %v", status, answer)
		}
		for _, other := range []string{"http://127.0.0.1:8080/back/", "http://127.0.0.1:8081/back", "http://127.0.0.1:8080/back?x", "http://localhost:8080/back", "https://a.example/b/../c"} {
			if resp, _ := w.page(with(query, "redirect_uri", other)); resp.StatusCode != 400 {
				t.Errorf("%s: %s", other, resp.Status)
			}
		}
	})
}

func TestRegistrationRefusesWhatIsNoPublicClient(t *testing.T) {
	inBubble(t, func(w *world) {
		defer linger()
		for body, want := range map[string]string{
			`{}`:                      "invalid_redirect_uri",
			`{"redirect_uris":[]}`:    "invalid_redirect_uri",
			`{"redirect_uris":"x"}`:   "invalid_client_metadata",
			`not JSON`:                "invalid_client_metadata",
			`{"redirect_uris":["x"]}`: "invalid_redirect_uri",
			`{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_basic"}`:           "invalid_client_metadata",
			`{"redirect_uris":["https://a.example/"],"grant_types":["implicit"]}`:                                   "invalid_client_metadata",
			`{"redirect_uris":["https://a.example/"],"response_types":["token"]}`:                                   "invalid_client_metadata",
			`{"redirect_uris":["https://a.example/"],"client_name":"a\nb"}`:                                         "invalid_client_metadata",
			`{"redirect_uris":["https://a.example/"],"client_name":"` + strings.Repeat("n", 101) + `"}`:             "invalid_client_metadata",
			`{"redirect_uris":[` + strings.Repeat(`"https://a.example/",`, 10) + `"https://a.example/"]}`:           "invalid_redirect_uri",
			`{"redirect_uris":["https://a.example/"],"client_name":"` + strings.Repeat("n", 20<<10) + `","more":1}`: "invalid_request",
		} {
			resp, answer := w.call("POST", "/getKeys/register", "application/json", body)
			if resp.StatusCode < 400 || resp.StatusCode > 413 || !strings.Contains(answer, `"`+want+`"`) {
				t.Errorf("%.100s: %s %s", body, resp.Status, answer)
			}
		}
	})
}

func serve(box *sandbox.Sandbox, query string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://127.0.0.1:8090"+sandbox.AuthorizePath, nil)
	r.URL.RawQuery = query
	answer := httptest.NewRecorder()
	box.ServeHTTP(answer, r)
	return answer
}

// Whatever is asked, the page is a page, and leads nowhere by itself.
func FuzzAuthorize(f *testing.F) {
	f.Add(asked().Encode())
	f.Add("client_id=a&redirect_uri=https%3A%2F%2Fa%2F")
	f.Add("client_id=[::1]&redirect_uri=http://[::1]:1/%zz")
	f.Add("client_id=app.example.com&redirect_uri=https://app.example.com%5c@evil.example/&state=%00")
	box, err := sandbox.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { box.Close() })
	f.Fuzz(func(t *testing.T, query string) {
		answer := serve(box, query)
		if answer.Code != 200 && answer.Code != 400 || answer.Header().Get("Location") != "" {
			t.Fatalf("%d %v", answer.Code, answer.Header())
		}
		if strings.ContainsAny(answer.Header().Get("Content-Security-Policy"), "\r\n*,") {
			t.Fatalf("the policy is %s", answer.Header().Get("Content-Security-Policy"))
		}
	})
}
