package webui

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"golang.org/x/net/html"

	"github.com/taskyard/taskyard"
)

// Whatever a result is, each line of its table has as many cells as the first, and no cell is a formula.
func FuzzCSV(f *testing.F) {
	for _, s := range []struct{ content, field, word string }{
		{`{"a":[{"b":"=1+1","=c":-5},{"b":null}],"d":"\t=x"}`, "a", "high"}, {`"=HYPERLINK(1)"`, "", "@x"}, {`[["+1"],[],{}]`, "0", "＝1"}, {`{"\ufeff=cmd":[{"\ufeff=cmd":"\u00a0=1"}]}`, "\ufeff=cmd", "\u200b-1"},
		{`{"a":[{"b":"\u0000=1"}],"":""}`, "", ""}, {`-1e5`, "", "-"}, {`{"a":[1,{"b":[2]}]}`, "a", "x,\"\r\n=1"},
	} {
		f.Add([]byte(s.content), s.field, s.word, true)
	}
	f.Fuzz(func(t *testing.T, content []byte, field, word string, simulated bool) {
		result, err := json.Marshal(map[string]any{"output": map[string]any{
			"type": "json", "content": json.RawMessage(content),
			"basis": []any{map[string]any{"field": field, "reasoning": word, "confidence": word, "citations": []any{map[string]any{"url": word, "title": word}}}},
		}})
		if err != nil {
			return // no JSON
		}
		read, err := readResult(result)
		if err != nil {
			t.Fatal(err)
		}
		var fields, grid bytes.Buffer
		if err := writeFields(&fields, read.Output, simulated); err != nil {
			t.Errorf("%s: %v", content, err)
		}
		if err := writeGrid(&grid, read.Output, field, simulated); err != nil && taskyard.CodeOf(err) != taskyard.CodeNotFound {
			t.Errorf("%s: %v", content, err)
		}
		checkCells(t, fields.Bytes())
		checkCells(t, grid.Bytes())
	})
}

func checkCells(t *testing.T, file []byte) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(file)).ReadAll() // which refuses lines of different lengths
	if err != nil {
		t.Errorf("%q: %v", file, err)
	}
	for _, line := range lines {
		for _, cell := range line {
			if startsFormula(cell) && !json.Valid([]byte(cell)) { // a number that upstream sent as one may be below zero
				t.Errorf("the cell %q is a formula in %q", cell, file)
			}
		}
	}
}

// startsFormula reports whether a spreadsheet may take a text for a formula. What nobody sees at its beginning may be
// dropped by whoever reads the file.
func startsFormula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(cell, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c) || unicode.Is(unicode.Cf, c)
	}))
	return strings.ContainsRune("=+-@＝＋－＠", first)
}

// Whatever a title is, in Markdown it is the text of its link or its heading and nothing else.
func FuzzEscapeMarkdown(f *testing.F) {
	for _, vectors := range attacks(f) {
		for _, v := range vectors {
			f.Add(v)
		}
	}
	for _, title := range []string{"a](<javascript:1>) [b", "# a #", "a\n\n<script>", "&lt;b&gt; &amp;", `\`, "`a`", "| a | b |", "![x](y)", "1. a", "- a", "~~a~~", "*a*", "\u2028a", "a\x00b"} {
		f.Add(title)
	}
	f.Fuzz(func(t *testing.T, title string) {
		shown := strings.Join(strings.Fields(title), " ")
		want := strings.ReplaceAll(strings.ToValidUTF8(shown, "\uFFFD"), "\x00", "\uFFFD") // as the standard has it
		if want != shown || shown == "" {
			return
		}
		for _, frame := range []struct{ source, elements string }{
			{"- [" + escapeMarkdown(title) + "](<https://a.example/>)\n", "ul li a"}, {"# x " + escapeMarkdown(title) + "\n", "h1"}, {"- **x" + escapeMarkdown(title) + "x** (y)\n", "ul li strong"},
		} {
			var b bytes.Buffer
			if err := goldmark.Convert([]byte(frame.source), &b); err != nil {
				t.Fatal(err)
			}
			text, elements := textAndElements(t, b.String())
			if !strings.Contains(text, want) || !slices.Equal(elements, strings.Fields(frame.elements)) {
				t.Errorf("%q becomes %q (%q in %q)", frame.source, b.String(), text, elements)
			}
		}
	})
}

func textAndElements(t *testing.T, markup string) (text string, elements []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader("<body>" + markup))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && n.Data != "html" && n.Data != "head" && n.Data != "body":
			elements = append(elements, n.Data)
		case n.Type == html.CommentNode:
			elements = append(elements, "comment")
		}
	}
	return b.String(), elements
}

// Whatever a request is, strangers with a link see nothing of its webhook and of the headers of its servers.
func FuzzSharedRequest(f *testing.F) {
	for _, request := range []string{
		`{"input":"x","webhook":{"url":"[sealed]"},"mcp_servers":[{"name":"a","headers":{"b":"[sealed]"}}],"metadata":{"a":"b"}}`, `{"mcp_servers":{"headers":{"a":"b"}},"webhook":1}`,
		`{"mcp_servers":[1],"metadata":null}`, `{"mcp_servers":[[{"headers":1}]]}`, `{"mcp_servers":null,"Webhook":"x","mcpServers":[{"headers":{"a":"b"}}]}`, `[]`, `{"a":1e999}`,
	} {
		f.Add([]byte(request), true)
		f.Add([]byte(request), false)
	}
	f.Fuzz(func(t *testing.T, request []byte, withMetadata bool) {
		var before, shown map[string]json.RawMessage
		if err := json.Unmarshal(sharedRequest(request, withMetadata), &shown); err != nil {
			t.Fatalf("%q is shown as no object: %v", request, err)
		}
		_ = json.Unmarshal(request, &before) // what is none is shown as nothing
		for name := range shown {
			if folded := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name)); folded == "webhook" || folded == "metadata" && !withMetadata {
				t.Errorf("%q shows %s", request, name)
			}
			if _, there := before[name]; !there {
				t.Errorf("%q shows %s, which is not there", request, name)
			}
		}
		var sent any
		_ = json.Unmarshal(shown["mcp_servers"], &sent) // missing is nothing
		if hasKey(sent, "headers") {
			t.Errorf("%q shows the servers %s", request, shown["mcp_servers"])
		}
	})
}

// hasKey reports whether an object anywhere in a value has a member of a name, however that is written.
func hasKey(value any, name string) bool {
	switch value := value.(type) {
	case []any:
		return slices.ContainsFunc(value, func(v any) bool { return hasKey(v, name) })
	case map[string]any:
		for key, v := range value {
			if strings.EqualFold(key, name) || hasKey(v, name) {
				return true
			}
		}
	}
	return false
}

// Whatever two texts are, the stretches of each are the text, and what both have is the same in both.
func FuzzDiff(f *testing.F) {
	for _, s := range []struct{ one, other string }{{"a b c", "a x c"}, {"", "a"}, {"a\n\nb ", "a b"}, {"\xff a", "\xfe a"}, {"\u00a0\u2003x", "x"}, {strings.Repeat("a b ", 500), strings.Repeat("b a ", 500)}} {
		f.Add(s.one, s.other)
	}
	f.Fuzz(func(t *testing.T, one, other string) {
		ofOne, ofOther, ok := diffWords(one, other)
		if !ok {
			if len(one) <= maxDiff && len(other) <= maxDiff {
				t.Errorf("%d and %d bytes are not compared", len(one), len(other))
			}
			return
		}
		textOne, sameOne := told(ofOne)
		textOther, sameOther := told(ofOther)
		if textOne != one || textOther != other || sameOne != sameOther {
			t.Errorf("%q and %q are told as %+v and %+v", one, other, ofOne, ofOther)
		}
		if one == other && sameOne != one {
			t.Errorf("%q differs from itself: %+v", one, ofOne)
		}
	})
}

// told is the whole text of stretches, and what of it both texts have.
func told(list []stretch) (whole, same string) {
	for _, s := range list {
		if whole += s.Text; !s.Differ {
			same += s.Text
		}
	}
	return whole, same
}
