package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/taskyard/taskyard/internal/seal"
)

// newRing has a key for each number, the current one first.
func newRing(t testing.TB, numbers ...byte) *seal.Ring {
	t.Helper()
	var keys [][seal.KeySize]byte
	for _, n := range numbers {
		keys = append(keys, [seal.KeySize]byte{n})
	}
	r, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t testing.TB, r *seal.Ring, taskID, plain string) []byte {
	t.Helper()
	out, err := r.Seal(seal.TaskSecret, taskID, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// sealedBefore is a secret of version 1: nonce and cipher text under the key itself, bound to the task alone.
func sealedBefore(t testing.TB, key byte, taskID, plain string) []byte {
	t.Helper()
	full := [seal.KeySize]byte{key}
	aead, err := chacha20poly1305.NewX(full[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 1+aead.NonceSize())
	out[0] = 1
	rand.Read(out[1:])
	return aead.Seal(out, out[1:], []byte(plain), []byte(taskID))
}

func TestASecretOpensOnlyForItsTaskPurposeAndKey(t *testing.T) {
	r := newRing(t, 1)
	secret := sealed(t, r, "task-a", "secret")
	if bytes.Contains(secret, []byte("secret")) {
		t.Fatal("the sealed bytes contain the secret")
	}
	plain, err := r.Open(seal.TaskSecret, "task-a", secret)
	if err != nil || string(plain) != "secret" {
		t.Fatalf("Open = %q, %v", plain, err)
	}
	other := sealed(t, r, "task-a", "secret")
	const head = 1 + 8 + 24 + 32 + 16 // up to where the secret itself begins
	for name, open := range map[string]func() ([]byte, error){
		"another task":    func() ([]byte, error) { return r.Open(seal.TaskSecret, "task-b", secret) },
		"another purpose": func() ([]byte, error) { return r.Open("session", "task-a", secret) },
		"another key":     func() ([]byte, error) { return newRing(t, 2, 3).Open(seal.TaskSecret, "task-a", secret) },
		"nothing":         func() ([]byte, error) { return r.Open(seal.TaskSecret, "task-a", nil) },
		"another secret's data key": func() ([]byte, error) {
			return r.Open(seal.TaskSecret, "task-a", slices.Concat(other[:head], secret[head:]))
		},
		"another version":               func() ([]byte, error) { return r.Open(seal.TaskSecret, "task-a", append([]byte{9}, secret[1:]...)) },
		"taken for the version before":  func() ([]byte, error) { return r.Open(seal.TaskSecret, "task-a", append([]byte{1}, secret[1:]...)) },
		"task and purpose run together": func() ([]byte, error) { return r.Open(seal.TaskSecret+"t", "ask-a", secret) },
	} {
		if plain, err := open(); err == nil {
			t.Errorf("%s: opened as %q", name, plain)
		}
	}
	for i := range secret {
		damaged := bytes.Clone(secret)
		damaged[i] ^= 1
		if _, err := r.Open(seal.TaskSecret, "task-a", damaged); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
		if _, err := r.Open(seal.TaskSecret, "task-a", secret[:i]); err == nil {
			t.Errorf("opened with %d bytes", i)
		}
	}
}

func TestEqualSecretsAreSealedDifferently(t *testing.T) {
	r := newRing(t, 1)
	a, b := sealed(t, r, "task-a", "secret"), sealed(t, r, "task-a", "secret")
	if bytes.Contains(b, a[9:33]) || bytes.Equal(a[len(a)-22:], b[len(b)-22:]) {
		t.Error("two secrets share a nonce or a cipher text")
	}
}

func TestAnOlderKeyOpensAndTheCurrentOneSeals(t *testing.T) {
	old, both := newRing(t, 1), newRing(t, 2, 1)
	before := sealed(t, old, "t", "x")
	for name, secret := range map[string][]byte{"under the older key": before, "of the version before": sealedBefore(t, 1, "t", "x"), "under the current key": sealed(t, both, "t", "x")} {
		plain, err := both.Open(seal.TaskSecret, "t", secret)
		if err != nil || string(plain) != "x" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if _, err := old.Open(seal.TaskSecret, "t", sealed(t, both, "t", "x")); err == nil || !strings.Contains(err.Error(), string(both.Current())) {
		t.Errorf("what the new key sealed: %v", err)
	}
}

func TestRewrappingMovesASecretToTheCurrentKey(t *testing.T) {
	old, both, after := newRing(t, 1), newRing(t, 2, 1), newRing(t, 2)
	before := sealed(t, old, "t", "x")
	for name, secret := range map[string][]byte{"of this version": before, "of the version before": sealedBefore(t, 1, "t", "x")} {
		if id, ours := both.SealedBy(seal.TaskSecret, "t", secret); !ours || id != old.Current() {
			t.Errorf("%s: sealed by %s, %t", name, id, ours)
		}
		again, changed, err := both.Rewrap(seal.TaskSecret, "t", secret)
		if err != nil || !changed {
			t.Fatalf("%s: %t, %v", name, changed, err)
		}
		if plain, err := after.Open(seal.TaskSecret, "t", again); err != nil || string(plain) != "x" {
			t.Errorf("%s: the new key alone opens %q, %v", name, plain, err)
		}
		if _, err := old.Open(seal.TaskSecret, "t", again); err == nil {
			t.Errorf("%s: the old key still opens it", name)
		}
		if id, ours := after.SealedBy(seal.TaskSecret, "t", again); !ours || id != after.Current() {
			t.Errorf("%s: then sealed by %s, %t", name, id, ours)
		}
		if _, changed, err := both.Rewrap(seal.TaskSecret, "t", again); changed || err != nil {
			t.Errorf("%s: a second time: %t, %v", name, changed, err)
		}
		if _, _, err := both.Rewrap(seal.TaskSecret, "another", secret); err == nil {
			t.Errorf("%s: rewrapped for another task", name)
		}
		if _, _, err := after.Rewrap(seal.TaskSecret, "t", secret); err == nil {
			t.Errorf("%s: rewrapped without the key that opens it", name)
		}
	}
	if again, _, _ := both.Rewrap(seal.TaskSecret, "t", before); !bytes.Equal(again[81:], before[81:]) {
		t.Error("the secret itself was sealed anew")
	}
	if id, ours := after.SealedBy(seal.TaskSecret, "t", before); ours || id != old.Current() {
		t.Errorf("a key that is gone is told as %s, %t", id, ours)
	}
}

func TestRings(t *testing.T) {
	r := newRing(t, 1)
	renewed, err := r.Renew()
	if err != nil || len(renewed.IDs()) != 2 || renewed.IDs()[1] != r.Current() || renewed.Current() == r.Current() {
		t.Fatalf("renewed: %v, %v", renewed.IDs(), err)
	}
	alone := renewed.Without(func(seal.ID) bool { return true })
	if ids := alone.IDs(); len(ids) != 1 || ids[0] != renewed.Current() {
		t.Errorf("without the others: %v", ids)
	}
	if _, err := newRing(t, 1, 2, 3, 4, 5, 6, 7, 8).Renew(); err == nil {
		t.Error("a ring grows without end")
	}
	if id := seal.FingerprintID(r.Fingerprints()[0]); id != r.Current() || len(id) != 16 {
		t.Errorf("the id %s of %s", id, r.Current())
	}
}

func TestKeysOfTheEnvironment(t *testing.T) {
	key := func(n byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{n}, seal.KeySize)) }
	r, err := seal.Parse(key(1) + ", " + key(2))
	if err != nil || len(r.IDs()) != 2 {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ text, want string }{
		"nothing":      {"", "key 1 of 1 cannot be read"},
		"a slip":       {key(1) + "," + key(2)[1:], "key 2 of 2 cannot be read"},
		"an end comma": {key(1) + ",", "key 2 of 2 cannot be read"},
		"twice":        {key(1) + "," + key(2) + "," + key(1), "key 3 of 3 is there twice"},
		"too many":     {strings.Repeat(key(1)+",", seal.MaxKeys) + key(2), "at most 8"},
	} {
		_, err := seal.Parse(row.text)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), key(2)[1:20]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	r := newRing(t, 77)
	type holder struct{ ring *seal.Ring }
	var shown bytes.Buffer
	for _, v := range []any{r, *r, holder{r}, []*seal.Ring{r}} {
		fmt.Fprintf(&shown, "%v %+v %#v %s %x %d\n", v, v, v, v, v, v)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("said", "ring", v)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	for _, trace := range []string{"77 0", "0x4d", "4d00", "M\x00", base64.StdEncoding.EncodeToString([]byte{77, 0, 0})} {
		if strings.Contains(shown.String(), trace) {
			t.Errorf("printed as %q", shown.String())
		}
	}
}

func FuzzOpen(f *testing.F) {
	r := newRing(f, 1, 2)
	f.Add(sealed(f, r, "t", "x"))
	f.Add(sealedBefore(f, 2, "t", "x"))
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, secret []byte) {
		plain, err := r.Open(seal.TaskSecret, "t", secret)
		if err == nil && string(plain) != "x" {
			t.Errorf("forged: %q", plain)
		}
		if _, ours := r.SealedBy(seal.TaskSecret, "t", secret); err == nil && !ours {
			t.Error("it opens, and is said not to be ours")
		}
		if _, _, again := r.Rewrap(seal.TaskSecret, "t", secret); err == nil && again != nil {
			t.Error(again)
		}
	})
}
