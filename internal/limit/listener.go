package limit

import (
	"net"
	"net/netip"
	"sync"
)

// listener counts connections.
type listener struct {
	net.Listener
	limiter *Limiter
}

// The most connections at a time. Each costs some 10 KiB, and a file descriptor.
const (
	allConnections    = 30_000
	clientConnections = 500 // of one address that is neither this machine nor a trusted proxy
)

// Listener closes further connections of an address that has too many, and all further ones of a server that has: what
// sends nothing is cut later, and must not fill it until then.
func (l *Limiter) Listener(inner net.Listener) net.Listener { return &listener{inner, l} }

func (n *listener) Accept() (net.Conn, error) {
	for {
		conn, err := n.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // net/http looks at it
		}
		addr, ok := conn.RemoteAddr().(*net.TCPAddr)
		if !ok {
			return conn, nil
		}
		from := addr.AddrPort().Addr().Unmap().WithZone("")
		if leave, ok := n.limiter.enter(from); ok {
			return &counted{Conn: conn, leave: leave}, nil
		}
		_ = conn.Close() // whoever it is hears enough
	}
}

// enter counts a connection; false if there are too many.
func (l *Limiter) enter(from netip.Addr) (leave func(), ok bool) {
	bound := clientConnections
	if l.cfg.Visitors == (Limits{}) || from.IsLoopback() || l.trusts(from) {
		bound = allConnections
	}
	client := clientOf(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.connections >= allConnections || l.connected[client] >= bound {
		return nil, false
	}
	l.connections++
	l.connected[client]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.connections--
		if l.connected[client]--; l.connected[client] == 0 {
			delete(l.connected, client)
		}
	}, true
}

// counted is a connection that says when it ends, once.
type counted struct {
	net.Conn
	ended sync.Once
	leave func()
}

func (c *counted) Close() error {
	c.ended.Do(c.leave)
	return c.Conn.Close() //nolint:wrapcheck // as it is
}
