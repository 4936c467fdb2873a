package schema

import (
	"regexp/syntax"
	"strings"
)

// maxRepeat bounds the open repetitions that are made for * and +.
const maxRepeat = 3

// fromPattern makes a string that matches an ordinary regular expression. Word boundaries and anchors in
// the middle are beyond it.
func (m *maker) fromPattern(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "simulated"
	}
	var b strings.Builder
	m.match(&b, re.Simplify())
	return b.String()
}

func (m *maker) match(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > maxMadeLength {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(m.fromClass(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte('a' + m.rand.IntN(26)))
	case syntax.OpCapture:
		m.match(b, re.Sub[0])
	case syntax.OpStar:
		m.repeat(b, re.Sub[0], m.rand.IntN(maxRepeat+1))
	case syntax.OpPlus:
		m.repeat(b, re.Sub[0], 1+m.rand.IntN(maxRepeat))
	case syntax.OpQuest:
		m.repeat(b, re.Sub[0], m.rand.IntN(2))
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			m.match(b, sub)
		}
	case syntax.OpAlternate:
		m.match(b, re.Sub[m.rand.IntN(len(re.Sub))])
	}
}

func (m *maker) repeat(b *strings.Builder, re *syntax.Regexp, n int) {
	for range n {
		m.match(b, re)
	}
}

// fromClass takes a character from pairs of bounds, one that prints if there is one.
func (m *maker) fromClass(bounds []rune) rune {
	var printable []rune
	for i := 0; i < len(bounds); i += 2 {
		for r := max(bounds[i], '!'); r <= min(bounds[i+1], '~'); r++ {
			printable = append(printable, r)
		}
	}
	if len(printable) > 0 {
		return printable[m.rand.IntN(len(printable))]
	}
	if len(bounds) > 0 {
		return bounds[0]
	}
	return ' '
}
