package snippet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// maxEnvPart bounds what a server's or header's name adds to the name of a variable, in characters.
const maxEnvPart = 32

// secrets gives names to what must not be written.
type secrets struct{ names []string }

// hide takes the header values of MCP servers and the webhook's address out of a request, whether they are there,
// sealed or empty, addresses of MCP servers that may hold a secret, and whatever else of these two fields is sealed. It returns the variables in which the program looks
// for them.
func hide(root *node) []string {
	var s secrets
	for _, spelt := range []string{"mcp_servers", "mcpServers"} {
		root.each(spelt, func(servers *node) {
			s.hideServer(servers) // one that is in no list
			for i := range servers.items {
				s.hideServer(&servers.items[i])
			}
			s.hideSealed(servers, "MCP")
		})
	}
	root.each("webhook", func(webhook *node) {
		webhook.each("url", func(address *node) { s.hide(address, "WEBHOOK_URL") })
		if webhook.open == 0 && webhook.text != "null" {
			s.hide(webhook, "WEBHOOK_URL") // upstream refuses it, and it is an address all the same
		}
		s.hideSealed(webhook, "WEBHOOK")
	})
	return s.names
}

func (s *secrets) hideServer(server *node) {
	of := ""
	server.each("name", func(name *node) { of = envPart(unquote(name.text)) })
	server.each("url", func(address *node) {
		if text := unquote(address.text); text == taskyard.Redacted || taskyard.HoldsSecret(text) {
			s.hide(address, "MCP"+of+"_URL")
		}
	})
	server.each("headers", func(headers *node) { s.hideHeaders(of, headers) })
}

func (s *secrets) hideHeaders(of string, headers *node) {
	for i := range headers.items {
		name := "_HEADER"
		if headers.open == '{' {
			name = envPart(unquote(headers.names[i]))
		}
		s.hide(&headers.items[i], "MCP"+of+name)
	}
	if headers.open == 0 {
		s.hide(headers, "MCP"+of)
	}
}

// hideSealed hides what stands for a secret in a place that has no name of its own.
func (s *secrets) hideSealed(n *node, name string) {
	if n.open == 0 && unquote(n.text) == taskyard.Redacted {
		s.hide(n, name)
		return
	}
	for i := range n.items {
		of := name
		if n.open == '{' {
			of += envPart(unquote(n.names[i]))
		}
		s.hideSealed(&n.items[i], of)
	}
}

// hide replaces a value by a variable of that name, or of one like it if the name is taken.
func (s *secrets) hide(n *node, name string) {
	unique := name
	for i := 2; slices.Contains(s.names, unique); i++ {
		unique = fmt.Sprintf("%s_%d", name, i)
	}
	s.names = append(s.names, unique)
	*n = node{env: unique}
}

// each calls f with the values of that name, in whatever case: a misspelt secret is one too.
func (n *node) each(name string, f func(*node)) {
	for i, quoted := range n.names {
		if strings.EqualFold(unquote(quoted), name) {
			f(&n.items[i])
		}
	}
}

// envPart is a name as a part of the name of a variable, such as _X_TEAM for x-team.
func envPart(name string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(name) {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			r = '_'
		}
		if b.Len() < maxEnvPart {
			b.WriteRune(r)
		}
	}
	return "_" + strings.Trim(b.String(), "_")
}
