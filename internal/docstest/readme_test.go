package docstest

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/cli"
)

// firstScreen is how many lines of the README are seen without scrolling, about.
const firstScreen = 30

// The two commands that a newcomer needs stand at the top, and exist.
func TestReadmeBeginsWithTheTwoCommands(t *testing.T) {
	lines := strings.Split(readDocument(t, "README.md"), "\n")
	top := strings.Join(lines[:min(firstScreen, len(lines))], "\n")
	for _, command := range []string{"go run ./cmd/taskyard demo", "make test"} {
		if !strings.Contains(top, "\n"+command) {
			t.Errorf("%q is not among the first %d lines", command, firstScreen)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "cmd", "taskyard", "main.go")); err != nil {
		t.Error(err)
	}
	if code := cli.Run([]string{"demo", "--help"}, io.Discard, io.Discard); code != 0 {
		t.Errorf("demo --help exits with %d", code)
	}
}

// makeTarget finds `make x` where it is told as a command: at the beginning of a line, or in code.
var makeTarget = regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z-]*)")

func TestMakeTargetsThatTheDocumentsNameExist(t *testing.T) {
	makefile := readDocument(t, "Makefile")
	for name, text := range documents(t) {
		for _, match := range makeTarget.FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`(?m)^` + match[1] + `:`).MatchString(makefile) {
				t.Errorf("%s names make %s, which the Makefile does not have", name, match[1])
			}
		}
	}
}
