package archtest

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// keptOut are packages of the standard library that nothing imports which is shipped, each with its reason.
var keptOut = map[string]string{
	"os/exec": "the program starts no other, so no text can become a command", "plugin": "the same", "syscall/js": "the same",
	"unsafe": "memory is Go's to keep safe", "C": "the same",
	"expvar": "what is for debugging is not served", "net/http/pprof": "the same", "net/http/httptest": "the same",
	"crypto/md5": "it is broken", "crypto/sha1": "the same", "crypto/des": "the same", "crypto/rc4": "the same", "math/rand": "what it gives can be guessed",
	"encoding/gob": "what it reads chooses the types", "encoding/xml": "no XML is read",
}

func TestWhatIsShippedDoesWithoutWhatIsDangerous(t *testing.T) {
	read := 0
	for folder, r := range packages {
		if r.layer == harness || r.layer == testkit {
			continue
		}
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			name := entry.Name()
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, folder, name), nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			read++
			for _, spec := range file.Imports {
				if imported, err := strconv.Unquote(spec.Path.Value); err != nil || keptOut[imported] != "" {
					t.Errorf("%s/%s imports %s: %s (%v)", folder, name, imported, keptOut[imported], err)
				}
			}
		}
	}
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}
