package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/taskyard/taskyard/parallel/sandbox/internal/provider"
)

// AuthorizePath is where the page is on which a user allows or denies. Whoever keeps the sandbox to itself, by
// [Sandbox.Client], serves this path by it, so that browsers reach the page.
const AuthorizePath = provider.AuthorizePath

// SignInScenarios lists what sign-in can be told to do.
func SignInScenarios() []ScenarioInfo {
	var list []ScenarioInfo
	for _, s := range provider.Scenarios() {
		list = append(list, ScenarioInfo{Name: s.Name, Summary: s.Summary})
	}
	return list
}

// accountKey is the key of an account: always the same for a seed, so that who signs in again finds the earlier runs.
func (s *Sandbox) accountKey(account string) string {
	hash := sha256.Sum256(fmt.Appendf(nil, "key %d %s", s.seed, account))
	key := "simulated-key-" + hex.EncodeToString(hash[:16])
	if account == "nocredit" || account == "invalid" {
		return account + "-" + key // see withKey
	}
	return key
}

// maxPage bounds the page that SignIn reads, in bytes.
const maxPage = 1 << 20

// sealedRequest finds what the page's form brings back.
var sealedRequest = regexp.MustCompile(`name="request" value="([^"]*)"`)

// SignIn does what a browser and its user do: it opens the page at an address that a client made, and presses a button:
// Allow, with a scenario of [SignInScenarios] (empty: the one that is chosen at first). It returns the address to
// which the browser is sent, which it does not open. For "denied" it is as if Deny were pressed.
func SignIn(ctx context.Context, client *http.Client, address, scenario string) (callback string, err error) {
	stay := *client
	stay.Jar = nil // the one cookie is carried below
	stay.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("open sign-in: %w", err)
	}
	page, err := fetch(&stay, req)
	if err != nil {
		return "", fmt.Errorf("open sign-in: %w", err)
	}
	sealed := sealedRequest.FindStringSubmatch(page.body)
	if page.code != http.StatusOK || sealed == nil {
		return "", fmt.Errorf("open sign-in: answered with %s", page.status)
	}
	form := url.Values{"request": {html.UnescapeString(sealed[1])}, "decision": {"allow"}, "scenario": {scenario}}
	to := (&url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: AuthorizePath}).String()
	req, err = http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("answer sign-in: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range page.cookies {
		req.AddCookie(c)
	}
	answer, err := fetch(&stay, req)
	if err != nil {
		return "", fmt.Errorf("answer sign-in: %w", err)
	}
	if callback = answer.location; callback == "" {
		return "", errors.New("answer sign-in: answered with " + answer.status)
	}
	return callback, nil
}

// fetched is an answer as SignIn needs it.
type fetched struct {
	code           int
	status         string
	location, body string
	cookies        []*http.Cookie
}

func fetch(client *http.Client, req *http.Request) (*fetched, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, err
	}
	return &fetched{resp.StatusCode, resp.Status, resp.Header.Get("Location"), string(body), resp.Cookies()}, nil
}
