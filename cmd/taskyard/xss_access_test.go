//go:build browser

package main

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

const (
	operatorOfXSS = "a-token-of-the-operator"
	asForm        = "application/x-www-form-urlencoded"
	mostTokens    = 60 // with attacks for names
)

// do sends a request with the operator's token, or the visitor's cookie, and follows where it leads.
func (s *attacked) do(method, path, kind, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	if s.visitor != nil {
		req.AddCookie(s.visitor)
	}
	return s.process.send(req)
}

// placesOfAccess are those where people come in.
var placesOfAccess = []place{
	{"GET", "/sign-in?next=%s", "", false}, {"GET", "/sign-in?next=/%s", "", false}, {"POST", "/sign-in", "token=%s&next=/%s", false},
	{"POST", "/access/tokens", "name=%s" + strings.Repeat("x", 80) + "&role=%s", false}, {"POST", "/access/tokens/none/revoke", "x=%s", false}, {"POST", "/access/tokens", "role=%s&name=n", false},
	{"GET", "/sign-in/parallel/callback?error=%s&error_description=%s&state=%s&code=%s&iss=%s", "", false},
}

// placesOfProvider are those where the simulator lets people sign in.
var placesOfProvider = []place{
	{"GET", "/getKeys/authorize?client_id=%s&redirect_uri=%s&state=%s", "", false},
	{"GET", "/getKeys/authorize?client_id=host.example&redirect_uri=https://host.example/&response_type=%s&state=%s&scope=%s&code_challenge=%s", "", false},
	{"GET", "/getKeys/authorize?client_id=host.example&redirect_uri=https://host.example/%s&response_type=code&state=%s&code_challenge_method=S256&code_challenge=" + strings.Repeat("x", 43), "", false},
	{"POST", "/getKeys/authorize", "request=%s&decision=%s&account=%s&scenario=%s", false},
}

// sendCallbacks brings attacks back from the provider in answers to sign-ins that did begin: nothing of them is shown.
func (s *attacked) sendCallbacks() {
	s.t.Helper()
	leads := regexp.MustCompile(`content="0;url=([^"]+)"`)
	for _, text := range packed(s.list, 1000) {
		resp, err := s.do(http.MethodPost, "/sign-in/parallel", asForm, "")
		if err != nil {
			s.t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // it was read
		found := leads.FindSubmatch(page)
		if err != nil || found == nil {
			s.t.Fatalf("signing in begins with %d %.300s, %v", resp.StatusCode, page, err)
		}
		at, err := url.Parse(html.UnescapeString(string(found[1])))
		if err != nil {
			s.t.Fatal(err)
		}
		back := url.Values{"state": {at.Query().Get("state")}, "error": {text}, "error_description": {text}, "error_uri": {text}, "iss": {s.base}}
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+"/sign-in/parallel/callback?"+back.Encode(), nil)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range resp.Cookies() {
			req.AddCookie(c)
		}
		answer, err := s.process.send(req)
		if err != nil {
			s.t.Fatal(err)
		}
		raw, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read
		if err != nil || !bytes.Contains(raw, []byte("an error that this server does not know")) || bytes.Contains(raw, []byte("__tripped")) || bytes.Contains(raw, []byte("Zq")) {
			s.t.Errorf("a sign-in that ends with %q: %d %.2000s, %v", text, answer.StatusCode, raw, err)
		}
	}
}

// askProvider has the browser parse the pages of the simulator's sign-in, which name applications that have registered
// themselves. They have a style of their own, which our pages' policy forbids, so it is asked from one of its own.
func (s *attacked) askProvider(b *tab) {
	s.t.Helper()
	box, err := sandbox.New()
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(box)
	s.t.Cleanup(func() { server.Close(); _ = box.Close() })
	const back = "https://host.example/back"
	var requests []object
	for _, name := range append([]string{"Zq7"}, packed(short(s.list, 100, "\x00\r\n\t"), 100)...) {
		resp, err := http.Post(server.URL+"/getKeys/register", "application/json", bytes.NewReader(plainJSON(object{"redirect_uris": []string{back}, "client_name": name})))
		if err != nil {
			s.t.Fatal(err)
		}
		var made struct {
			ID string `json:"client_id"`
		}
		err = json.NewDecoder(resp.Body).Decode(&made)
		_ = resp.Body.Close() // it was read
		if err != nil {
			s.t.Fatal(err)
		}
		if made.ID == "" {
			continue // a name with signs that cannot be shown is refused
		}
		q := url.Values{"client_id": {made.ID}, "redirect_uri": {back}, "response_type": {"code"}, "state": {name}, "code_challenge_method": {"S256"}, "code_challenge": {strings.Repeat("x", 43)}}
		requests = append(requests, object{"method": "GET", "url": "/getKeys/authorize?" + q.Encode()})
	}
	if len(requests) < 100 {
		s.t.Errorf("%d names were taken", len(requests))
	}
	for i, p := range placesOfProvider {
		texts := packed(s.list, 200)
		for n := i; n < len(texts); n += len(placesOfProvider) {
			requests = append(requests, p.with(texts[n]))
		}
	}
	a := armed(b, server.URL)
	a.hand(s.t)
	a.visit("/nowhere")
	if !s.answers(a, requests)[0] {
		s.t.Error("the page does not have the name")
	}
	for _, one := range requests[:5] { // of names
		a.visit(one["url"].(string)) // it was made so
		a.quiet("the page on which one allows an application")
	}
}

// visitOpen walks through a server that is open to all, as somebody without a token who has a task and a link there.
func (s *attacked) visitOpen(b *tab, upstream string) {
	s.t.Helper()
	s.process = start(s.t, nil, "serve", "--addr", "127.0.0.1:0", "--database", filepath.Join(s.t.TempDir(), "t.db"), "--upstream", upstream, "--access", "open", "--visitor-limits", "pace=0", "--sign-in", "none", "--simulator=false")
	first, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+"/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	first.Header.Set("Sec-Fetch-Mode", "navigate")
	resp, err := s.process.send(first)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close() // only its cookie counts
	given := resp.Cookies()
	if len(given) != 1 {
		s.t.Fatalf("a visitor gets %v", given)
	}
	s.visitor = given[0]
	if _, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: given[0].Name, Value: given[0].Value, URL: s.base}); err != nil {
		s.t.Fatal(err)
	}
	s.ids = map[string]string{"failed": s.send("failed", s.request("failed"))}
	s.finished(s.ids["failed"])
	link := s.share("failed")
	a := armed(b, s.base)
	a.hand(s.t)
	for _, at := range []step{
		{"/", 1, ``, ``}, {"/tasks", 1, ``, ``}, {"/tasks/" + s.ids["failed"], 550, ``, `document.querySelector("[popovertarget=share-task]")`},
		{"/?from=" + s.ids["failed"], 550, ``, ``}, {"/sign-in?next=/%3Cscript%3EZq1", 1, ``, ``}, {"/links", 1, ``, `document.querySelector("a[href^='/s/']")`}, {link, 90, ``, ``},
	} {
		s.look(a, at, true)
	}
}
