//go:build attack

package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// signIn lets a browser in, and returns what it would send from now on.
func (g *target) signIn(token string, headers ...string) (cookie string, said reply) {
	g.Helper()
	a := g.call("POST", "/sign-in", form("token", token, "next", "/"), headers...)
	for _, c := range a.header["Set-Cookie"] {
		if pair, _, _ := strings.Cut(c, ";"); strings.Contains(pair, "session") {
			cookie = pair
		}
	}
	if a.status != http.StatusSeeOther || cookie == "" {
		g.Fatalf("not signed in: %+v", a)
	}
	return cookie, a
}

// A page elsewhere has a browser send whatever it likes, with its cookies; nothing is done and nothing is told.
func TestAttackFromAnotherSite(t *testing.T) {
	t.Parallel()
	g := aim(t, "token")
	cookie, _ := g.signIn(operator)
	id := g.task(`"input":"x"`, "Cookie", cookie)
	g.ended(id, "Cookie", cookie)
	state := func() string { return g.call("GET", "/task/"+id, "", "Cookie", cookie).body }
	before, tasks := state(), g.call("GET", "/api/tasks", "", "Cookie", cookie).body
	for who, headers := range map[string][]string{
		"another site":                      {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"another site that hides itself":    {"Sec-Fetch-Site", "cross-site", "Origin", "null"},
		"another site that says no more":    {"Sec-Fetch-Site", "cross-site"},
		"another name of the same site":     {"Sec-Fetch-Site", "same-site", "Origin", "http://other." + g.host},
		"another port":                      {"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"},
		"one of an old browser":             {"Origin", "https://evil.example"},
		"a sandboxed one of an old browser": {"Origin", "null"},
		"another port in an old browser":    {"Origin", "http://127.0.0.1:1"},
		"a name that begins like ours":      {"Origin", "http://" + g.host + ".evil.example"},
		"a name that ends like ours":        {"Origin", "http://evil-" + g.host},
		"a user who is called like us":      {"Origin", "http://" + g.host + "@evil.example"},
		"two origins":                       {"Origin", "http://" + g.host + " https://evil.example"},
		"one that frames":                   {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Mode", "navigate"},
	} {
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json", ""} {
			for _, q := range append(slices.Clone(questions), question{"POST", "/access/tokens", "name=evil&role=admin"}, question{"POST", "/api/tokens", `{"name":"evil","role":"admin"}`},
				question{"POST", "/tasks", "upstream=simulator&processor=lite&input=evil&token=x"}, question{"POST", "/api/tasks", `{"upstream":"simulator","processor":"lite","input":"evil"}`}, question{"POST", "/sign-out", "x=1"},
				question{"POST", "/sign-in", "token=" + operator}, question{"POST", "/preview", "input=x"}, question{"POST", "/lint", "input=x"}, question{"POST", "/api/lint", `{"input":"x"}`}) {
				if q.method == "GET" || q.method == "HEAD" {
					continue
				}
				in := strings.NewReplacer("{id}", id, "{run}", "trun_x")
				a := g.call(q.method, in.Replace(q.path), in.Replace(q.body), append([]string{"Cookie", cookie, "Content-Type", kind}, headers...)...)
				if a.status != http.StatusForbidden || len(a.header["Set-Cookie"]) > 0 || a.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s, as %q: %s %s: %d %v", who, kind, q.method, q.path, a.status, a.header)
				}
			}
		}
	}
	if state() != before || g.call("GET", "/api/tasks", "", "Cookie", cookie).body != tasks {
		t.Errorf("something was done: %s", state())
	}
	if a := g.call("GET", "/api/tokens", "", "Cookie", cookie); strings.Contains(a.body, "evil") || a.status != http.StatusOK {
		t.Errorf("a token was made, or the session has ended: %+v", a)
	}
}

// Pages of other origins read what is public by its address, and nothing else; nobody may frame, cache or sniff.
func TestAttackReadingAcrossOrigins(t *testing.T) {
	t.Parallel()
	g := aim(t, "token")
	cookie, _ := g.signIn(operator)
	id := g.task(`"input":"x"`, "Cookie", cookie)
	g.ended(id, "Cookie", cookie)
	for _, path := range []string{"/", "/tasks", "/access", "/links", "/tasks/" + id, "/tasks/" + id + ".html", "/tasks/" + id + "/result.json", "/tasks/" + id + "/events/1", "/api/tasks", "/api/tasks/" + id, "/api/tokens", "/api/upstreams", "/task/" + id, "/openapi.json", "/healthz", "/nowhere", "/api/nowhere", "/assets/x/y"} {
		for _, method := range []string{"GET", "OPTIONS"} {
			a := g.call(method, path, "", "Cookie", cookie, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "authorization, cookie")
			h := a.header
			allowed, shared := h.Get("Access-Control-Allow-Origin"), strings.HasPrefix(path, "/task/")
			if allowed != "" && (!shared || allowed != "*") || h.Get("Access-Control-Allow-Credentials") != "" || strings.Contains(strings.ToLower(h.Get("Access-Control-Allow-Headers")), "auth") || strings.Contains(h.Get("Access-Control-Allow-Methods"), "DELETE") {
				t.Errorf("%s %s lets others in: %v", method, path, h)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
				if h.Get(name) != want {
					t.Errorf("%s %s: %s is %q", method, path, name, h.Get(name))
				}
			}
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("Server") != "" {
				t.Errorf("%s %s: %v", method, path, h)
			}
			if kept := h.Get("Cache-Control"); strings.Contains(kept, "public") || a.status == http.StatusOK && kept == "" {
				t.Errorf("%s %s may be cached: %q", method, path, kept)
			}
		}
	}
}

// A page that points its own name at this machine is of another origin still.
func TestAttackByAnotherName(t *testing.T) {
	t.Parallel()
	g := aim(t, "none")
	id := g.task(`"input":"x"`)
	_, port, _ := strings.Cut(g.host, ":")
	for _, name := range []string{"evil.example", "evil.example:" + port, "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io:" + port, "evil-localhost", "localhost.", "0.0.0.0", "[::]", "[::ffff:192.0.2.1]", "192.0.2.1", "169.254.169.254", "2130706434", "localhost..evil.example", "LOCALHOST.EVIL.EXAMPLE"} {
		for _, path := range []string{"/", "/tasks", "/api/tasks", "/task/" + id, "/healthz", "/assets/x/y", "//"} {
			if a := g.call("GET", path, "", "Host", name); a.status != http.StatusMisdirectedRequest || strings.Contains(a.body, id) {
				t.Errorf("%s is answered as %s: %d", path, name, a.status)
			}
			for _, a := range g.raw("GET http://" + name + path + " HTTP/1.1\r\nHost: " + g.host + "\r\nConnection: close\r\n\r\n") {
				if a.status < 400 {
					t.Errorf("%s is answered as %s: %d", path, name, a.status)
				}
			}
		}
	}
}

// What a browser is sent to is of this server, whatever it came with.
func TestAttackRedirects(t *testing.T) {
	t.Parallel()
	g := aim(t, "token")
	for _, next := range []string{"//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "HtTp://evil.example", "javascript:alert(1)", "data:text/html,x", "/\t/evil.example", "\t//evil.example", "/\r\n/evil.example",
		"/%0d%0aSet-Cookie:x=y", "/x\r\nSet-Cookie: x=y", "/./\\evil.example", "/.//evil.example", "/..//evil.example", "//evil.example/%2f..", "/%5cevil.example", "/%2f/evil.example", "//[::1]/x", "/?x=//evil.example", "http:/evil.example", "/〱evil.example", "〱evil.example", "https://" + g.host + "@evil.example", " //evil.example", "\x00//evil.example"} {
		for _, a := range []reply{
			g.call("POST", "/sign-in", form("token", operator, "next", next)), g.call("GET", "/sign-in?"+form("next", next), ""), g.call("POST", "/sign-in?"+form("next", next), form("token", operator)),
			g.call("POST", "/sign-out", form("next", next)), g.call("GET", "/tasks?"+form("next", next, "x", next), ""),
		} {
			at := a.header.Get("Location")
			if to, err := url.Parse(at); err != nil || to.Host != "" || to.Scheme != "" || at != "" && (at[0] != '/' || strings.HasPrefix(at, "//") || strings.ContainsAny(at, "\\\r\n\t")) || a.header.Get("X") != "" || slices.ContainsFunc(a.header["Set-Cookie"], func(c string) bool { return strings.HasPrefix(c, "x=") }) {
				t.Errorf("%q leads to %q (%v)", next, at, a.header)
			}
			if strings.Contains(a.body, `value="//`) || strings.Contains(a.body, `value="https://evil`) {
				t.Errorf("%q is kept for later: %.300s", next, a.body)
			}
		}
	}
}

// Cookies are the server's own to choose, of this host alone where browsers come by https, and worth nothing once revoked.
func TestAttackCookies(t *testing.T) {
	t.Parallel()
	g := aim(t, "token", "--public-url", "https://tasks.example")
	planted := "__Host-taskyard_session=" + strings.Repeat("p", 26)
	cookie, said := g.signIn(operator, "Cookie", planted)
	if cookie == planted {
		t.Error("a cookie that was planted is used")
	}
	for _, set := range said.header["Set-Cookie"] {
		for _, attribute := range []string{"__Host-", "; Path=/", "; HttpOnly", "; Secure", "; SameSite="} {
			if !strings.Contains(set, attribute) || strings.Contains(set, "Domain=") {
				t.Errorf("%s lacks %s", set, attribute)
			}
		}
	}
	value := strings.TrimPrefix(cookie, "__Host-taskyard_session=")
	for what, sent := range map[string]string{
		"one without the prefix":      "taskyard_session=" + value,
		"one in other letters":        "__host-taskyard_session=" + value,
		"one that was planted before": planted + "; " + cookie,
		"one of a visitor":            "__Host-taskyard_visitor=" + value,
		"its beginning":               cookie[:len(cookie)-1],
		"more than it":                cookie + "x",
		"one that is quoted twice":    "__Host-taskyard_session=\"\"" + value + "\"\"",
		"none":                        "__Host-taskyard_session=",
		"the operator's token":        "__Host-taskyard_session=" + operator,
	} {
		if a := g.call("GET", "/api/tasks", "", "Cookie", sent); a.status != http.StatusUnauthorized {
			t.Errorf("%s lets in: %d", what, a.status)
		}
	}
	for _, given := range []string{"", " ", operator[1:], operator + "x", strings.ToUpper(operator), "Bearer: " + operator, strings.Repeat("x", 60_000), "' OR 1=1 --"} {
		for _, scheme := range []string{"Bearer ", "Basic ", "bearer  ", ""} {
			if a := g.call("GET", "/api/tasks", "", "Authorization", scheme+given); a.status != http.StatusUnauthorized {
				t.Errorf("%.40q lets in: %d", scheme+given, a.status)
			}
		}
	}
	token := g.token("who leaves", "admin")
	theirs, _ := g.signIn(token)
	id := g.task(`"input":"x","visibility":"private"`, bearer(token)...)
	a := g.as(token, "POST", "/tasks/"+id+"/share", "part=request&days=0")
	link := "/s/" + strings.TrimPrefix(a.header.Get("Location"), "/links#")
	if a := g.call("GET", link, ""); a.status != http.StatusOK {
		t.Fatalf("no link: %d", a.status)
	}
	g.revoke("who leaves")
	for what, headers := range map[string][]string{"token": bearer(token), "cookie": {"Cookie", theirs}} {
		for _, path := range []string{"/api/tasks", "/api/tasks/" + id, "/access", "/api/tokens", "/api/tasks/" + id + "/events"} {
			if a := g.call("GET", path, "", headers...); a.status < 300 || strings.Contains(a.body, id) && a.status != http.StatusSeeOther {
				t.Errorf("after it was revoked, %s and a %s: %d", path, what, a.status)
			}
		}
	}
	if a := g.call("GET", link, ""); a.status != http.StatusNotFound {
		t.Errorf("a link of somebody who has left: %d", a.status)
	}
	g.call("POST", "/sign-out", "x=1", "Cookie", cookie)
	if a := g.call("GET", "/api/tasks", "", "Cookie", cookie); a.status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", a.status)
	}
}

// revoke has the operator end a token by its name.
func (g *target) revoke(name string) {
	g.Helper()
	var all []struct{ ID, Name string }
	g.json(g.as(operator, "GET", "/api/tokens", ""), &all)
	for _, token := range all {
		if token.Name == name {
			if a := g.as(operator, "DELETE", "/api/tokens/"+token.ID, ""); a.status != http.StatusNoContent {
				g.Fatalf("%+v", a)
			}
			return
		}
	}
	g.Fatalf("there is no token %s", name)
}
