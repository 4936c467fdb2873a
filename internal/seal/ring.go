package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/taskyard/taskyard"
)

// MaxKeys is how many keys a ring may hold.
const MaxKeys = 8

// idSize is that of an id, in bytes.
const idSize = 8

// ID names a master key: 16 hexadecimal digits that follow from it and say nothing else of it.
type ID string

// Ring is the master keys of a server: the current one, which seals, and older ones, which only open.
type Ring struct {
	taskyard.Unprintable
	keys []*masterKey // at least one; the first is the current one
}

// masterKey wraps data keys.
type masterKey struct {
	taskyard.Unprintable
	material    taskyard.Hidden // the bytes of the key
	fingerprint [sha256.Size]byte
	id          ID
}

// New returns a ring of these keys, the current one first.
func New(keys ...[KeySize]byte) (*Ring, error) {
	if len(keys) == 0 {
		return nil, errors.New("there is no seal key")
	}
	if len(keys) > MaxKeys {
		return nil, fmt.Errorf("there are %d seal keys; a ring has at most %d", len(keys), MaxKeys)
	}
	r := &Ring{}
	for i, key := range keys {
		k := newKey(key)
		if r.find(k.id) != nil {
			return nil, fmt.Errorf("seal key %d of %d is there twice", i+1, len(keys))
		}
		r.keys = append(r.keys, k)
	}
	return r, nil
}

// Parse reads a ring as it is in an environment variable: keys in base64, separated by commas, the current one first.
func Parse(text string) (*Ring, error) { return parse(strings.Split(text, ",")) }

// parse reads one key from each part. What is wrong is told by its place: it may be a key with a slip.
func parse(parts []string) (*Ring, error) {
	if len(parts) > MaxKeys {
		return nil, fmt.Errorf("there are %d seal keys; a ring has at most %d", len(parts), MaxKeys)
	}
	var keys [][KeySize]byte
	for i, part := range parts {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(part))
		if err != nil || len(raw) != KeySize {
			return nil, fmt.Errorf("seal key %d of %d cannot be read: a seal key is %d bytes in base64, as printed by: head -c %d /dev/urandom | base64", i+1, len(parts), KeySize, KeySize)
		}
		keys = append(keys, [KeySize]byte(raw))
	}
	return New(keys...)
}

func newKey(key [KeySize]byte) *masterKey {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("taskyard seal key 1"))
	k := &masterKey{material: taskyard.Hide(string(key[:])), fingerprint: [sha256.Size]byte(mac.Sum(nil))}
	k.id = FingerprintID(k.fingerprint[:])
	return k
}

func (k *masterKey) aead() (cipher.AEAD, error) {
	return chacha20poly1305.NewX([]byte(k.material.Reveal()))
}

// Current is the id of the key that seals.
func (r *Ring) Current() ID { return r.keys[0].id }

// IDs are the ids of all keys, the current one first.
func (r *Ring) IDs() []ID {
	var ids []ID
	for _, k := range r.keys {
		ids = append(ids, k.id)
	}
	return ids
}

// Fingerprints tell the keys apart, and nothing else of them: in the order of IDs.
func (r *Ring) Fingerprints() [][]byte {
	var all [][]byte
	for _, k := range r.keys {
		all = append(all, k.fingerprint[:])
	}
	return all
}

// FingerprintID is the id of the key with this fingerprint.
func FingerprintID(fingerprint []byte) ID {
	return ID(hex.EncodeToString(fingerprint[:min(idSize, len(fingerprint))]))
}

// Pseudonym is a name for something that must not be stored. It is the same for as long as the current key is, and does not
// lead back without that.
func (r *Ring) Pseudonym(of string) string {
	key, err := hkdf.Key(sha256.New, []byte(r.keys[0].material.Reveal()), nil, "taskyard pseudonym 1", sha256.Size)
	if err != nil {
		panic(err) // the length is ours
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(of))
	return hex.EncodeToString(mac.Sum(nil)[:pseudonymSize])
}

// pseudonymSize is how many bytes of a pseudonym are kept: too many for two to be equal by chance.
const pseudonymSize = 16

// Renew returns a ring whose current key is new; those of r only open.
func (r *Ring) Renew() (*Ring, error) {
	if len(r.keys) >= MaxKeys {
		return nil, fmt.Errorf("there are %d seal keys, and a ring has no more; rewrap what the older ones have sealed, and drop them", len(r.keys))
	}
	return &Ring{keys: slices.Insert(slices.Clone(r.keys), 0, newKey(random()))}, nil
}

// Without returns a ring that lacks some keys. The current one stays.
func (r *Ring) Without(drop func(ID) bool) *Ring {
	keys := slices.DeleteFunc(slices.Clone(r.keys[1:]), func(k *masterKey) bool { return drop(k.id) })
	return &Ring{keys: slices.Insert(keys, 0, r.keys[0])}
}

func (r *Ring) find(id ID) *masterKey {
	for _, k := range r.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

// lines are the keys as a file has them.
func (r *Ring) lines() []byte {
	var out []byte
	for _, k := range r.keys {
		out = base64.StdEncoding.AppendEncode(out, []byte(k.material.Reveal()))
		out = append(out, '\n')
	}
	return out
}

func random() (key [KeySize]byte) {
	rand.Read(key[:])
	return key
}

// bytes are the id as a sealed secret has it.
func (id ID) bytes() []byte {
	raw, err := hex.DecodeString(string(id))
	if err != nil || len(raw) != idSize {
		panic("seal: no id of a key: " + string(id)) // ids are made in this file
	}
	return raw
}

// idOf reads the id out of a secret of version 2.
func idOf(sealed []byte) ID { return ID(hex.EncodeToString(sealed[1 : 1+idSize])) }
