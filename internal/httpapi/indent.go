package httpapi

import (
	"bufio"
	"bytes"
	"errors"
)

// indenter writes indented JSON of any size piece by piece: values come as they are stored, and no second copy
// of one is made. It is several times faster than json.Indent because what is stored was checked when it was
// heard; that strings and brackets are closed is checked still. w keeps the first error for Flush.
type indenter struct {
	w     *bufio.Writer
	depth int
	any   bool // the open object or array has a member already
}

var errNotJSON = errors.New("a stored value is not JSON")

// begin opens an object or array as the next value.
func (p *indenter) begin(bracket byte) {
	p.w.WriteByte(bracket)
	p.depth++
	p.any = false
}

// end closes it.
func (p *indenter) end(bracket byte) {
	p.depth--
	if p.any {
		p.newline()
	}
	p.w.WriteByte(bracket)
	p.any = true
}

// next begins the next element of an array.
func (p *indenter) next() {
	if p.any {
		p.w.WriteByte(',')
	}
	p.newline()
	p.any = true
}

// key begins the next member of an object. The name needs no escapes.
func (p *indenter) key(name string) {
	p.next()
	p.w.WriteByte('"')
	p.w.WriteString(name)
	p.w.WriteString(`": `)
}

// newline begins a line. Indentation stops growing at the width of spaces, or values nested thousands deep, which
// are small as stored, would be answered with the square of that.
func (p *indenter) newline() {
	p.w.WriteByte('\n')
	p.w.WriteString(spaces[:min(2*p.depth, len(spaces))])
}

const spaces = "                                                                                                    "

// value writes a JSON value; nil is null.
func (p *indenter) value(raw []byte) error {
	if len(raw) == 0 {
		raw = []byte("null")
	}
	outer := p.depth
	for i := 0; i < len(raw); {
		switch c := raw[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			n := stringLength(raw[i:])
			if n == 0 {
				return errNotJSON
			}
			p.w.Write(raw[i : i+n])
			i += n
		case '{', '[':
			p.begin(c)
			if i = skipSpace(raw, i+1); i < len(raw) && raw[i] != '}' && raw[i] != ']' {
				p.next()
			}
		case '}', ']':
			if p.depth == outer {
				return errNotJSON
			}
			p.end(c)
			i++
		case ',':
			p.next()
			i++
		case ':':
			p.w.WriteString(": ")
			i++
		default:
			n := scalarLength(raw[i:])
			p.w.Write(raw[i : i+n])
			i += n
		}
	}
	if p.depth != outer {
		return errNotJSON
	}
	p.any = true
	return nil
}

// stringLength is the length of the string that b begins with, or 0 if it is not closed.
func stringLength(b []byte) int {
	for i := 1; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
		escapes := 0
		for b[i-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return 0
}

// scalarLength is the length of the number or word that b begins with.
func scalarLength(b []byte) int {
	if n := bytes.IndexAny(b, " \t\r\n\"{}[],:"); n > 0 {
		return n
	}
	return len(b)
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}
