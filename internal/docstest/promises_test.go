package docstest

import (
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// promises are the documents that say what the code holds, and where.
var promises = []string{"SECURITY.md", "docs/security-findings.md", "docs/asvs.md"}

// What such a document names in code.
var (
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	testName = regexp.MustCompile(`^(?:Test|Fuzz)[A-Z]\w*$`)
	filePath = regexp.MustCompile(`^(?:[\w.-]+(?:/[\w.-]+)+|Makefile|go\.mod|go\.sum|\.[a-z.]+)$`)
	codeName = regexp.MustCompile(`^([a-z]+)\.(\w+)(?:\.(\w+))?$`)
)

// Each test, file, function, type and constant that the promises name is there, so that none of them outlives what kept it.
func TestWhatThePromisesNameIsThere(t *testing.T) {
	tests, code := testNames(t), newSource()
	for _, document := range promises {
		found := 0
		for i, line := range strings.Split(prose(readDocument(t, document)), "\n") {
			for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
				fault, isName := missing(code, tests, span[1])
				if isName {
					found++
				}
				if fault != "" {
					t.Errorf("%s:%d: %s: %s", document, i+1, span[1], fault)
				}
			}
		}
		if found < 15 {
			t.Errorf("%s: only %d names were found", document, found)
		}
	}
}

// missing returns what is wrong with a name, and whether it is one of those that are looked up.
func missing(code *source, tests map[string]bool, name string) (fault string, isName bool) {
	switch parts := codeName.FindStringSubmatch(name); {
	case testName.MatchString(name):
		if !tests[name] {
			return "there is no such test", true
		}
	case filePath.MatchString(name):
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			return "there is no such file", true
		}
	case len(parts) > 0 && folders[parts[1]] != "":
		return code.lacks(parts[1], parts[2], parts[3]), true
	default:
		return "", false
	}
	return "", true
}

// lacks returns why a package has no such name, or no such member of it.
func (s *source) lacks(in, name, member string) string {
	p, err := s.load(folders[in])
	if err != nil {
		return err.Error()
	}
	object := p.Scope().Lookup(name)
	if object == nil {
		return "the package has no such name"
	}
	if member == "" {
		return ""
	}
	if found, _, _ := types.LookupFieldOrMethod(object.Type(), true, p.Package, member); found == nil {
		return "the type has no such member"
	}
	return ""
}

func TestNamesThatAreGoneAreMissed(t *testing.T) {
	code, tests := newSource(), testNames(t)
	for name, there := range map[string]bool{
		"TestNamesThatAreGoneAreMissed": true, "TestNobodyWroteThis": false, "FuzzNobodyWroteThis": false,
		"internal/docstest/promises_test.go": true, "internal/docstest/nothing.go": false, "Makefile": true, ".nothing": false,
		"access.Door.Handler": true, "access.Door.Nothing": false, "access.MinOperatorToken": true, "webui.nothing": false,
	} {
		if fault, isName := missing(code, tests, name); !isName || (fault == "") != there {
			t.Errorf("%s: %q, looked up: %v", name, fault, isName)
		}
	}
	for _, name := range []string{"no-store", "default-src 'none'", "/healthz", "--access", "Object.prototype"} {
		if _, isName := missing(code, tests, name); isName {
			t.Errorf("%s is looked up", name)
		}
	}
}

var testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)

// testNames are the tests and fuzz targets of the module, also of those behind build tags.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllSubmatch(text, -1) {
			all[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each point of levels 1 and 2 of the ASVS is answered in one row: met, not met, or of no concern.
func TestEveryPointOfTheASVSIsAnswered(t *testing.T) {
	levels := asvs(t)
	answered := make(map[string]int)
	for line := range strings.SplitSeq(readDocument(t, "docs/asvs.md"), "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		if !strings.HasPrefix(line, "| ") || cell == "" || cell[0] < '0' || cell[0] > '9' {
			continue
		}
		for part := range strings.SplitSeq(cell, ", ") {
			for _, point := range pointsOf(t, part) {
				if levels[point] != '1' && levels[point] != '2' {
					t.Errorf("%s is no point of level 1 or 2", point)
				}
				answered[point]++
			}
		}
	}
	for _, point := range slices.Sorted(maps.Keys(levels)) {
		if level := levels[point]; level != '3' && answered[point] != 1 {
			t.Errorf("%s, of level %c, is answered %d times", point, level, answered[point])
		}
	}
}

// asvs are the levels of all points.
func asvs(t *testing.T) map[string]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/asvs-5.0.0.txt")
	if err != nil {
		t.Fatal(err)
	}
	levels := make(map[string]byte)
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if section, all, found := strings.Cut(line, " "); found && section != "#" {
			for i := range len(all) {
				levels[section+"."+strconv.Itoa(i+1)] = all[i]
			}
		}
	}
	if len(levels) != 345 { // as many as the standard has
		t.Fatalf("there are %d points", len(levels))
	}
	return levels
}

// pointsOf reads 1.2.3, or 1.2.3 to 1.2.5.
func pointsOf(t *testing.T, text string) []string {
	t.Helper()
	first, last, isRange := strings.Cut(text, " to ")
	if !isRange {
		return []string{text}
	}
	dot := strings.LastIndexByte(first, '.')
	from, err := strconv.Atoi(first[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	to, err := strconv.Atoi(strings.TrimPrefix(last, first[:dot+1]))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := from; n <= to; n++ {
		all = append(all, first[:dot+1]+strconv.Itoa(n))
	}
	return all
}
