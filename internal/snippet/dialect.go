package snippet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// dialect is how a language writes JSON values, and text of our own.
type dialect struct {
	text           func(quoted string) string // a string, from its JSON
	name           func(quoted string) string // of an object's item
	yes, no, null  string
	env            func(name string) string // the value of a variable
	comma          string                   // behind the last item
	literal        func(text string) string // text that is no part of the request
	hasBoundedMath bool                     // numbers have a largest one
}

func same(text string) string { return text }

// asJSON is a request as JSON, within whatever quotes edit allows for.
func asJSON(edit, env, literal func(string) string) dialect {
	return dialect{text: edit, name: edit, yes: "true", no: "false", null: "null", env: env, literal: literal}
}

var (
	asHTTP = asJSON(same, func(name string) string { return `"$` + name + `"` }, same)

	// Within single quotes a shell knows no escapes, so a quote ends them for a moment.
	asShell = asJSON(inShell, func(name string) string { return `"'"$` + name + `"'"` }, func(text string) string { return "'" + inShell(text) + "'" })

	// A raw string of Go cannot hold its own quote, nor a byte order mark; JSON has escapes for both.
	asGo = asJSON(strings.NewReplacer("`", `\u0060`, "\uFEFF", `\ufeff`).Replace, func(name string) string { return "` + secret(" + strconv.Quote(name) + ") + `" }, strconv.Quote)

	// Since ES2019 each JSON string is one of JavaScript.
	asTypeScript = dialect{
		text: same, name: typeScriptName, yes: "true", no: "false", null: "null", comma: ",",
		env:     func(name string) string { return "process.env." + name + ` ?? ""` },
		literal: quote, hasBoundedMath: true,
	}

	asPython = dialect{
		text: inPython, name: inPython, yes: "True", no: "False", null: "None", comma: ",",
		env:     func(name string) string { return "os.environ[" + quote(name) + "]" },
		literal: func(text string) string { return inPython(quote(text)) }, hasBoundedMath: true,
	}
)

// write writes a value whose first line stands behind something else; indent is that of its last line.
func (d dialect) write(n node, indent, unit string) (string, error) {
	var b strings.Builder
	err := d.print(&b, n, indent, unit)
	return b.String(), err
}

func (d dialect) print(b *strings.Builder, n node, indent, unit string) error {
	if n.open == 0 {
		return d.printOne(b, n)
	}
	b.WriteByte(n.open)
	for i, item := range n.items {
		b.WriteString("\n" + indent + unit)
		if n.open == '{' {
			b.WriteString(d.name(n.names[i]) + ": ")
		}
		if err := d.print(b, item, indent+unit, unit); err != nil {
			return err
		}
		if i < len(n.items)-1 {
			b.WriteByte(',')
		}
	}
	if len(n.items) > 0 {
		b.WriteString(d.comma + "\n" + indent)
	}
	b.WriteByte(n.open + 2) // the brackets lie that far apart in ASCII
	return nil
}

func (d dialect) printOne(b *strings.Builder, n node) error {
	switch {
	case n.env != "":
		b.WriteString(d.env(n.env))
	case n.text[0] == '"':
		b.WriteString(d.text(n.text))
	case n.tooHuge && d.hasBoundedMath:
		return errors.New("a number in the request is too large for this language")
	default:
		b.WriteString(strings.NewReplacer("true", d.yes, "false", d.no, "null", d.null).Replace(n.text))
	}
	return nil
}

func inShell(text string) string { return strings.ReplaceAll(text, "'", `'\''`) }

var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

func typeScriptName(quoted string) string {
	switch name := unquote(quoted); {
	case name == "__proto__":
		return `["__proto__"]` // without the brackets it would set the object's prototype
	case identifier.MatchString(name):
		return name
	default:
		return quoted
	}
}

// inPython makes a string of Python of one of JSON. Two escapes differ: Python has none for the slash, and does not
// join the halves of a surrogate pair.
func inPython(quoted string) string {
	var b strings.Builder
	for i := 0; i < len(quoted); {
		part := quoted[i : i+1]
		if part == `\` {
			part = quoted[i : i+2]
		}
		written := part
		switch part {
		case `\/`:
			written = "/"
		case `\u`:
			part, written = pythonEscape(quoted[i:])
		}
		b.WriteString(written)
		i += len(part)
	}
	return b.String()
}

// pythonEscape reads the \u escape with which text begins, or the two of a pair.
func pythonEscape(text string) (part, written string) {
	if len(text) >= 12 && text[6:8] == `\u` {
		high, _ := strconv.ParseUint(text[2:6], 16, 16)
		low, err := strconv.ParseUint(text[8:12], 16, 16)
		if r := utf16.DecodeRune(rune(high), rune(low)); err == nil && r != '\uFFFD' {
			return text[:12], fmt.Sprintf(`\U%08x`, r)
		}
	}
	return text[:6], text[:6]
}

// quote writes a JSON string.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) //nolint:errchkjson // strings have no errors
	return strings.TrimSuffix(b.String(), "\n")
}
