package app

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// startOpen starts an open server behind a proxy, which is this test.
func startOpen(t *testing.T, change func(*Config)) *server {
	t.Helper()
	s := &server{T: t, cfg: Config{
		Addr: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "t.db"), Synchronous: "normal", Upstream: "http://127.0.0.1:9",
		Access: "open", OperatorToken: taskyard.Hide(operatorToken), TrustedProxies: []string{"127.0.0.1"},
		Simulator: true, SimulatorFirst: true, SimulatorScale: 200, DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	}}
	change(&s.cfg)
	s.client = http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.start()
	t.Cleanup(s.stop)
	return s
}

const endless = `{"processor":"lite","input":"x","metadata":{"sandbox":"never-ends"}}`

// A visitor comes to the bound of tasks under way whatever cookies they bring; others do not.
func TestTasksUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	s := startOpen(t, func(c *Config) { c.VisitorLimits, c.TokenLimits = "tasks=3", "tasks=4" })
	submit := func(headers ...string) answer {
		return s.do(http.MethodPost, "/api/tasks", asJSON, endless, headers...)
	}
	from := func(address, cookie string) []string {
		return []string{"X-Forwarded-For", address, "Cookie", "taskyard_visitor=" + strings.Repeat(cookie, 26)}
	}
	for i := range 3 {
		if a := submit(from("192.0.2.1", string(rune('a'+i)))...); a.status != http.StatusCreated {
			t.Fatalf("task %d: %+v", i, a)
		}
	}
	if a := submit(from("192.0.2.1", "z")...); a.status != http.StatusTooManyRequests || !strings.Contains(a.body, "3 tasks under way") {
		t.Errorf("the fourth: %+v", a)
	}
	if a := s.do(http.MethodPost, "/tasks", asForm, "processor=lite&input=x", from("192.0.2.1", "z")...); a.status != http.StatusTooManyRequests {
		t.Errorf("by the page: %d %.300s", a.status, a.body)
	}
	if a := submit(from("192.0.2.2", "a")...); a.status != http.StatusCreated {
		t.Errorf("somebody elsewhere: %+v", a)
	}
	member := s.newToken("member", taskyard.RoleRun)
	for i := range 5 {
		a := submit(append(from("192.0.2.1", "a"), "Authorization", "Bearer "+member.token)...)
		if want := map[bool]int{true: http.StatusCreated, false: http.StatusTooManyRequests}[i < 4]; a.status != want {
			t.Errorf("task %d of a token: %+v", i, a)
		}
	}
	var stored string
	if err := s.store.ReadDB().QueryRowContext(t.Context(), `SELECT group_concat(client) FROM allotment`).Scan(&stored); err != nil || strings.Contains(stored, "192.0.2") {
		t.Errorf("addresses are stored: %s, %v", stored, err)
	}
}

// Whoever asks too often is told when to come back, by the API and by the pages; streams are counted by themselves.
func TestClientsKeepAPace(t *testing.T) {
	t.Parallel()
	s := startOpen(t, func(c *Config) { c.VisitorLimits = "pace=1,streams=2" })
	flood := func(path string) (n int, last *http.Response) {
		for ; n < 100; n++ {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Forwarded-For", "192.0.2.9")
			last, err = s.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = last.Body.Close()
			if last.StatusCode == http.StatusTooManyRequests {
				break
			}
		}
		return n, last
	}
	n, refused := flood("/api/tasks")
	if n < 20 || n > 60 || refused.Header.Get("Retry-After") == "" || refused.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d requests, then %d with %v", n, refused.StatusCode, refused.Header)
	}
	if _, refused = flood("/tasks"); refused.Header.Get("Retry-After") == "" || !strings.HasPrefix(refused.Header.Get("Content-Type"), "text/html") {
		t.Errorf("a page: %d with %v", refused.StatusCode, refused.Header)
	}
	var open []*http.Response
	for i := range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/api/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "192.0.2.10")
		resp, err := (&http.Client{Transport: s.client.Transport}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, resp)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusTooManyRequests}[i < 2]; resp.StatusCode != want {
			t.Errorf("stream %d: %d", i, resp.StatusCode)
		}
	}
	for _, resp := range open {
		_ = resp.Body.Close()
	}
}

// What is left of a disk that fills up is kept for tasks under way: visitors' are refused, and those of the team are not.
func TestVisitorsDoNotFillTheDisk(t *testing.T) {
	t.Parallel()
	s := startOpen(t, func(c *Config) { c.LowDisk = 1 << 30 })
	if a := s.do(http.MethodPost, "/api/tasks", asJSON, endless); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "little room") {
		t.Errorf("a visitor: %+v", a)
	}
	if a := s.as(who{token: operatorToken}, http.MethodPost, "/api/tasks", asJSON, endless); a.status != http.StatusCreated {
		t.Errorf("the operator: %+v", a)
	}
}

func TestLimitsAreChecked(t *testing.T) {
	for flag, change := range map[string]func(*Config){
		"--trusted-proxy":  func(c *Config) { c.TrustedProxies = []string{"proxy.example.com"} },
		"--visitor-limits": func(c *Config) { c.VisitorLimits = "speed=1" },
		"--token-limits":   func(c *Config) { c.TokenLimits = "tasks=many" },
	} {
		cfg := Config{Addr: "127.0.0.1:0"}
		change(&cfg)
		if err := cfg.check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
