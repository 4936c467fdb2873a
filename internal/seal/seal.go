// Package seal keeps secrets unreadable at rest: API keys, MCP header values, webhook addresses. A sealed
// secret opens only with the server's key and for the task that it was sealed for.
package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the size of the server's key in bytes.
const KeySize = chacha20poly1305.KeySize

// version begins each sealed secret, so that another cipher or key can follow.
const version = 1

// Sealer seals and opens secrets with one key. XChaCha20-Poly1305 is chosen for its 24-byte nonce: random
// nonces stay safe for any number of tasks.
type Sealer struct{ key [KeySize]byte }

// New returns a sealer with this key.
func New(key [KeySize]byte) *Sealer { return &Sealer{key: key} }

// String keeps the key out of logs.
func (*Sealer) String() string { return "seal.Sealer" }

// GoString keeps the key out of %#v.
func (*Sealer) GoString() string { return "seal.Sealer" }

// Fingerprint tells keys apart, and nothing else of them.
func (s *Sealer) Fingerprint() []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte("taskyard seal key 1"))
	return h.Sum(nil)
}

// Seal encrypts plain for the task with this id.
func (s *Sealer) Seal(taskID string, plain []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	out[0] = version
	nonce := out[1:]
	rand.Read(nonce)
	return aead.Seal(out, nonce, plain, []byte(taskID)), nil
}

// Open decrypts what Seal made for the same task with the same key.
func (s *Sealer) Open(taskID string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		return nil, fmt.Errorf("open seal: %w", err)
	}
	if len(sealed) < 1+aead.NonceSize() || sealed[0] != version {
		return nil, errors.New("open seal: not a sealed secret of this version")
	}
	plain, err := aead.Open(nil, sealed[1:1+aead.NonceSize()], sealed[1+aead.NonceSize():], []byte(taskID))
	if err != nil {
		return nil, errors.New("open seal: sealed with another key, or damaged")
	}
	return plain, nil
}

// ParseKey reads a key as standard base64 of KeySize bytes.
func ParseKey(text string) (*Sealer, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != KeySize {
		return nil, fmt.Errorf("a seal key is %d bytes in base64, as printed by: head -c %d /dev/urandom | base64", KeySize, KeySize)
	}
	return New([KeySize]byte(raw)), nil
}

// LoadOrCreate reads the key from a file, or makes the file, readable by its owner alone, at the first start.
func LoadOrCreate(path string) (*Sealer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read seal key: %w", err)
	}
	if err := checkMode(path); err != nil {
		return nil, err
	}
	s, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("seal key file %s: %w", path, err)
	}
	return s, nil
}

// checkMode refuses a key that other users of the machine can read.
func checkMode(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read seal key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("seal key file %s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	return nil
}

// create writes a new key beside its final name and links it there, so that a crash leaves no half a key and of
// two starts at once one wins.
func create(path string) (*Sealer, error) {
	var key [KeySize]byte
	rand.Read(key[:])
	tmp, err := os.CreateTemp(filepath.Dir(path), ".seal-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("create seal key: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return nil, fmt.Errorf("create seal key: %w", err)
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return LoadOrCreate(path)
	} else if err != nil {
		return nil, fmt.Errorf("create seal key: %w", err)
	}
	return New(key), nil
}
