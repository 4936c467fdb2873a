package docstest

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const dependenciesDocument = "docs/dependencies.md"

// The tables of the document, by their heads.
const (
	chosenHead  = "| Module | For | Why this one | Licence | Reaches |"
	broughtHead = "| Module | Brought by | For | Licence | Reaches |"
	testsHead   = "| Module | For | Why this one |"
	toolsHead   = "| Tool | Version | For | Why this one |"
	packageHead = "| Package | For |"
)

// goCommand runs the go command in the module's folder for what it says.
func goCommand(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v", strings.Join(args, " "), err)
	}
	return string(said)
}

// column returns a table's first cells without their marks as code. A row with an empty cell has no reason.
func column(t *testing.T, text, head string) []string {
	t.Helper()
	var names []string
	for _, row := range rows(t, text, head) {
		if slices.Contains(row, "") || len(row) != strings.Count(head, "|")-1 {
			t.Errorf("the row %q is not complete", row)
		}
		names = append(names, strings.Trim(row[0], "`"))
	}
	return names
}

// sameNames holds a table to what there is.
func sameNames(t *testing.T, table string, listed, there []string) {
	t.Helper()
	for _, name := range there {
		if !slices.Contains(listed, name) {
			t.Errorf("%s: the table of %s lacks %s, with its reason", dependenciesDocument, table, name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(there, name) {
			t.Errorf("%s: the table of %s has %s, which there is not", dependenciesDocument, table, name)
		}
	}
	if !slices.IsSorted(listed) && strings.HasPrefix(table, "modules") {
		t.Errorf("%s: the table of %s is not sorted", dependenciesDocument, table)
	}
}

// programModules returns the modules that are in the program on any system that it is released for.
func programModules(t *testing.T) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	for _, system := range []string{"linux", "darwin", "windows"} {
		env := []string{"GOOS=" + system, "GOARCH=amd64", "CGO_ENABLED=0"}
		for name := range strings.Lines(goCommand(t, env, "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/taskyard")) {
			if name = strings.TrimSpace(name); name != "" {
				found[name] = true
			}
		}
	}
	return found
}

func TestEveryModuleHasItsReason(t *testing.T) {
	text := readDocument(t, dependenciesDocument)
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal([]byte(goCommand(t, nil, "mod", "edit", "-json")), &file); err != nil {
		t.Fatal(err)
	}
	inProgram, chosen := programModules(t), ownImports(t)
	var direct, brought, tests []string
	for _, m := range file.Require {
		switch {
		case !inProgram[m.Path]:
			tests = append(tests, m.Path)
		case slices.ContainsFunc(chosen, func(imported string) bool { return imported == m.Path || strings.HasPrefix(imported, m.Path+"/") }):
			direct = append(direct, m.Path)
		default:
			brought = append(brought, m.Path)
		}
	}
	sameNames(t, "modules that are chosen", column(t, text, chosenHead), direct)
	sameNames(t, "modules that are brought along", column(t, text, broughtHead), brought)
	sameNames(t, "modules of tests", column(t, text, testsHead), tests)
}

// ownImports returns what the program's packages of this module import themselves.
func ownImports(t *testing.T) []string {
	t.Helper()
	said := goCommand(t, []string{"CGO_ENABLED=0"}, "list", "-deps", "-f", `{{with .Module}}{{if .Main}}{{range $.Imports}}{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, "./cmd/taskyard")
	return strings.Fields(said)
}

// licenceWords are what the text of a licence says and the others do not. BSD's two clauses are three's without that about names.
var licenceWords = map[string]string{
	"Apache-2.0":   "Apache License",
	"BSD-3-Clause": "Neither the name",
	"MIT":          "Permission is hereby granted, free of charge",
	"MPL-2.0":      "Mozilla Public License",
}

func TestLicencesAreWhatTheModulesSay(t *testing.T) {
	text := readDocument(t, dependenciesDocument)
	licences := make(map[string]string)
	for _, head := range []string{chosenHead, broughtHead} {
		for _, row := range rows(t, text, head) {
			licences[strings.Trim(row[0], "`")] = row[3]
		}
	}
	programModules(t) // has them downloaded
	modules := slices.Sorted(maps.Keys(licences))
	for line := range strings.Lines(goCommand(t, nil, append([]string{"list", "-m", "-f", "{{.Path}}\t{{.Dir}}"}, modules...)...)) {
		name, folder, _ := strings.Cut(strings.TrimSpace(line), "\t")
		words, known := licenceWords[licences[name]]
		files, err := filepath.Glob(filepath.Join(folder, "LICENSE*"))
		if err != nil || len(files) == 0 || !known {
			t.Errorf("%s: %s has the licence %q, and the files %q, %v", dependenciesDocument, name, licences[name], files, err)
			continue
		}
		licence, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(strings.Fields(string(licence)), " "), words) {
			t.Errorf("%s: the licence of %s is not %s", dependenciesDocument, name, licences[name])
		}
	}
}

func TestToolsAndPackagesHaveTheirReasons(t *testing.T) {
	text, makefile := readDocument(t, dependenciesDocument), readDocument(t, "Makefile")
	var versions []string
	for _, row := range rows(t, text, toolsHead) {
		versions = append(versions, strings.Trim(row[1], "`"))
	}
	sameNames(t, "tools", versions, matches(`(?m)^(\w+_VERSION) := v`, makefile))

	npm, debian, _ := strings.Cut(text, "## Debian packages")
	sameNames(t, "npm packages", column(t, npm, packageHead), matches(`(\S+)@\d`, definition(t, makefile, "NPM_PACKAGES")))
	sameNames(t, "Debian packages", column(t, debian, packageHead), matches(`\w+:(\S+)`, definition(t, makefile, "NEEDS")))
}

// definition returns what a variable of the Makefile is.
func definition(t *testing.T, makefile, name string) string {
	t.Helper()
	found := matches(`(?m)^`+name+` := (.*)$`, makefile)
	if len(found) != 1 {
		t.Fatalf("the Makefile has %d definitions of %s", len(found), name)
	}
	return found[0]
}

// matches returns what a pattern's only group matches.
func matches(pattern, text string) []string {
	var all []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}
