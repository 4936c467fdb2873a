// Package seal keeps secrets unreadable at rest: API keys, MCP header values, webhook addresses. A sealed secret opens
// only with a master key of the server, for what it was sealed for, and for the task or the browser that it is of.
//
// Each secret has a data key of its own, which is wrapped by a master key, so that a change of the master key wraps 32
// bytes anew and never shows a secret.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the size of a master key in bytes, and of a data key.
const KeySize = chacha20poly1305.KeySize

// A sealed secret begins with its version. Version 1 has no data key: nonce, cipher text. Version 2 is the id of the
// master key, the data key wrapped by it (nonce, cipher text), and the secret sealed with the data key (likewise).
const (
	versionDirect   = 1
	versionEnvelope = 2
)

const (
	nonceSize   = chacha20poly1305.NonceSizeX
	wrappedSize = nonceSize + KeySize + chacha20poly1305.Overhead
	headSize    = 1 + idSize + wrappedSize
)

// Purpose says what a secret is for. What is sealed for one does not open for another.
type Purpose string

// The purposes.
const (
	TaskSecret Purpose = "task secret" // what a task needs: its key and its request
	LoginKey   Purpose = "login key"   // of a browser that signed in with Parallel
	SignIn     Purpose = "sign-in"     // what a browser carries while it signs in
)

// Seal encrypts plain, which is of the task or other thing with this id, with a new data key under the ring's current master key.
// XChaCha20-Poly1305 is chosen for its 24-byte nonce: random nonces stay safe for any number of secrets.
func (r *Ring) Seal(purpose Purpose, id string, plain []byte) ([]byte, error) {
	var dataKey [KeySize]byte
	defer clear(dataKey[:])
	rand.Read(dataKey[:])
	aead, err := chacha20poly1305.NewX(dataKey[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	body := encrypt(aead, plain, secretData(purpose, id))
	return r.keys[0].wrap(purpose, id, dataKey[:], body)
}

// Open decrypts what Seal made for the same purpose and task with any of the ring's keys.
func (r *Ring) Open(purpose Purpose, id string, sealed []byte) ([]byte, error) {
	if isDirect(sealed) {
		plain, _, err := r.openDirect(purpose, id, sealed)
		return plain, err
	}
	dataKey, body, err := r.unwrap(purpose, id, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(dataKey)
	aead, err := chacha20poly1305.NewX(dataKey)
	if err != nil {
		return nil, fmt.Errorf("open seal: %w", err)
	}
	return decrypt(aead, body, secretData(purpose, id))
}

// Rewrap returns a secret as sealed under the ring's current key, and whether that is a change. The secret itself is
// not decrypted, unless it is of version 1.
func (r *Ring) Rewrap(purpose Purpose, id string, sealed []byte) (again []byte, changed bool, err error) {
	if isDirect(sealed) {
		plain, _, err := r.openDirect(purpose, id, sealed)
		if err != nil {
			return nil, false, err
		}
		defer clear(plain)
		again, err = r.Seal(purpose, id, plain)
		return again, true, err
	}
	dataKey, body, err := r.unwrap(purpose, id, sealed)
	if err != nil {
		return nil, false, err
	}
	defer clear(dataKey)
	if idOf(sealed) == r.keys[0].id {
		return sealed, false, nil
	}
	again, err = r.keys[0].wrap(purpose, id, dataKey, body)
	return again, true, err
}

// SealedBy returns the id of the master key that a secret is sealed under, and whether the ring has it. It is ""
// where nothing tells.
func (r *Ring) SealedBy(purpose Purpose, id string, sealed []byte) (key ID, ours bool) {
	if isDirect(sealed) {
		_, key, err := r.openDirect(purpose, id, sealed)
		return key, err == nil
	}
	if !isEnvelope(sealed) {
		return "", false
	}
	key = idOf(sealed)
	return key, r.find(key) != nil
}

// openDirect tries each key, as version 1 does not name its own. It was for one purpose only.
func (r *Ring) openDirect(purpose Purpose, id string, sealed []byte) ([]byte, ID, error) {
	if purpose == TaskSecret {
		for _, k := range r.keys {
			aead, err := k.aead()
			if err != nil {
				return nil, "", err
			}
			if plain, err := decrypt(aead, sealed[1:], []byte(id)); err == nil {
				return plain, k.id, nil
			}
		}
	}
	return nil, "", errors.New("open seal: sealed with another key, or damaged")
}

// unwrap returns the data key of a secret, and what is sealed with it.
func (r *Ring) unwrap(purpose Purpose, id string, sealed []byte) (dataKey, body []byte, err error) {
	if !isEnvelope(sealed) {
		return nil, nil, errors.New("open seal: not a sealed secret of this version")
	}
	k := r.find(idOf(sealed))
	if k == nil {
		return nil, nil, fmt.Errorf("open seal: sealed with another key, %s, which this server does not have", idOf(sealed))
	}
	aead, err := k.aead()
	if err != nil {
		return nil, nil, err
	}
	body = sealed[headSize:]
	dataKey, err = decrypt(aead, sealed[1+idSize:headSize], wrapData(purpose, id, body))
	return dataKey, body, err
}

// wrap puts a sealed secret together: the data key under this master key, before what is sealed with it.
func (k *masterKey) wrap(purpose Purpose, id string, dataKey, body []byte) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, headSize+len(body))
	out = append(out, versionEnvelope)
	out = append(out, k.id.bytes()...)
	out = append(out, encrypt(aead, dataKey, wrapData(purpose, id, body))...)
	return append(out, body...), nil
}

func isDirect(sealed []byte) bool { return len(sealed) > 1 && sealed[0] == versionDirect }

func isEnvelope(sealed []byte) bool { return len(sealed) > headSize && sealed[0] == versionEnvelope }

// encrypt returns a random nonce and the cipher text.
func encrypt(aead cipher.AEAD, plain, data []byte) []byte {
	nonce := make([]byte, nonceSize, nonceSize+len(plain)+aead.Overhead())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, data)
}

func decrypt(aead cipher.AEAD, sealed, data []byte) ([]byte, error) {
	if len(sealed) < nonceSize {
		return nil, errors.New("open seal: cut short")
	}
	plain, err := aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], data)
	if err != nil {
		return nil, errors.New("open seal: sealed for another task, or damaged")
	}
	return plain, nil
}

// secretData binds a secret to what it is for. It leaves out the master key, which changes.
func secretData(purpose Purpose, id string) []byte {
	return bound("taskyard secret 2", string(purpose), id)
}

// wrapData binds a data key to the very secret that it opens.
func wrapData(purpose Purpose, id string, body []byte) []byte {
	sum := sha256.Sum256(body)
	return bound("taskyard data key 2", string(purpose), id, string(sum[:]))
}

// bound joins parts such that no others come to the same.
func bound(parts ...string) []byte {
	var out []byte
	for _, part := range parts {
		out = binary.AppendUvarint(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
