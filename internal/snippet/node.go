package snippet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// maxDepth bounds the nesting of a request: beyond some hundred levels Python refuses a program.
const maxDepth = 100

// node is a JSON value. Everything is kept as it was written, and in its order.
type node struct {
	text    string // of a string, with its quotes and escapes, a number or a literal
	open    byte   // '{' or '[' of a list of values, otherwise 0
	items   []node
	names   []string // of an object's items, with their quotes
	env     string   // the variable that holds the value, which is then not written
	tooHuge bool     // a number that few languages can hold
}

// parse reads a request.
func parse(request json.RawMessage) (node, error) {
	valid := string([]rune(string(request))) // bytes that are no UTF-8 become U+FFFD one by one, as encoding/json has it
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(valid)); err != nil {
		return node{}, fmt.Errorf("the request is not JSON: %w", err)
	}
	r := reader{rest: compact.Bytes()}
	root, err := r.value(0)
	if err == nil && root.open != '{' {
		err = errors.New("the request is not a JSON object")
	}
	return root, err
}

// reader takes apart JSON that is known to be valid and without white space.
type reader struct{ rest []byte }

func (r *reader) value(depth int) (node, error) {
	if depth > maxDepth {
		return node{}, fmt.Errorf("the request is nested more than %d levels deep", maxDepth)
	}
	switch c := r.rest[0]; c {
	case '{', '[':
		return r.list(c, depth)
	case '"':
		return node{text: r.take(stringEnd(r.rest))}, nil
	default:
		text := r.take(len(r.rest) - len(bytes.TrimLeft(r.rest, "+-.0123456789Eaeflnrstu")))
		_, err := strconv.ParseFloat(text, 64)
		return node{text: text, tooHuge: errors.Is(err, strconv.ErrRange)}, nil
	}
}

func (r *reader) list(open byte, depth int) (node, error) {
	n := node{open: open}
	for r.take(1); r.rest[0] != '}' && r.rest[0] != ']'; {
		if open == '{' {
			n.names = append(n.names, r.take(stringEnd(r.rest)))
			r.take(1) // the colon
		}
		item, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, item)
		if r.rest[0] == ',' {
			r.take(1)
		}
	}
	r.take(1)
	return n, nil
}

func (r *reader) take(n int) string {
	taken := string(r.rest[:n])
	r.rest = r.rest[n:]
	return taken
}

// stringEnd is the index behind the string with which valid JSON begins.
func stringEnd(rest []byte) int {
	for i := 1; ; i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// unquote is the text of a JSON string.
func unquote(quoted string) string {
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // it is one
	return text
}
