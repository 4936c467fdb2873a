package seal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/taskyard/taskyard/internal/seal"
)

func newSealer(b byte) *seal.Sealer { return seal.New([seal.KeySize]byte{b}) }

func TestASecretOpensOnlyForItsTaskAndKey(t *testing.T) {
	s := newSealer(1)
	sealed, err := s.Seal("task-a", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("secret")) {
		t.Fatal("the sealed bytes contain the secret")
	}
	plain, err := s.Open("task-a", sealed)
	if err != nil || string(plain) != "secret" {
		t.Fatalf("Open = %q, %v", plain, err)
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another task":    func() ([]byte, error) { return s.Open("task-b", sealed) },
		"another key":     func() ([]byte, error) { return newSealer(2).Open("task-a", sealed) },
		"a damaged byte":  func() ([]byte, error) { return s.Open("task-a", damaged) },
		"cut short":       func() ([]byte, error) { return s.Open("task-a", sealed[:10]) },
		"nothing":         func() ([]byte, error) { return s.Open("task-a", nil) },
		"another version": func() ([]byte, error) { return s.Open("task-a", append([]byte{9}, sealed[1:]...)) },
	} {
		if plain, err := open(); err == nil {
			t.Errorf("%s: opened as %q", name, plain)
		}
	}
}

func TestTheKeyFileIsMadeOnceAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	var sealers [8]*seal.Sealer
	var wg sync.WaitGroup
	for i := range sealers {
		wg.Go(func() {
			s, err := seal.LoadOrCreate(path)
			if err != nil {
				t.Error(err)
			}
			sealers[i] = s
		})
	}
	wg.Wait()
	sealed, err := sealers[0].Seal("t", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sealers {
		if _, err := s.Open("t", sealed); err != nil {
			t.Errorf("start %d has another key: %v", i, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".seal-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestABadKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"not base64":         {"%%%", 0o600},
		"too short":          {"AAAA", 0o600},
		"readable by others": {"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", 0o644},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(tc.text), tc.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.LoadOrCreate(path); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			t.Log(err)
		}
	}
	if _, err := seal.LoadOrCreate(filepath.Join(dir, "missing", "seal.key")); err == nil {
		t.Error("a missing folder: accepted")
	}
}

func TestTheKeyIsNotPrinted(t *testing.T) {
	s := newSealer(77)
	if got := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); bytes.Contains([]byte(got), []byte("77")) || bytes.Contains([]byte(got), []byte("4d")) {
		t.Errorf("printed as %q", got)
	}
}
