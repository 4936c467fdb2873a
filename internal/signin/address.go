package signin

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/taskyard/taskyard"
)

// maxAddress bounds an address of the provider's or ours, in bytes.
const maxAddress = 1000

// isSecure reports whether what is sent to an address stays secret on the way.
func isSecure(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// origin is scheme, host and port of an address in one form.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// parseAddress reads a plain address: visible ASCII, absolute, of a host, without a user or a fragment.
func parseAddress(raw string) (*url.URL, bool) {
	if len(raw) > maxAddress || !isVisible(raw) || strings.ContainsAny(raw, `\#`) {
		return nil, false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil {
		return nil, false
	}
	return u, true
}

func isVisible(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// checkRedirect sees that the browser can come back to an address with a code.
func checkRedirect(raw string) (*url.URL, error) {
	u, ok := parseAddress(raw)
	if !ok {
		return nil, taskyard.Invalid("redirect_uri", "sign-in cannot come back here: the address of this server is malformed")
	}
	if !isSecure(u) {
		return nil, taskyard.Invalid("redirect_uri", "sign-in needs this server to be reached by https, or on localhost; this address is %s://%s", u.Scheme, u.Host)
	}
	return u, nil
}
