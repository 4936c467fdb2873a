package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/seal"
	"github.com/taskyard/taskyard/internal/store"
)

// ring loads the keys that seal secrets, or makes the first one at the first start.
func (c *Config) ring() (*seal.Ring, error) { return c.ringBy(seal.LoadOrCreate) }

func (c *Config) ringBy(load func(path string) (*seal.Ring, error)) (*seal.Ring, error) {
	if c.SealKey.IsZero() {
		return load(c.sealKeyFile())
	}
	ring, err := seal.Parse(c.SealKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("TASKYARD_SEAL_KEY: %w", err)
	}
	return ring, nil
}

// sealedBy tells which of a ring's keys a secret is sealed with.
func sealedBy(ring *seal.Ring) func(store.Sealed) []byte {
	return func(s store.Sealed) []byte {
		purpose, of := sealedFor(s)
		id, _ := ring.SealedBy(purpose, of, s.Secret)
		if i := slices.Index(ring.IDs(), id); i >= 0 {
			return ring.Fingerprints()[i]
		}
		return nil
	}
}

// sealedFor says what a secret was sealed for.
func sealedFor(s store.Sealed) (purpose seal.Purpose, id string) {
	if s.Login != nil {
		return seal.LoginKey, loginName(s.Login)
	}
	return seal.TaskSecret, s.Task
}

// KeyUse is a master key and how many secrets are sealed with it.
type KeyUse struct {
	ID      string // "" is of secrets that do not tell their key
	Current bool   // it seals; others only open
	Missing bool   // this server does not have it: what it sealed cannot be opened
	Secrets int
}

// Keys lists the master keys of a server, the current one first, and what else secrets are sealed with. It changes nothing.
func Keys(ctx context.Context, cfg Config) (uses []KeyUse, err error) {
	k, err := openKeys(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.vault.Close()) }()
	return k.uses(ctx)
}

// Rotation is what a change of the master key has done.
type Rotation struct {
	Key       string   // the id of the current key
	New       bool     // it was made now
	Rewrapped int      // secrets that were sealed with another
	Lost      int      // secrets that no key opens
	Older     []string // ids of older keys by which nothing is sealed any more: rotating has dropped them, rewrapping has not
}

// RotateKeys makes a new master key in the key file, rewraps all secrets, and drops the older keys from the file. Where
// an earlier rotation was cut short, it is brought to its end, and no further key is made. No server may be running.
func RotateKeys(ctx context.Context, cfg Config) (done Rotation, err error) {
	if !cfg.SealKey.IsZero() {
		return Rotation{}, errors.New("the seal key is in TASKYARD_SEAL_KEY, which cannot be changed from here: put a new key before it, with a comma between, wherever a server is started, run taskyard keys rewrap with both, and then leave the old one out (docs/operations.md, \"The seal key\")")
	}
	k, err := openKeys(ctx, cfg)
	if err != nil {
		return Rotation{}, err
	}
	defer func() { err = errors.Join(err, k.vault.Close()) }()
	if err := k.mayRotate(ctx); err != nil {
		return Rotation{}, err
	}
	begun := len(k.ring.IDs()) > 1
	if !begun {
		if err := k.renew(); err != nil {
			return Rotation{}, err
		}
	}
	if done, err = k.rewrap(ctx); err != nil {
		return done, err
	}
	done.New = !begun
	if len(done.Older) == 0 {
		return done, nil
	}
	gone := k.ring.Without(func(id seal.ID) bool { return slices.Contains(done.Older, string(id)) })
	return done, gone.Replace(cfg.sealKeyFile())
}

// RewrapKeys seals everything with the current key of this ring, so that older ones can be dropped. Nodes may be running, if
// all of them seal with that key.
func RewrapKeys(ctx context.Context, cfg Config) (done Rotation, err error) {
	k, err := openKeys(ctx, cfg)
	if err != nil {
		return Rotation{}, err
	}
	defer func() { err = errors.Join(err, k.vault.Close()) }()
	return k.rewrap(ctx)
}

// keys is a ring and the secrets that it is of.
type keys struct {
	cfg   *Config
	vault *store.Vault
	ring  *seal.Ring
}

// openKeys reads the ring after the vault is locked: another command may be changing it until then.
func openKeys(ctx context.Context, cfg Config) (*keys, error) {
	if cfg.clustered() && cfg.SealKey.IsZero() && cfg.SealKeyFile == "" {
		return nil, errNoSealKey
	}
	vault, err := store.OpenVault(ctx, cfg.store())
	if err != nil {
		return nil, err
	}
	ring, err := cfg.ringBy(seal.Load)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no seal key file %s; give the server's by --seal-key-file", cfg.sealKeyFile())
	}
	if err != nil {
		return nil, errors.Join(err, vault.Close())
	}
	return &keys{cfg: &cfg, vault: vault, ring: ring}, nil
}

// mayRotate sees that no node is running that would lack a new key, and that this ring is the right one. An SQLite file is
// locked by its server.
func (k *keys) mayRotate(ctx context.Context) error {
	if !k.cfg.clustered() {
		return nil
	}
	nodes, err := k.vault.Nodes(ctx)
	if err != nil {
		return err
	}
	if len(nodes) == 0 {
		return k.vault.Admit(ctx, k.ring.Fingerprints())
	}
	return taskyard.Errorf(taskyard.CodeConflict, "nodes are running that would not have the new key (%s): stop all of them first, or give them a new key one after the other (docs/operations.md, \"The seal key\") and then run taskyard keys rewrap", strings.Join(nodes, ", "))
}

// renew makes a new key the first one of the file. Nothing is sealed with it before it is there to stay.
func (k *keys) renew() error {
	next, err := k.ring.Renew()
	if err != nil {
		return err
	}
	if err := next.Replace(k.cfg.sealKeyFile()); err != nil {
		return err
	}
	k.ring = next
	return nil
}

// rewrap seals everything with the current key, and says which older ones are of no use any more. Whenever it is cut short, each
// secret opens with the ring as it is.
func (k *keys) rewrap(ctx context.Context) (Rotation, error) {
	done := Rotation{Key: string(k.ring.Current())}
	if k.cfg.clustered() {
		if err := k.vault.Admit(ctx, k.ring.Fingerprints()); err != nil {
			return done, err
		}
	}
	err := k.vault.EachBatch(ctx, func(batch []store.Sealed) ([]store.Sealed, error) {
		changed, lost := k.rewrapBatch(batch)
		done.Rewrapped, done.Lost = done.Rewrapped+len(changed), done.Lost+lost
		return changed, nil
	})
	if err != nil {
		return done, fmt.Errorf("rewrap: %w", err)
	}
	if k.cfg.clustered() {
		if err := k.vault.Retire(ctx, k.ring.Fingerprints()[0]); err != nil {
			return done, err
		}
	}
	done.Older, err = k.unused(ctx)
	return done, err
}

// rewrapBatch leaves what no key opens as it is, and says how many secrets that are.
func (k *keys) rewrapBatch(batch []store.Sealed) (changed []store.Sealed, lost int) {
	for _, s := range batch {
		purpose, of := sealedFor(s)
		again, isNew, err := k.ring.Rewrap(purpose, of, s.Secret)
		if err != nil {
			lost++
		} else if isNew {
			s.Secret = again
			changed = append(changed, s)
		}
	}
	return changed, lost
}

// unused looks at all secrets once more: an older key is of no use when nothing is found that it has sealed.
func (k *keys) unused(ctx context.Context) (older []string, err error) {
	uses, err := k.uses(ctx)
	if err != nil {
		return nil, err
	}
	for _, use := range uses {
		if !use.Current && !use.Missing && use.Secrets == 0 {
			older = append(older, use.ID)
		}
	}
	return older, nil
}

// uses counts the secrets of each key.
func (k *keys) uses(ctx context.Context) ([]KeyUse, error) {
	count, missing := map[string]int{}, map[string]int{}
	err := k.vault.EachBatch(ctx, func(batch []store.Sealed) ([]store.Sealed, error) {
		for _, s := range batch {
			purpose, of := sealedFor(s)
			if id, ours := k.ring.SealedBy(purpose, of, s.Secret); ours {
				count[string(id)]++
			} else {
				missing[string(id)]++
			}
		}
		return nil, nil
	})
	if err != nil {
		return nil, err
	}
	var uses []KeyUse
	for i, id := range k.ring.IDs() {
		uses = append(uses, KeyUse{ID: string(id), Current: i == 0, Secrets: count[string(id)]})
	}
	for id, n := range missing {
		uses = append(uses, KeyUse{ID: id, Missing: true, Secrets: n})
	}
	slices.SortStableFunc(uses[len(k.ring.IDs()):], func(a, b KeyUse) int { return strings.Compare(a.ID, b.ID) })
	return uses, nil
}
