package webui

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
)

// link is an address from upstream that may become a link: http or https with a host, nothing else.
type link struct {
	URL  string // "" when the address must not be linked
	Text string // what is shown
	Host string
}

// linkTo checks an address. One that is no web address, or of which a browser could read another host than we, is shown
// as text.
func linkTo(address string) link {
	text, _ := cut(address, 300)
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") || !isHost(u.Hostname()) {
		return link{Text: text}
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	return link{URL: u.String(), Text: text, Host: strings.TrimPrefix(u.Hostname(), "www.")}
}

// escapeQuery escapes what url.URL leaves in a query and what ends an address in HTML or Markdown, as browsers do.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"`\\", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isHost reports whether a name is one that browsers take as it is shown. net/url also takes signs that end an attribute,
// and letters that nobody sees or that turn the others around.
func isHost(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	odd := func(c rune) bool {
		if c < unicode.MaxASCII {
			return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '.' && c != '_'
		}
		return !unicode.In(c, unicode.L, unicode.M, unicode.Nd)
	}
	return name != "" && !strings.ContainsFunc(name, odd)
}
