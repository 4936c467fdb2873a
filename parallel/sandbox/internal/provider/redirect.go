package provider

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// maxRedirect bounds an address to return to, in bytes.
const maxRedirect = 1000

// parseRedirect reads an address to return to: https, or http on this machine (OAuth 2.1, section 2.3.1).
func parseRedirect(raw string) (*url.URL, error) {
	if raw == "" || len(raw) > maxRedirect {
		return nil, errors.New("redirect_uri is missing or too long")
	}
	for _, c := range []byte(raw) {
		if c <= ' ' || c > '~' || strings.IndexByte(`\"<>^{|}#`+"`", c) >= 0 {
			return nil, errors.New("redirect_uri holds a sign that it may not hold")
		}
	}
	u, err := url.Parse(raw)
	if err != nil || !hostForm.MatchString(u.Host) || u.User != nil {
		return nil, errors.New("redirect_uri is no whole address")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, errors.New("redirect_uri has to be https, or http on localhost")
	}
	for name := range u.Query() {
		switch name {
		case "code", "state", "iss", "error", "error_description":
			return nil, errors.New("redirect_uri has a parameter that the answer brings: " + name)
		}
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// withParameters is the address with the parameters of an answer.
func withParameters(redirect *url.URL, answer url.Values) string {
	u := *redirect
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += answer.Encode()
	return u.String()
}
