package seal_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/taskyard/taskyard/internal/seal"
)

func TestTheKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	var rings [8]*seal.Ring
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			r, err := seal.LoadOrCreate(path)
			if err != nil {
				t.Error(err)
			}
			rings[i] = r
		})
	}
	wg.Wait()
	secret := sealed(t, rings[0], "t", "x")
	for i, r := range rings {
		if _, err := r.Open(seal.TaskSecret, "t", secret); err != nil {
			t.Errorf("start %d has another key: %v", i, err)
		}
	}
	checkPrivate(t, path)
}

// checkPrivate sees that a key file is its owner's alone, and that nothing is left beside it.
func checkPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".seal-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFileOfSeveralKeysIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	first, err := seal.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	renewed, err := first.Renew()
	if err == nil {
		err = renewed.Replace(link)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		read, err := seal.Load(name)
		if err != nil || !slices.Equal(read.IDs(), renewed.IDs()) {
			t.Errorf("%s: %v, %v; want %v", name, read.IDs(), err, renewed.IDs())
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is none any more")
	}
	checkPrivate(t, path)
	if err := renewed.Replace(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("a file that is not there is replaced")
	}
}

func TestBlankLinesAreNoKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	key := base64.StdEncoding.EncodeToString(make([]byte, seal.KeySize))
	if err := os.WriteFile(path, []byte("\n"+key+"\r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := seal.Load(path); err != nil || len(r.IDs()) != 1 {
		t.Error(err)
	}
}

func TestABadKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	key := func(n byte) string {
		return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, seal.KeySize)) + "\n"
	}
	for name, row := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"not base64":         {"%%%", 0o600, "key 1 of 1 cannot be read"},
		"too short":          {key(1) + "AAAA", 0o600, "key 2 of 2 cannot be read"},
		"readable by others": {key(1), 0o644, "chmod 600"},
		"empty":              {"\n", 0o600, "is empty"},
		"twice the same":     {key(1) + key(2) + key(2), 0o600, "key 3 of 3 is there twice"},
		"too many":           {key(1) + key(2) + key(3) + key(4) + key(5) + key(6) + key(7) + key(8) + key(9), 0o600, "at most 8"},
		"another file":       {strings.Repeat("x", 1<<20), 0o600, "is over 4096 bytes"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(row.text), row.mode); err != nil {
			t.Fatal(err)
		}
		_, err := seal.LoadOrCreate(path)
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != row.text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	for name, path := range map[string]string{"a missing folder": filepath.Join(dir, "missing", "seal.key"), "a folder": dir} {
		if _, err := seal.LoadOrCreate(path); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
