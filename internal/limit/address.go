package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// forwardedFor names the header in which a proxy says for whom it asks.
const forwardedFor = "X-Forwarded-For"

// ParseProxies reads the addresses of proxies: each one by itself, or many by a prefix such as 10.0.0.0/8.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var proxies []netip.Prefix
	for _, text := range list {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, err := netip.ParseAddr(text)
			if err != nil {
				return nil, err //nolint:wrapcheck // it names the text
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, nil
}

// address is where a request comes from. What a proxy says is believed of those that are trusted, and no further: each
// proxy adds on the right whom it heard itself, and what lies left of a stranger is the stranger's own word.
func (l *Limiter) address(r *http.Request) netip.Addr {
	from := remote(r.RemoteAddr)
	if !l.trusts(from) {
		if r.Header.Get(forwardedFor) != "" {
			l.strangeProxy(from)
		}
		return from
	}
	chain := strings.Join(r.Header.Values(forwardedFor), ",")
	for chain != "" && l.trusts(from) {
		cut := strings.LastIndexByte(chain, ',')
		hop, err := parseHop(chain[cut+1:])
		if err != nil {
			break
		}
		from, chain = hop, chain[:max(cut, 0)]
	}
	return from
}

// parseHop reads an address, with or without a port.
func parseHop(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err
}

// remote is the address of a connection's other end; the zero Addr if it has none.
func remote(text string) netip.Addr {
	at, _ := netip.ParseAddrPort(text)
	return at.Addr().Unmap().WithZone("")
}

func (l *Limiter) trusts(addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(l.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// site is how many bits of an IPv6 address one household or machine has to itself: it counts as one client.
const site = 64

// clientOf names the client at an address.
func clientOf(addr netip.Addr) string {
	if addr.Is6() {
		if p, err := addr.Prefix(site); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// strangeProxy says once that somebody speaks for others who may not: a proxy that was forgotten makes all its clients one.
func (l *Limiter) strangeProxy(from netip.Addr) {
	if l.cfg.Visitors == (Limits{}) || !from.IsLoopback() && !from.IsPrivate() {
		return
	}
	l.warned.Do(func() {
		l.cfg.Logger.Warn("requests come with "+forwardedFor+" from an address that is no --trusted-proxy: all that come from there count as one client", "address", from.String())
	})
}
