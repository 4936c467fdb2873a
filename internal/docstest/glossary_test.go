package docstest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// words are those that the code, the API and the pages speak in, besides the values below.
var words = []string{
	"task", "run", "upstream", "processor", "task spec", "output schema", "output", "result", "basis", "citation", "excerpt", "mode",
	"event", "seq", "log", "note", "progress message", "progress stats", "connection", "replay", "stream", "submission",
	"append", "commit", "announce", "announcement", "settle", "drive", "owner", "epoch", "journal", "seal", "secret", "scenario", "master key", "data key", "ring",
}

func TestGlossaryHasTheWords(t *testing.T) {
	defined := make(map[string]bool)
	for line := range strings.SplitSeq(readDocument(t, "docs/glossary.md"), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 2 {
			continue
		}
		for word := range strings.SplitSeq(cells[0], ",") {
			defined[strings.TrimSpace(word)] = true
		}
	}
	for _, word := range words {
		if !defined[word] {
			t.Errorf("%q has no line", word)
		}
	}
}

// Statuses, phases and notes are words too.
func TestGlossaryHasEveryStatusPhaseAndNote(t *testing.T) {
	text := readDocument(t, "docs/glossary.md")
	values := constants(t, "status.go", "task.go")
	if len(values) < 20 {
		t.Fatalf("found only %d constants: %q", len(values), values)
	}
	for _, value := range values {
		if !strings.Contains(text, "`"+value+"`") {
			t.Errorf("`%s` is not explained", value)
		}
	}
}

// constants returns the values of the statuses, phases and notes of the domain.
func constants(t *testing.T, files ...string) []string {
	t.Helper()
	var values []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for node := range ast.Preorder(file) {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				continue
			}
			name := spec.Names[0].Name
			switch value := spec.Values[0].(type) {
			case *ast.BasicLit:
				if strings.HasPrefix(name, "Status") || strings.HasPrefix(name, "Phase") {
					values = append(values, literal(t, value))
				}
			case *ast.BinaryExpr: // NotePrefix + "…"
				if last, ok := value.Y.(*ast.BasicLit); ok && strings.HasPrefix(name, "Note") {
					values = append(values, taskyard.NotePrefix+literal(t, last))
				}
			}
		}
	}
	return values
}

func literal(t *testing.T, lit *ast.BasicLit) string {
	t.Helper()
	value, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
