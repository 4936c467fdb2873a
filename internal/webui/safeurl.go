package webui

import (
	"net/url"
	"strings"
)

// link is an address from upstream that may become a link: http or https with a host, nothing else.
type link struct {
	URL  string // "" when the address must not be linked
	Text string // what is shown
	Host string
}

// linkTo checks an address. One that is no web address is shown as text.
func linkTo(address string) link {
	text, _ := cut(address, 300)
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return link{Text: text}
	}
	return link{URL: u.String(), Text: text, Host: strings.TrimPrefix(u.Hostname(), "www.")}
}
