//go:build attack

package main

import (
	"net/http"
	"strings"
	"testing"
)

// A message of which a proxy and this server could think differently is refused, and the connection closed: what lies behind
// it is nobody's request.
func TestAttackSmuggling(t *testing.T) {
	t.Parallel()
	g := aim(t, "token")
	host := "Host: " + g.host + "\r\n"
	post := "POST /api/tasks HTTP/1.1\r\n" + host
	for name, message := range map[string]string{
		"two lengths":                    post + "Content-Length: 6\r\nContent-Length: 5\r\n\r\n0\r\n\r\nG",
		"a length that is signed":        post + "Content-Length: +5\r\n\r\nhello",
		"a length with a comma":          post + "Content-Length: 5, 6\r\n\r\nhello",
		"a length in hexadecimal":        post + "Content-Length: 0x5\r\n\r\nhello",
		"a length that is none":          post + "Content-Length: -1\r\n\r\n",
		"a coding nobody knows":          post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"chunked, but not at the end":    post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"chunked twice":                  post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a space before the colon":       post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"a name with a line feed":        post + "Transfer-Encoding\n: chunked\r\n\r\n0\r\n\r\n",
		"a vertical tab":                 post + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"chunks that end in a line feed": post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
		"a chunk of a negative size":     post + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
		"a chunk of an endless size":     post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n",
		"a chunk that is longer":         post + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n",
		"an extension without end":       post + "Transfer-Encoding: chunked\r\n\r\n5;" + strings.Repeat("x", 20_000) + "\r\nhello\r\n0\r\n\r\n",
		"trailers without end":           post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X-A: b\r\n", 20_000) + "\r\n",
		"two hosts":                      "GET / HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n",
		"no host":                        "GET / HTTP/1.1\r\n\r\n",
		"a host with a user":             "GET / HTTP/1.1\r\nHost: localhost:80@evil.example\r\n\r\n",
		"a host with a path":             "GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
		"a NUL in the path":              "GET /\x00 HTTP/1.1\r\n" + host + "\r\n",
		"a NUL in a value":               "GET / HTTP/1.1\r\n" + host + "X-A: \x00\r\n\r\n",
		"a carriage return in a value":   "GET / HTTP/1.1\r\n" + host + "X-A: a\rX-B: b\r\n\r\n",
		"HTTP 0.9":                       "GET /healthz\r\n\r\n",
		"HTTP of another time":           "GET /healthz HTTP/3.7\r\n" + host + "\r\n",
		"HTTP/2 without having agreed":   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"TLS":                            "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
		"headers without end":            "GET / HTTP/1.1\r\n" + host + strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 200) + "\r\n",
		"many headers":                   "GET / HTTP/1.1\r\n" + host + strings.Repeat("a:b\r\n", 50_000) + "\r\n",
		"an address without end":         "GET /" + strings.Repeat("a", 200_000) + " HTTP/1.1\r\n" + host + "\r\n",
	} {
		answers := g.raw(message + g.goodbye())
		if len(answers) > 1 || len(answers) == 1 && answers[0].status < 400 {
			t.Errorf("%s: %d answers, %+v", name, len(answers), answers)
		}
	}
	// Where both are given, chunks count (RFC 9112, 6.3), and what a length would have made a request is none.
	smuggled := "GET /api/tasks HTTP/1.1\r\n" + host + "\r\n"
	answers := g.raw(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"40\r\n" + (smuggled + strings.Repeat("x", 64))[:64] + "\r\n0\r\n\r\n" + g.goodbye())
	if n := len(answers); n < 1 || n > 2 || answers[0].status != http.StatusUnauthorized || n == 2 && !strings.Contains(answers[1].body, `"status"`) {
		t.Errorf("a length and chunks: %+v", answers)
	}
	g.lives("it")
}

// No way of writing an address or a method leads round the question who asks.
func TestAttackPaths(t *testing.T) {
	t.Parallel()
	g := aim(t, "token", "--default-visibility", "private")
	id := g.task(`"input":"hidden"`, bearer(operator)...)
	g.ended(id, bearer(operator)...)
	for _, path := range []string{"/access", "/tasks", "/links", "/templates", "/compare", "/api/tasks", "/api/tokens", "/api/upstreams", "/task/" + id, "/tasks/" + id, "/api/tasks/" + id, "/tasks/" + id + "/result.json"} {
		name := path[1:]
		for _, at := range []string{
			path, "/" + path, "//evil.example/.." + path, "/." + path, "/x/.." + path, "/%2e" + path, "/x/%2e%2e" + path, "/x/..%2f" + name, "/x/%2e%2e%2f" + name, "/%2f" + name, "/\\" + name,
			path + "/", path + "/.", path + "//", path + "%2f", path + "%00", path + "%20", path + "%0a", path + ";x", path + ";/../", path + "?", path + "?access_token=x", path + "#", path + "..",
			"/" + strings.ToUpper(name), "/%" + hexOf(name[0]) + name[1:], "/\xc0\xaf" + name, "/%c0%ae%c0%ae" + path, "/%252e%252e" + path, "/s/.." + path, "/s/%2e%2e" + path, "/assets/x/.." + path, "/assets/x/%2e%2e/" + name, "/api/.." + path,
			"http://" + g.host + path, "http://evil.example" + path, "https://127.0.0.1" + path,
		} {
			for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GET\t"} {
				request := method + " " + at + " HTTP/1.1\r\nHost: " + g.host + "\r\nX-Original-URL: " + path + "\r\nX-Rewrite-URL: " + path +
					"\r\nX-HTTP-Method-Override: GET\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: localhost\r\nX-Real-Ip: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nCookie: marker=c00kie\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
				for _, a := range g.raw(request) {
					g.notIn(method+" "+at, a, id)
				}
			}
		}
	}
	g.lives("it")
}

func hexOf(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// notIn sees that an answer let nobody in, told nothing, and leads nowhere else.
func (g *target) notIn(what string, a reply, id string) {
	g.Helper()
	at := a.header.Get("Location")
	switch {
	case a.status < 300 && !strings.HasPrefix(what, "OPTIONS ") && !strings.Contains(a.body, `name="token"`):
		g.Errorf("%s: %d %.200s", what, a.status, a.body)
	case strings.Contains(a.body, "hidden") && strings.Contains(a.body, `"input"`), strings.Contains(a.body, "c00kie"):
		g.Errorf("%s tells: %.300s", what, a.body)
	case at != "" && (!strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.HasPrefix(at, `/\`)):
		g.Errorf("%s leads to %q", what, at)
	case a.status >= 500 && a.status != http.StatusNotImplemented && a.status != http.StatusHTTPVersionNotSupported:
		g.Errorf("%s: %d, a fault: %.200s (task %s)", what, a.status, a.body, id)
	}
}

// Nobody changes what a method does by what stands beside it.
func TestAttackMethodsAreNotOverridden(t *testing.T) {
	t.Parallel()
	g := aim(t, "none")
	id := g.task(`"input":"x","metadata":{"sandbox":"never-ends"}`)
	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		for _, method := range []string{"DELETE", "PATCH", "POST"} {
			g.call("GET", "/api/tasks/"+id+"?_method="+method, "", header, method)
			g.call("POST", "/api/tasks/"+id, "_method="+method, header, method)
			g.call("GET", "/tasks/"+id+"/delete?_method="+method, "", header, method)
			g.call("GET", "/api/tasks/"+id+"/cancel", "", header, method)
		}
	}
	if a := g.call("GET", "/api/tasks/"+id, ""); a.status != http.StatusOK || !strings.Contains(a.body, `"cancelRequested":false`) {
		t.Errorf("something was done: %+v", a)
	}
}
