package live

import (
	"errors"
	"strconv"
	"strings"
)

const (
	// maxPayload bounds a message, in bytes; PostgreSQL takes less than 8000.
	maxPayload = 7900
	maxName    = 40 // bytes of a node's name and of a kind
)

// message is what one node says to all.
type message struct {
	from string // the node, by a name that no two processes have
	n    int64  // counts what it says, from 1, so that what was lost shows
	kind string
	args []string
}

// Kinds of messages that the relay itself understands. A kind that it does not know is for somebody else, or from a
// newer node.
const (
	kindMoved = "moved" // these tasks moved
	kindLost  = "lost"  // more tasks moved than could be named
	kindBeat  = "beat"  // nothing: the node can be heard
)

// payload is the message as PostgreSQL carries it: words with spaces between.
func (m message) payload() string {
	return m.from + " " + strconv.FormatInt(m.n, 10) + " " + m.body()
}

func (m message) body() string { return strings.Join(append([]string{m.kind}, m.args...), " ") }

var errMessage = errors.New("this is no message of ours")

// parseMessage reads a payload. Whoever may use the database may have sent it.
func parseMessage(payload string) (message, error) {
	if len(payload) > maxPayload {
		return message{}, errMessage
	}
	words := strings.Split(payload, " ")
	if len(words) < 3 {
		return message{}, errMessage
	}
	for _, word := range words {
		if !isWord(word) {
			return message{}, errMessage
		}
	}
	n, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != words[1] || len(words[0]) > maxName || len(words[2]) > maxName {
		return message{}, errMessage
	}
	return message{from: words[0], n: n, kind: words[2], args: words[3:]}, nil
}

// isWord reports whether a text can be part of a message: visible ASCII, at least one.
func isWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}
