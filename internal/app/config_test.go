package app

import (
	"net/http"
	"net/http/httptest"
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
