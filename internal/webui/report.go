package webui

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard/parallel"
)

// reportOf writes an output as Markdown: a text is one already; an object becomes headings, lists and, for
// arrays of objects, a list of their fields. Texts inside objects are often Markdown themselves, and stay so.
func reportOf(o parallel.TaskRunOutput) string {
	var text string
	if json.Unmarshal(o.Content, &text) == nil {
		return text
	}
	list, err := members(o.Content)
	if err != nil {
		return "```json\n" + string(o.Content) + "\n```\n"
	}
	var b strings.Builder
	for _, m := range list {
		if b.Len() > 2*maxReport { // more than is ever shown or worth downloading as a report
			break
		}
		fmt.Fprintf(&b, "## %s\n\n", escapeMarkdown(heading(m.Name)))
		writeMarkdown(&b, m.Raw, 0)
		b.WriteString("\n")
	}
	return b.String()
}

// heading makes words of a field's name: founding_year → Founding year.
func heading(name string) string {
	return sentence(strings.ReplaceAll(name, "_", " "))
}

func writeMarkdown(b *strings.Builder, raw json.RawMessage, depth int) {
	var text string
	indent := strings.Repeat("  ", depth)
	switch {
	case depth > maxDepth:
		fmt.Fprintf(b, "%s`%s`\n", indent, strings.ReplaceAll(compactJSON(raw), "`", "'"))
	case isArray(raw):
		items, _ := elements(raw) // part of a document that was checked
		for _, item := range items {
			writeItem(b, item, indent, depth)
		}
	case isObject(raw):
		list, _ := members(raw)
		for _, m := range list {
			fmt.Fprintf(b, "%s- **%s**", indent, escapeMarkdown(heading(m.Name)))
			writeTail(b, m.Raw, depth)
		}
	case json.Unmarshal(raw, &text) == nil && depth == 0:
		b.WriteString(text + "\n")
	default:
		b.WriteString(indent + inline(raw) + "\n")
	}
}

func writeItem(b *strings.Builder, item json.RawMessage, indent string, depth int) {
	if !isObject(item) && !isArray(item) {
		fmt.Fprintf(b, "%s- %s\n", indent, inline(item))
		return
	}
	if isArray(item) {
		b.WriteString(indent + "- \n")
		writeMarkdown(b, item, depth+1)
		return
	}
	list, _ := members(item)
	for i, m := range list {
		lead := indent + "- "
		if i > 0 {
			lead = indent + "  "
		}
		if i == 0 && !isObject(m.Raw) && !isArray(m.Raw) { // the first field names the thing
			fmt.Fprintf(b, "%s**%s**\n", lead, inline(m.Raw))
			continue
		}
		fmt.Fprintf(b, "%s%s%s", indent, map[bool]string{true: "- ", false: "  - "}[i == 0], escapeMarkdown(heading(m.Name)))
		writeTail(b, m.Raw, depth+1)
	}
}

// writeTail ends a line that names a field: with the value, or with the lines below it.
func writeTail(b *strings.Builder, raw json.RawMessage, depth int) {
	if isObject(raw) || isArray(raw) {
		b.WriteString(":\n")
		writeMarkdown(b, raw, depth+1)
		return
	}
	fmt.Fprintf(b, ": %s\n", inline(raw))
}

// inline prints a scalar on one line.
func inline(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	return strings.Join(strings.Fields(text), " ")
}

var markdownSigns = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "|", `\|`, "!", `\!`, "&", `\&`,
)

func escapeMarkdown(s string) string {
	return markdownSigns.Replace(strings.Join(strings.Fields(s), " "))
}
