//go:build docs

package docstest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/app"
)

// address is the server that docs/api.md speaks of.
const address = "http://127.0.0.1:8080"

// The commands of docs/api.md run in one shell in their order, as a reader types them, against a server whose time
// runs fast. What each prints is held against the block behind it.
func TestCommandsOfTheAPIDocumentDoWhatItSays(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v; install it, or run make test, which does", err)
		}
	}
	all := blocks(readDocument(t, "docs/api.md"))
	printed := run(t, all, startServer(t))
	n := 0
	for i, b := range all {
		if b.kind != "sh" {
			continue
		}
		n++
		if i+1 < len(all) && all[i+1].kind != "sh" && all[i+1].line <= b.next+2 {
			expect(t, all[i+1], printed[b.line])
		}
	}
	if n < 15 {
		t.Errorf("only %d commands were found", n)
	}
}

// startServer starts a server like that of taskyard demo and returns its address.
func startServer(t *testing.T) string {
	t.Helper()
	var log bytes.Buffer
	a, err := app.Start(t.Context(), app.Config{
		Addr: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "docs.db"), Synchronous: "normal",
		Upstream: "https://api.parallel.ai", Simulator: true, SimulatorFirst: true, SimulatorScale: 1000, SimulatorSeed: 1,
		DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Version: "docs", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})
	return a.URL()
}

// mark separates what the commands of one block print from those of the next.
const mark = "=== docs/api.md:%d\n"

// run runs the commands and returns what those of each block printed, by the block's line.
func run(t *testing.T, all []block, url string) map[int]string {
	t.Helper()
	var script strings.Builder
	script.WriteString("set -u\n")
	for _, b := range all {
		if b.kind == "sh" {
			fmt.Fprintf(&script, "printf '\\n"+strings.TrimSuffix(mark, "\n")+"\\n'\n%s", b.line, strings.ReplaceAll(b.text, address, url))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-c", script.String())
	shell.Env = append(os.Environ(), "no_proxy=127.0.0.1")
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	out, err := shell.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%v\n%s\nprinted %s", err, stderr.String(), out)
	}
	printed := make(map[int]string)
	for _, b := range all {
		if b.kind == "sh" {
			_, text, _ := strings.Cut(string(out), "\n"+fmt.Sprintf(mark, b.line))
			text, _, _ = strings.Cut(text, "\n=== docs/api.md:")
			printed[b.line] = strings.ReplaceAll(text, "\r", "")
		}
	}
	return printed
}

// expect holds what was printed against a block in which … stands for anything.
func expect(t *testing.T, b block, printed string) {
	t.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(b.text)), "…", "(?s:.*)")
	if !regexp.MustCompile(`\A` + pattern + `\z`).MatchString(strings.TrimSpace(printed)) {
		t.Errorf("docs/api.md:%d says\n%s\nand the command prints\n%s", b.line, b.text, printed)
	}
}

// Every route has its place in the document, with a command, and no other is in it.
func TestEveryRouteIsInTheAPIDocument(t *testing.T) {
	text := readDocument(t, "docs/api.md")
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(readDocument(t, "internal/httpapi/openapi.json")), &doc); err != nil {
		t.Fatal(err)
	}
	routes := 0
	for path, methods := range doc.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			routes++
			_, section, found := strings.Cut(text, "\n### `"+strings.ToUpper(method)+" "+path+"`\n")
			section, _, _ = strings.Cut(section, "\n#")
			if !found || !strings.Contains(section, fence+"sh\n") {
				t.Errorf("%s %s has no heading with a command", strings.ToUpper(method), path)
			}
		}
	}
	if headings := strings.Count(text, "\n### "); headings != routes {
		t.Errorf("the document has %d routes, the server %d", headings, routes)
	}
}
