package webui

import (
	"bytes"
	"compress/gzip"
	"path"
	"testing"
)

// scriptBudget bounds what all scripts of the pages weigh, each compressed by itself.
const scriptBudget = 80 << 10

func TestScriptsFitTheirBudget(t *testing.T) {
	byURL, err := readAssets(embedded)
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	for _, name := range sortedKeys(byURL) {
		if path.Ext(name) != ".js" {
			continue
		}
		w := gzip.NewWriter(&zipped)
		if _, err := w.Write(byURL[name]); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if zipped.Len() == 0 || zipped.Len() > scriptBudget {
		t.Errorf("the scripts are %d bytes, compressed; they may be %d", zipped.Len(), scriptBudget)
	}
}
