// Package docstest holds the documents to the code: links lead somewhere, tables equal what they describe, and
// commands run. The commands of docs/api.md need curl and a server, and run behind the build tag docs.
package docstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the module's folder, seen from this one.
const root = "../.."

// readDocument returns a document by its path from the root.
func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents returns all documents by their paths from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata"):
			return fs.SkipDir
		case !entry.IsDir() && strings.HasSuffix(name, ".md"):
			all[filepath.ToSlash(name)] = readDocument(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("found only %d documents", len(all))
	}
	return all
}

// block is a fenced block of a document.
type block struct {
	line int // of its first line, from 1
	kind string
	text string
	next int // line behind the closing fence
}

const fence = "```"

// blocks returns the fenced blocks of a document in their order.
func blocks(text string) []block {
	var all []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		switch {
		case open == nil && strings.HasPrefix(line, fence):
			open = &block{line: i + 2, kind: strings.TrimPrefix(line, fence)}
		case open != nil && line == fence:
			open.next = i + 2
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return all
}

// prose returns a document without its fenced blocks, line for line.
func prose(text string) string {
	var kept []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, fence) {
			inside = !inside
			line = ""
		}
		if inside {
			line = ""
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// rows returns the cells of the table whose head is this line.
func rows(t *testing.T, text, head string) [][]string {
	t.Helper()
	_, table, found := strings.Cut(text, head+"\n")
	if !found {
		t.Fatalf("there is no table with the head %s", head)
	}
	var all [][]string
	for i, line := range strings.Split(table, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if i == 0 { // | --- | --- |
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		all = append(all, cells)
	}
	return all
}
