package provider

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

const (
	codeLife = time.Minute // of a code that is not used
	maxCodes = 1000        // that are not used; the oldest are forgotten first
	maxForm  = 16 << 10    // of a form's body, in bytes
)

const grantType = "authorization_code"

// grant is what a code stands for.
type grant struct {
	client, redirect, challenge string
	account, scenario           string
	expires                     time.Time
}

// newCode returns a code for a grant.
func (p *Provider) newCode(g grant) string {
	code := "simulated-code-" + rand.Text()
	g.expires = now().Add(codeLife)
	if g.scenario == expiredCode {
		g.expires = now()
	}
	p.codes.put(sha256.Sum256([]byte(code)), g)
	return code
}

// verifierForm is RFC 7636, section 4.1; challengeForm is what S256 makes of it.
var (
	verifierForm  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
	challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
)

// token gives a key for a code. A code that was shown once is used up, whether or not it was shown rightly.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	form, problem := readForm(w, r)
	if problem != "" {
		refuse(w, http.StatusBadRequest, invalidRequest, problem)
		return
	}
	switch form["grant_type"] {
	case grantType:
	case "":
		refuse(w, http.StatusBadRequest, invalidRequest, "grant_type is missing")
		return
	default:
		refuse(w, http.StatusBadRequest, unsupportedGrantType, "grant_type has to be "+grantType)
		return
	}
	if form["client_secret"] != "" {
		refuse(w, http.StatusUnauthorized, invalidClient, "clients are public: there is no client_secret")
		return
	}
	for _, name := range []string{"code", "client_id", "redirect_uri", "code_verifier"} {
		if form[name] == "" {
			refuse(w, http.StatusBadRequest, invalidRequest, name+" is missing")
			return
		}
	}
	g, known := p.codes.take(sha256.Sum256([]byte(form["code"])))
	if problem := g.mismatch(known, form); problem != "" {
		refuse(w, http.StatusBadRequest, invalidGrant, problem)
		return
	}
	key := p.key(g.account)
	switch g.scenario {
	case tokenFails:
		refuse(w, http.StatusInternalServerError, serverError, "the simulator was told to fail")
		return
	case badKey:
		key = "no key,\nbut two lines"
	}
	answer(w, http.StatusOK, map[string]string{"access_token": key, "token_type": "Bearer", "scope": scopeKey})
}

// mismatch says why a grant is not for whoever shows its code.
func (g *grant) mismatch(known bool, form map[string]string) string {
	switch {
	case !known:
		return "the code is unknown, was used before, or has expired"
	case !now().Before(g.expires):
		return "the code has expired"
	case form["client_id"] != g.client:
		return "the code was given to another client"
	case form["redirect_uri"] != g.redirect:
		return "redirect_uri is not the one that the code was sent to"
	case !verifierForm.MatchString(form["code_verifier"]):
		return "code_verifier is malformed"
	}
	hash := sha256.Sum256([]byte(form["code_verifier"]))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	if subtle.ConstantTimeCompare([]byte(challenge), []byte(g.challenge)) != 1 {
		return "code_verifier is not the one of code_challenge"
	}
	return ""
}

// readForm reads a form in which each parameter stands once.
func readForm(w http.ResponseWriter, r *http.Request) (form map[string]string, problem string) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, "the body has to be application/x-www-form-urlencoded"
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, "the form is too large or malformed"
	}
	return single(r.PostForm)
}

// single is values with each name once. Empty values are as good as none (RFC 6749, section 3.1).
func single(values url.Values) (one map[string]string, problem string) {
	one = make(map[string]string, len(values))
	for name, all := range values {
		if len(all) > 1 {
			return nil, "a parameter is given more than once"
		}
		one[name] = all[0]
	}
	return one, ""
}
