package app

import (
	"bytes"
	"html"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/seal"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

var goesOn = regexp.MustCompile(`class="main-button" href="([^"]+)"`)

// Signing in with Parallel brings a key that tasks use, that no browser sees, and that is forgotten.
func TestSignInWithParallel(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		s := &server{T: t, cfg: nodeConfig(database)}
		s.cfg.SealKeyFile, s.cfg.SignIn = filepath.Join(t.TempDir(), "key"), signInSimulated
		s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.client.Jar = jar
		s.start()
		t.Cleanup(s.stop)
		begin := func() string {
			a := s.do(http.MethodPost, "/sign-in/parallel", asForm, "")
			found := goesOn.FindStringSubmatch(a.body)
			if a.status != http.StatusOK || found == nil {
				t.Fatalf("%+v", a)
			}
			return html.UnescapeString(found[1])
		}
		finish := func(address, scenario string) answer {
			callback, err := sandbox.SignIn(t.Context(), s.simulator.Client(), address, scenario)
			if err != nil {
				t.Fatal(err)
			}
			return s.do(http.MethodGet, strings.TrimPrefix(callback, s.URL()), "", "")
		}
		if a := finish(begin(), "denied"); a.status != http.StatusForbidden {
			t.Errorf("denied: %+v", a)
		}
		if a := s.do(http.MethodGet, callbackPath+"?code=x&state=y", "", ""); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a sign-in that nobody began: %d", a.status)
		}
		if a := s.do(http.MethodGet, "/", "", ""); !strings.Contains(a.body, "Sign in with Parallel (simulated)") {
			t.Error("it is not offered")
		}
		if a := finish(begin(), ""); a.status != http.StatusSeeOther || a.location != "/" {
			t.Fatalf("%+v", a)
		}
		if a := s.do(http.MethodGet, "/", "", ""); !strings.Contains(a.body, "Sign out of Parallel") {
			t.Error("the form does not say who is signed in")
		}
		key := s.loginKey()
		if a := s.do(http.MethodPost, "/tasks", asForm, form("0123456789abcdefgh")+"&scenario=never-ends", "Accept", asJSON); a.status != http.StatusCreated {
			t.Fatalf("%+v", a)
		}
		var sealed []byte
		if err := s.store.ReadDB().QueryRowContext(t.Context(), `SELECT sealed FROM task_secret`).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte(key)) {
			t.Errorf("the task has no sealed key: %v", err)
		}
		if a := s.do(http.MethodPost, "/sign-in/parallel/end", asForm, ""); a.status != http.StatusSeeOther {
			t.Errorf("%+v", a)
		}
		var left int
		if err := s.store.ReadDB().QueryRowContext(t.Context(), `SELECT count(*) FROM login`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d keys are left, %v", left, err)
		}
		if a := s.do(http.MethodGet, "/", "", ""); strings.Contains(a.body, "Sign out of Parallel") {
			t.Error("it is still signed in")
		}
	})
}

// loginKey opens the one key that is kept, as only the server can.
func (s *server) loginKey() string {
	s.Helper()
	var hash, sealed []byte
	if err := s.store.ReadDB().QueryRowContext(s.Context(), `SELECT hash, sealed FROM login`).Scan(&hash, &sealed); err != nil {
		s.Fatal(err)
	}
	plain, err := s.service.ring.Open(seal.LoginKey, loginName(hash), sealed)
	if err != nil || len(plain) == 0 || bytes.Contains(sealed, plain) {
		s.Fatalf("the key: %v", err)
	}
	return string(plain)
}
