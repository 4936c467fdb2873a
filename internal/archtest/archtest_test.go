// Package archtest holds the import rules of this module. They are the two tables of table_test.go: the first says
// which layers may know which, the second what each package imports.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/taskyard/taskyard"

// root is the module's folder, seen from this one.
const root = "../.."

// imports are what a folder's files import besides the standard library.
type imports struct{ code, tests []string }

// readImports reads the files of every package, those behind build constraints too. It reads them itself instead
// of asking the go command, so that the go command knows what this test depends on and does not keep its answer
// when a file changes.
func readImports(t *testing.T) map[string]imports {
	t.Helper()
	found := make(map[string]imports)
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skip(name, entry.Name())
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		of := found[folder]
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if strings.HasSuffix(name, "_test.go") {
				of.tests = add(of.tests, imported)
			} else {
				of.code = add(of.code, imported)
			}
		}
		if !strings.HasSuffix(name, "_test.go") && of.code == nil {
			of.code = []string{} // code that imports nothing is code too
		}
		found[folder] = of
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// skip leaves out what the go command leaves out of ./... as well: hidden folders, test data and other modules.
func skip(name, base string) error {
	if name == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules" || err == nil {
		return fs.SkipDir
	}
	return nil
}

// add adds an import unless it is of the standard library, whose paths have no dot in their first part.
func add(list []string, imported string) []string {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") || slices.Contains(list, imported) {
		return list
	}
	return append(list, imported)
}

// ownPackage returns the folder of a package of this module.
func ownPackage(imported string) (folder string, own bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func TestEachPackageImportsWhatTheTableSaysAndNothingElse(t *testing.T) {
	found := readImports(t)
	for folder, of := range found {
		rule, listed := packages[folder]
		switch {
		case of.code == nil: // tests alone
		case !listed:
			t.Errorf("%s is not in the table: give it a layer, and say what it may import", folder)
		default:
			compare(t, folder, of.code, rule)
		}
	}
	for folder := range packages {
		if found[folder].code == nil {
			t.Errorf("%s is in the table and not in the tree", folder)
		}
	}
}

// compare holds the imports of a package against its rule.
func compare(t *testing.T, folder string, imported []string, r rule) {
	t.Helper()
	own, modules := make(map[string]bool), make(map[string]bool)
	for _, p := range imported {
		if name, isOwn := ownPackage(p); isOwn {
			own[name] = true
			continue
		}
		modules[moduleOf(p, r.modules)] = true
	}
	for kind, pair := range map[string][2][]string{
		"package": {sorted(own), r.own}, "module": {sorted(modules), r.modules},
	} {
		got, want := pair[0], pair[1]
		for _, name := range got {
			if !slices.Contains(want, name) {
				t.Errorf("%s imports the %s %s, which the table does not let it", folder, kind, name)
			}
		}
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%s no longer imports the %s %s: take it out of the table", folder, kind, name)
			}
		}
	}
}

// moduleOf returns the module that a package belongs to: the longest of those known, or else its own path.
func moduleOf(imported string, known []string) string {
	longest := ""
	for _, m := range known {
		if (imported == m || strings.HasPrefix(imported, m+"/")) && len(m) > len(longest) {
			longest = m
		}
	}
	if longest == "" {
		return imported
	}
	return longest
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

func TestTheTableKeepsToItsLayers(t *testing.T) {
	for folder, r := range packages {
		allowed, known := mayImport[r.layer]
		if !known {
			t.Errorf("%s has the unknown layer %q", folder, r.layer)
		}
		for _, other := range r.own {
			if !slices.Contains(allowed, packages[other].layer) {
				t.Errorf("%s (%s) must not import %s (%s)", folder, r.layer, other, packages[other].layer)
			}
		}
		if (r.layer == domain || r.layer == client) && len(r.modules) > 0 {
			t.Errorf("%s (%s) is for others to import: it has the standard library alone", folder, r.layer)
		}
	}
}

// Who copies a public package copies its tests. They run without the rest of this module.
func TestTestsOfPublicPackagesNeedNothingInternal(t *testing.T) {
	for folder, of := range readImports(t) {
		if folder != "." && !strings.HasPrefix(folder, "parallel") {
			continue
		}
		for _, imported := range of.tests {
			if own, _ := ownPackage(imported); strings.HasPrefix(own, "internal/") || strings.HasPrefix(own, "cmd/") {
				t.Errorf("a test in %s imports %s", folder, own)
			}
		}
	}
}
