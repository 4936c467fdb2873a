package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func goodConfig() Config {
	return Config{Connections: 20, Addr: "127.0.0.1:0", Synchronous: "normal", Upstream: "https://api.parallel.ai", DrainTimeout: time.Second, MaxBody: 1 << 20, SimulatorScale: 1}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	good := goodConfig()
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Config){
		"--addr is \"8080\"":              func(c *Config) { c.Addr = "8080" },
		"others may reach":                func(c *Config) { c.Addr = "0.0.0.0:8080" },
		"\":8080\", which others":         func(c *Config) { c.Addr = ":8080" },
		"its port is a number":            func(c *Config) { c.Addr = "127.0.0.1:99999" },
		"--synchronous is \"off\"":        func(c *Config) { c.Synchronous = "off" },
		"--upstream is \"api.parallel\"":  func(c *Config) { c.Upstream = "api.parallel" },
		"--upstream is \"ftp://example\"": func(c *Config) { c.Upstream = "ftp://example" },
		"--creates-per-minute is 9":       func(c *Config) { c.CreatesPerMinute = 9 },
		"--drain-timeout is 0s":           func(c *Config) { c.DrainTimeout = 0 },
		"--max-body is 12":                func(c *Config) { c.MaxBody = 12 },
	} {
		c := goodConfig()
		spoil(&c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What can be read on the way to others is said at the start, and nothing where it cannot.
func TestWhatTravelsInClearIsSaid(t *testing.T) {
	const tokens, keys, rows = "tokens and cookies", "API keys and inputs", "what goes to PostgreSQL"
	const names = "lists, as the server answers to any name, also to that of a page which points it here"
	for name, c := range map[string]struct {
		set  func(*Config)
		want []string
	}{
		"alone":                     {func(*Config) {}, nil},
		"by https":                  {func(c *Config) { c.Access, c.PublicURL = "token", "https://a.example.com" }, nil},
		"by http":                   {func(c *Config) { c.Access, c.PublicURL = "open", "http://a.example.com" }, []string{tokens}},
		"address unknown":           {func(c *Config) { c.Access = "token" }, []string{tokens}},
		"open, address unknown":     {func(c *Config) { c.Access = "open" }, []string{tokens, names}},
		"upstream here":             {func(c *Config) { c.Upstream = "http://127.0.0.1:9" }, nil},
		"upstream elsewhere":        {func(c *Config) { c.Upstream = "http://a.example.com" }, []string{keys}},
		"database here":             {func(c *Config) { c.Database = "postgres://u@127.0.0.1/t?sslmode=disable" }, nil},
		"database by a socket":      {func(c *Config) { c.Database = "postgres://u@/t?host=/run/postgresql" }, nil},
		"database by TLS":           {func(c *Config) { c.Database = "postgres://u@db.example.com/t?sslmode=verify-full" }, nil},
		"database by TLS if it can": {func(c *Config) { c.Database = "postgres://u@db.example.com/t?sslmode=prefer" }, []string{rows}},
		"database without TLS":      {func(c *Config) { c.Database = "postgres://u@db.example.com/t?sslmode=disable" }, []string{rows}},
	} {
		cfg := goodConfig()
		c.set(&cfg)
		var said []string
		for _, e := range cfg.exposed() {
			said = append(said, e.what)
			if e.help == "" {
				t.Errorf("%s: nothing helps against %q", name, e.what)
			}
		}
		if !slices.Equal(said, c.want) {
			t.Errorf("%s: %q, want %q", name, said, c.want)
		}
	}
}

func TestGuardHostAnswersToNamesOfThisServerAlone(t *testing.T) {
	h := guardHost([]string{"taskyard.example.com"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:8080": 204, "localhost": 204, "LOCALHOST:1": 204, "[::1]:8080": 204, "a.localhost:8080": 204, "127.9.9.9": 204,
		"taskyard.example.com": 204, "Taskyard.Example.com:443": 204,
		"evil.example.com": 421, "127.0.0.1.example.com": 421, "localhost.example.com:8080": 421, "": 421, "10.0.0.1": 421,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}

// Browsers that come by https are told to come in no other way; others could not come at all then.
func TestHTTPSIsInsistedOn(t *testing.T) {
	for address, want := range map[string]string{"": "", "http://127.0.0.1:1": "", "https://localhost:1": strictTransport} {
		s := &server{T: t, cfg: goodConfig()}
		s.cfg.Database, s.cfg.PublicURL, s.cfg.Logger, s.cfg.Access = filepath.Join(t.TempDir(), "t.db"), address, slog.New(slog.DiscardHandler), "open"
		s.start()
		for _, path := range []string{"/", "/api/tasks", "/healthz", "//crooked", "/nowhere"} {
			if got := s.do(http.MethodGet, path, "", "").header["Strict-Transport-Security"]; strings.Join(got, "") != want {
				t.Errorf("%q: %s says %q, want %q", address, path, got, want)
			}
		}
		s.stop()
	}
}

// What the mux and the guard answer by themselves is strict too.
func TestWhatNobodyServesIsStrict(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/a", func(http.ResponseWriter, *http.Request) {})
	h := harden(guardHost(nil, mux))
	for _, target := range []string{"http://localhost//a", "http://localhost/none", "http://elsewhere.example.com/a"} {
		r := httptest.NewRequest("GET", target, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header(); !strings.HasPrefix(got.Get("Content-Security-Policy"), "default-src 'none'") || got.Get("X-Content-Type-Options") != "nosniff" || got.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %d %v", target, w.Code, got)
		}
	}
}
