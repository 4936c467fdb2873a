package docstest

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/taskyard/taskyard/internal/cli"
)

func TestSettingsTableIsWhatServeTakes(t *testing.T) {
	table := rows(t, readDocument(t, "docs/operations.md"), "| Flag | Variable | Default | Meaning |")
	listed := make(map[string][]string)
	for _, row := range table {
		listed[strings.Trim(row[0], "`")] = row
	}
	n := 0
	cli.ServeFlags().VisitAll(func(f *pflag.Flag) {
		n++
		variable := "TASKYARD_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		initial := "`" + f.DefValue + "`"
		if f.DefValue == "" || f.DefValue == "[]" {
			initial = "none"
		}
		row := listed["--"+f.Name]
		if len(row) != 4 {
			t.Errorf("--%s is not in the table", f.Name)
			return
		}
		if row[1] != "`"+variable+"`" || row[2] != initial || row[3] == "" {
			t.Errorf("--%s is listed as %q, and is %s with the default %s", f.Name, row, variable, initial)
		}
	})
	if n != len(table) {
		t.Errorf("the table has %d flags, the command %d", len(table), n)
	}
}

// flagName finds flags of ours in prose: alone in code, or behind a command of ours.
var flagName = regexp.MustCompile("`(?:taskyard [a-z]+ )?(--[a-z][a-z-]*)")

func TestFlagsThatTheDocumentsNameExist(t *testing.T) {
	help := new(bytes.Buffer)
	for _, command := range []string{"serve", "demo", "sandbox"} {
		if code := cli.Run([]string{command, "--help"}, help, help); code != 0 {
			t.Fatalf("%s --help exits with %d", command, code)
		}
	}
	found := 0
	for name, text := range documents(t) {
		for _, match := range flagName.FindAllStringSubmatch(text, -1) {
			found++
			if !strings.Contains(help.String(), " "+match[1]+" ") {
				t.Errorf("%s names %s, which no command has", name, match[1])
			}
		}
	}
	if found == 0 {
		t.Error("no flags were found")
	}
}
