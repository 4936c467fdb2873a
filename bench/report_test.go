package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// root is the module's folder, seen from this one.
const root = ".."

// The document and its plots are what the harness makes of the figures that are kept: nobody has edited them.
func TestDocumentIsMadeOfTheResults(t *testing.T) {
	made := t.TempDir()
	if err := os.MkdirAll(filepath.Join(made, filepath.Dir(documentPath)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeReport("results.json", made); err != nil {
		t.Fatal(err)
	}
	files := []string{documentPath}
	for _, folder := range []string{made, root} { // none may lack, and none may be left over
		plots, err := filepath.Glob(filepath.Join(folder, plotFolder, "*"))
		if err != nil || len(plots) == 0 {
			t.Fatalf("%d plots (%v)", len(plots), err)
		}
		for _, p := range plots {
			files = append(files, filepath.Join(plotFolder, filepath.Base(p)))
		}
	}
	for _, name := range files {
		want, err := os.ReadFile(filepath.Join(made, name))
		if err != nil {
			t.Errorf("%s is not made any more: remove it", name)
			continue
		}
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what go run ./bench -report bench/results.json makes (%v)", name, err)
		}
	}
}
