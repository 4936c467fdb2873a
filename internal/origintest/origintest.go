// Package origintest has what browsers and programs say of where a request comes from, for the tests of whatever changes
// something.
package origintest

import "net/http"

// Origin is one way of saying it, to a server at http://example.com.
type Origin struct {
	Name    string
	Refused bool // nothing may be changed from there

	site, origin string
}

// All are all ways. Old browsers, and all of them over plain http, send an Origin alone; programs send neither.
var All = []Origin{
	{"a page of ours", false, "same-origin", "http://example.com"},
	{"typed or bookmarked", false, "none", ""},
	{"a program", false, "", ""},
	{"an old browser, a page of ours", false, "", "http://example.com"},
	{"a page of another site", true, "cross-site", "https://elsewhere.example.net"},
	{"a page of another site that lies about its origin", true, "cross-site", "http://example.com"},
	{"a page of a sister site", true, "same-site", "http://sister.example.com"},
	{"an old browser, a page of another site", true, "", "https://elsewhere.example.net"},
	{"an old browser, another port", true, "", "http://example.com:8081"},
	{"an old browser, a sandboxed frame or a file", true, "", "null"},
	{"a sandboxed frame", true, "cross-site", "null"},
	{"a value that nobody knows", true, "elsewhere", "https://elsewhere.example.net"},
}

// Say has a request say it.
func (o Origin) Say(r *http.Request) {
	if o.site != "" {
		r.Header.Set("Sec-Fetch-Site", o.site)
	}
	if o.origin != "" {
		r.Header.Set("Origin", o.origin)
	}
}
