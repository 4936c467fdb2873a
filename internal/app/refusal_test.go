package app

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// behindProxy sends requests as a proxy of this machine does for somebody elsewhere.
type behindProxy struct{}

func (behindProxy) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	return http.DefaultTransport.RoundTrip(r)
}

// The operator hears who was let in, who gave and took access, and who was refused what; but no token, cookie or address.
func TestTheLogSaysWhoWasLetInAndWhoWasRefused(t *testing.T) {
	s := startGuarded(t, "token")
	s.stop()
	var log bytes.Buffer // which is read when the server has ended
	s.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s.cfg.TrustedProxies = []string{"127.0.0.1"}
	s.client.Transport = behindProxy{}
	s.start()
	ada, bob := s.newToken("Ada", taskyard.RoleRun), s.newToken("Bob", taskyard.RoleView)
	id := s.newTask(ada, taskyard.Private, "never-ends")
	cookie, _, _ := strings.Cut(s.signIn(ada.token), ";")
	s.do(http.MethodPost, "/sign-in", asForm, "token=MARK-guessed")
	s.do(http.MethodGet, "/api/tasks", "", "", "Authorization", "Bearer MARK-guessed")
	s.do(http.MethodGet, "/api/tasks", "", "")
	s.as(bob, http.MethodPost, "/api/tasks", asJSON, body)
	s.as(bob, http.MethodGet, "/access", "", "")
	s.as(bob, http.MethodGet, "/api/tasks/"+id, "", "")
	s.as(bob, http.MethodGet, "/tasks/"+id, "", "")
	s.do(http.MethodPost, "/api/tasks", asJSON, body, "Cookie", cookie, "Origin", "https://elsewhere.example.com")
	s.do(http.MethodPost, "/tasks", asForm, "", "Cookie", cookie, "Origin", "https://elsewhere.example.com")
	s.do(http.MethodPost, "/sign-out", asForm, "", "Cookie", cookie)
	s.revoke("Bob")
	s.stop()
	said := log.String()
	for text, times := range map[string]int{
		`msg="token made" who=operator`: 2, `msg="token revoked" who=operator`: 1, `msg="signed in" who=tok_`: 1, `msg="signed out" who=tok_`: 1,
		`msg="page refused" route="POST /sign-in" code=unauthorized who=""`:  1,
		`error="The token is not known here, or was revoked."`:               2,
		`msg="request refused or failed" method=GET route=/api/tasks `:       2,
		`error="Your token's role is view; this needs run."`:                 1,
		`msg="page refused" route="GET /access" code=forbidden who=tok_`:     1,
		`msg="request refused or failed" method=GET route=/api/tasks/{id}`:   1,
		`msg="page refused" route="GET /tasks/{id}" code=not_found who=tok_`: 1,
		`error="this request came from a page of another site"`:              1,
		`msg="page refused" route="POST /tasks" code=forbidden who=tok_`:     1,
		"from=203.0.113.9": 11,
	} {
		if got := strings.Count(said, text); got != times {
			t.Errorf("%q is said %d times, want %d", text, got, times)
		}
	}
	_, secret, _ := strings.Cut(cookie, "=")
	for _, hidden := range []string{"MARK-guessed", ada.token, bob.token, operatorToken, secret, id} {
		if hidden == "" || strings.Contains(said, hidden) {
			t.Errorf("%q is said", hidden)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}
