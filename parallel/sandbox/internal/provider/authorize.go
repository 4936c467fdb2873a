package provider

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	pageLife = 10 * time.Minute // in which the page has to be answered
	maxQuery = 8 << 10          // of a request for the page, in bytes
	maxState = 1000             // bytes
)

// request is what an application asks for, and then, with a MAC, what the page's form brings back.
type request struct {
	Client    string `json:"client"`
	Name      string `json:"name,omitempty"`
	Redirect  string `json:"redirect"`
	State     string `json:"state,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	Error     string `json:"error,omitempty"` // what the application is to be told, because its request was wrong
	Expires   int64  `json:"expires"`         // Unix time
}

// ask shows the page on which the user decides. It never redirects by itself: nobody becomes a way to another
// site by a link alone (RFC 9700, section 4.11.2), so an application hears of its own mistakes when the user lets it.
func (p *Provider) ask(w http.ResponseWriter, r *http.Request, issuer string) {
	if len(r.URL.RawQuery) > maxQuery {
		p.problem(w, "The request is too long.")
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		p.problem(w, "The request is malformed.")
		return
	}
	req, problem := p.readRequest(query)
	if req == nil {
		p.problem(w, problem)
		return
	}
	req.Expires = now().Add(pageLife).Unix()
	p.show(w, http.StatusOK, &page{
		Issuer: issuer, Request: req, Problem: problem, Sealed: p.sealRequest(req, p.browser(w, r, issuer)),
		Accounts: Accounts(), Scenarios: Scenarios(), Scenario: p.scenario,
	})
}

// readRequest reads an authorization request (OAuth 2.1, section 4.1.1). Without a client and an address of its own
// there is nobody to answer and no request; other mistakes are to be told to the application.
func (p *Provider) readRequest(query url.Values) (req *request, problem string) {
	id, once := one(query, "client_id")
	redirect, onceToo := one(query, "redirect_uri")
	if !once || !onceToo {
		return nil, "client_id or redirect_uri is given more than once."
	}
	known, problem := p.findClient(id, redirect)
	if problem != "" {
		return nil, problem + "."
	}
	req = &request{Client: known.ID, Name: known.Name, Redirect: redirect}
	if state, once := one(query, "state"); once && len(state) <= maxState {
		req.State = state
	}
	values, problem := single(query)
	req.Error = invalidRequest
	switch {
	case problem != "":
		return req, problem
	case len(values["state"]) > maxState:
		return req, "state is too long"
	case values["response_type"] == "":
		return req, "response_type is missing"
	case values["response_type"] != "code":
		req.Error = unsupportedResponseType
		return req, "response_type has to be code"
	case values["response_mode"] != "" && values["response_mode"] != "query":
		return req, "response_mode has to be query"
	case values["code_challenge_method"] != "S256":
		return req, "code_challenge_method has to be S256"
	case !challengeForm.MatchString(values["code_challenge"]):
		return req, "code_challenge is missing or malformed"
	case values["scope"] != "" && values["scope"] != scopeKey:
		req.Error = invalidScope
		return req, "scope has to be " + scopeKey
	}
	req.Error, req.Challenge = "", values["code_challenge"]
	return req, ""
}

// decide takes the user's decision and sends the browser back to the application.
func (p *Provider) decide(w http.ResponseWriter, r *http.Request, issuer string) {
	form, problem := readForm(w, r)
	if problem != "" {
		p.problem(w, "The form is malformed.")
		return
	}
	req := p.openRequest(form["request"], cookieOf(r))
	if req == nil {
		p.problem(w, "The page was not opened in this browser, or too long ago. Go back to the application and sign in again.")
		return
	}
	// A client that was forgotten since gets no answer.
	if _, problem := p.findClient(req.Client, req.Redirect); problem != "" {
		p.problem(w, problem+".")
		return
	}
	scenario, account := form["scenario"], form["account"]
	if scenario == "" {
		scenario = p.scenario
	}
	if account == "" {
		account = Accounts()[0].Name
	}
	if checkScenario(scenario) != nil || !isAccount(account) {
		p.problem(w, "The form names an account or a scenario that does not exist.")
		return
	}
	values := p.decision(form["decision"] == "allow", req, account, scenario)
	p.reply(w, req, values, issuer, scenario)
}

// decision is what the application is told.
func (p *Provider) decision(allowed bool, req *request, account, scenario string) url.Values {
	failed := ""
	switch {
	case req.Error != "":
		failed = req.Error
	case !allowed || scenario == denied:
		failed = accessDenied
	case scenario == serverFails:
		failed = serverError
	}
	if failed != "" {
		return url.Values{"error": {failed}, "error_description": {"This is simulated."}}
	}
	return url.Values{"code": {p.newCode(grant{
		client: req.Client, redirect: req.Redirect, challenge: req.Challenge, account: account, scenario: scenario,
	})}}
}

// reply sends the browser to the application, with the state and the issuer (RFC 9207).
func (p *Provider) reply(w http.ResponseWriter, req *request, values url.Values, issuer, scenario string) {
	redirect, err := parseRedirect(req.Redirect)
	if err != nil {
		p.problem(w, err.Error()) // it was right when it was sealed
		return
	}
	if req.State != "" {
		values.Set("state", req.State)
	}
	if scenario == wrongState {
		values.Set("state", "simulated-"+rand.Text())
	}
	switch scenario {
	case noIssuer:
	case wrongIssuer:
		values.Set("iss", "https://another-issuer.example")
	default:
		values.Set("iss", issuer)
	}
	h := w.Header()
	h.Set("Location", withParameters(redirect, values))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther) // so that the browser does not post to the application
}

// cookie binds a form to the browser that was shown it. Lax, because the page is reached from another site.
const (
	cookie       = "taskyard_simulator"
	cookieLength = 26 // of rand.Text
)

func cookieOf(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil || len(c.Value) != cookieLength {
		return ""
	}
	return c.Value
}

// browser returns what stands in the browser's cookie, which it sets if there is none.
func (p *Provider) browser(w http.ResponseWriter, r *http.Request, issuer string) string {
	if value := cookieOf(r); value != "" {
		return value
	}
	value := rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure wherever the page is; plain http is for this machine
		Name: cookie, Value: value, Path: AuthorizePath, MaxAge: int(pageLife.Seconds()),
		HttpOnly: true, Secure: strings.HasPrefix(issuer, "https:"), SameSite: http.SameSiteLaxMode,
	})
	return value
}

// sealRequest is a request in a form that only this provider makes, for one browser.
func (p *Provider) sealRequest(req *request, browser string) string {
	body, err := json.Marshal(req)
	if err != nil {
		panic(err) // a struct of strings
	}
	return base64.RawURLEncoding.EncodeToString(append(p.mac(body, browser), body...))
}

// openRequest returns what sealRequest sealed for the same browser, or nil.
func (p *Provider) openRequest(sealed, browser string) *request {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < sha256.Size || browser == "" {
		return nil
	}
	mac, body := raw[:sha256.Size], raw[sha256.Size:]
	var req request
	if !hmac.Equal(mac, p.mac(body, browser)) || json.Unmarshal(body, &req) != nil || now().Unix() >= req.Expires {
		return nil
	}
	return &req
}

func (p *Provider) mac(body []byte, browser string) []byte {
	h := hmac.New(sha256.New, p.seal[:])
	h.Write([]byte(browser)) // of one length, so that it cannot run into the body
	h.Write(body)
	return h.Sum(nil)
}
