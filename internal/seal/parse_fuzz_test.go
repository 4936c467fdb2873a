package seal_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/seal"
)

// Whatever is given as keys, in the environment or a file, it is a ring within its bounds, or an error that shows none of it.
func FuzzParse(f *testing.F) {
	key := func(b byte) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(b), seal.KeySize)))
	}
	for _, text := range []string{
		key(1), key(1) + "," + key(2), key(1) + "," + key(1), key(1)[:40], strings.Repeat(key(3)+",", 9), " " + key(4) + "\n", key(1) + "\n\n" + key(2), "", ",", strings.TrimRight(key(5), "=") + "A", "\x00\xff", key(6) + "\r\n" + key(7) + "\r\n",
	} {
		f.Add(text)
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(folder, "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fromText, err := seal.Parse(text)
		checkRing(t, text, fromText, err)
		fromFile, err := seal.Load(path)
		checkRing(t, text, fromFile, err)
		if err != nil {
			return
		}
		if err := fromFile.Replace(path); err != nil {
			t.Fatal(err)
		}
		if again, err := seal.Load(path); err != nil || !slices.Equal(again.IDs(), fromFile.IDs()) {
			t.Errorf("%q is written so that it is another ring: %v", text, err)
		}
	})
}

func checkRing(t *testing.T, text string, ring *seal.Ring, err error) {
	t.Helper()
	if err == nil {
		ids := ring.IDs()
		slices.Sort(ids)
		if n := len(ids); n == 0 || n > seal.MaxKeys || len(slices.Compact(ids)) != n {
			t.Errorf("%q is a ring of %q", text, ids)
		}
		return
	}
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(", \r\n\t", c) }) {
		if len(word) > 20 && strings.Contains(err.Error(), word) {
			t.Errorf("%q is refused with %v", text, err)
		}
	}
}
