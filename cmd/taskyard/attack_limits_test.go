//go:build attack

package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
)

// from is a client at another address of this machine.
func from(t *testing.T, address string) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: attacker.CheckRedirect}
}

// ask sends one request from an address.
func (g *target) ask(client *http.Client, method, path, body string, headers ...string) reply {
	g.Helper()
	req, err := http.NewRequestWithContext(g.Context(), method, g.base+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	if body != "" && body[0] == '{' {
		req.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	return g.read(resp)
}

// refused asks until it is told to ask less often, n times at most, and sees that it is told when to come again.
func (g *target) refused(n int, ask func(i int) reply) bool {
	g.Helper()
	for i := range n {
		if a := ask(i); a.status == http.StatusTooManyRequests {
			if a.header.Get("Retry-After") == "" {
				g.Errorf("nobody is told when: %+v", a)
			}
			return true
		}
	}
	return false
}

// A client has its pace, whatever it says of itself, and is in nobody's way but its own.
func TestAttackPace(t *testing.T) {
	t.Parallel()
	const many = 600 // a pace of 5 with a burst of 20 seconds' worth is 100, and a slow machine gets some more
	for name, ask := range map[string]func(g *target, c *http.Client, i int) reply{
		"pages":             func(g *target, c *http.Client, _ int) reply { return g.ask(c, "GET", "/", "") },
		"the API":           func(g *target, c *http.Client, _ int) reply { return g.ask(c, "GET", "/api/tasks", "") },
		"by HEAD":           func(g *target, c *http.Client, _ int) reply { return g.ask(c, "HEAD", "/tasks", "") },
		"what is not there": func(g *target, c *http.Client, i int) reply { return g.ask(c, "GET", fmt.Sprint("/nowhere", i), "") },
		"as for others": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "GET", "/", "", "X-Forwarded-For", fmt.Sprint("198.51.100.", i%250))
		},
		"as others by other names": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "GET", "/", "", "Forwarded", fmt.Sprint("for=198.51.100.", i), "X-Real-Ip", fmt.Sprint("198.51.100.", i), "Cf-Connecting-Ip", "192.0.2.1", "True-Client-Ip", "192.0.2.1")
		},
		"with a cookie of each kind": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "GET", "/", "", "Cookie", fmt.Sprintf("taskyard_visitor=%026d; taskyard_session=%026d", i, i))
		},
		"with keys of one's own": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "GET", "/api/tasks", "", "X-Api-Key", fmt.Sprint("key", i))
		},
		"with wrong tokens": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "GET", "/api/tasks", "", "Authorization", fmt.Sprint("Bearer tyd_", i))
		},
		"by signing in": func(g *target, c *http.Client, i int) reply {
			return g.ask(c, "POST", "/sign-in", fmt.Sprint("token=tyd_", i))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := aim(t, "open", "--visitor-limits", "pace=5,tasks=3,streams=3", "--token-limits", "pace=50")
			client := from(t, "127.0.0.2")
			if !g.refused(many, func(i int) reply { return ask(g, client, i) }) {
				t.Errorf("%d times, and nobody minds", many)
			}
			if a := g.ask(from(t, "127.0.0.3"), "GET", "/", ""); a.status != http.StatusOK {
				t.Errorf("another client: %d", a.status)
			}
			if a := g.as(operator, "GET", "/api/tasks", ""); a.status != http.StatusOK {
				t.Errorf("a token: %d", a.status)
			}
		})
	}
}

// Of what a trusted proxy passes on, only what it heard itself counts.
func TestAttackForwardedFor(t *testing.T) {
	t.Parallel()
	g := aim(t, "open", "--visitor-limits", "pace=5", "--trusted-proxy", "127.0.0.9")
	proxy := from(t, "127.0.0.9")
	if !g.refused(600, func(i int) reply {
		return g.ask(proxy, "GET", "/", "", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 127.0.0.9, 10.0.0.%d, 198.51.100.7", i%250, i%250))
	}) {
		t.Error("what a client says of itself is believed")
	}
	if a := g.ask(proxy, "GET", "/", "", "X-Forwarded-For", "198.51.100.8"); a.status != http.StatusOK {
		t.Errorf("another client of the proxy: %d", a.status)
	}
	if !g.refused(600, func(i int) reply {
		return g.ask(proxy, "GET", "/", "", "X-Forwarded-For", fmt.Sprintf("2001:db8:1:2:%x::%x", i, i+1))
	}) {
		t.Error("a household has as many addresses as it likes")
	}
}

// Tasks under way and streams of one client are bounded, and come back when they have ended.
func TestAttackTasksAndStreams(t *testing.T) {
	t.Parallel()
	g := aim(t, "open", "--visitor-limits", "pace=0,tasks=3,streams=3")
	client, other := from(t, "127.0.0.2"), from(t, "127.0.0.3")
	const task = `{"upstream":"simulator","processor":"lite","input":"x","metadata":{"sandbox":"never-ends"}}`
	cookie := func(i int) []string { return []string{"Cookie", fmt.Sprintf("taskyard_visitor=%026d", i)} }
	var ids []string
	for i := range 6 {
		a := g.ask(client, "POST", "/api/tasks", task, append(cookie(i), "X-Api-Key", fmt.Sprint("k", i))...)
		var made struct{ TaskID string }
		if a.status == http.StatusCreated {
			g.json(a, &made)
			ids = append(ids, made.TaskID)
		} else if a.status != http.StatusTooManyRequests {
			t.Errorf("%+v", a)
		}
	}
	if len(ids) != 3 {
		t.Fatalf("%d tasks are under way", len(ids))
	}
	if a := g.ask(client, "POST", "/tasks", form("upstream", "simulator", "processor", "lite", "input", "x", "output", "auto", "token", "t")); a.status < 400 {
		t.Errorf("by a form: %d", a.status)
	}
	if a := g.ask(other, "POST", "/api/tasks", task); a.status != http.StatusCreated {
		t.Errorf("another client: %+v", a)
	}
	g.ask(client, "DELETE", "/api/tasks/"+ids[0], "", cookie(0)...)
	if a := g.ask(client, "POST", "/api/tasks", task); a.status != http.StatusCreated {
		t.Errorf("after one was deleted: %+v", a)
	}
	open := 0
	for range 6 {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", g.base+"/api/events", nil)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		if resp.StatusCode == http.StatusOK {
			open++
		}
	}
	if open != 3 {
		t.Errorf("%d streams are open", open)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", g.base+"/api/events", nil)
	if resp, err := other.Do(req); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("a stream of another client: %v %v", resp, err)
	} else {
		t.Cleanup(func() { _ = resp.Body.Close() })
	}
}
