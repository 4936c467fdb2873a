package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// Nodes of one database open what each other sealed. So each notes what keys it has, by their fingerprints, and is let in
// only where none is missing, here or there. These tables are in PostgreSQL alone.

const (
	// nodeAlive is how long after its last beat a node may still be driving tasks.
	nodeAlive = 5 * time.Second
	// nodeStarting is how long a node may take from noting its keys to its first beat.
	nodeStarting = 10 * time.Second
)

// CheckSealKeys sees that a node can open whatever is sealed, and that the nodes that live can open what it will seal. It
// has a ring of keys, the one that seals first. replace gives up what others have sealed.
func (s *Store) CheckSealKeys(ctx context.Context, node string, ring [][]byte, replace bool) error {
	return s.sealKeys(ctx, func(tx *sql.Tx) error {
		if err := admit(ctx, tx, node, ring, replace); err != nil {
			return err
		}
		return noteKeys(ctx, tx, node, ring)
	})
}

// ForgetSealKeys says that a node has ended.
func (s *Store) ForgetSealKeys(ctx context.Context, node string) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM node_seal_key WHERE node = $1`, node); err != nil {
		return fault("forget a node's seal keys", err)
	}
	return nil
}

// sealKeys runs do in a transaction while nobody else looks at the seal keys.
func (s *Store) sealKeys(ctx context.Context, do func(*sql.Tx) error) error {
	return s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `LOCK TABLE seal_key IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fault("lock the seal keys", err)
		}
		return do(tx)
	})
}

// transaction runs do in a transaction that waits for no turn.
func (s *Store) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // the error to report is that of do or of commit
	if err := do(tx); err != nil {
		return err
	}
	return s.commit(tx)
}

// admit compares a ring with what is sealed and with what the others have, and adds its first key.
func admit(ctx context.Context, tx *sql.Tx, node string, ring [][]byte, replace bool) error {
	if replace {
		if _, err := tx.ExecContext(ctx, `DELETE FROM seal_key`); err != nil {
			return fault("replace the seal key", err)
		}
	}
	used, err := usedKeys(ctx, tx)
	if err != nil {
		return err
	}
	var missing []string
	for _, key := range used {
		if !slices.ContainsFunc(ring, func(k []byte) bool { return string(k) == key }) {
			missing = append(missing, keyName([]byte(key)))
		}
	}
	if len(missing) > 0 {
		return taskyard.Errorf(taskyard.CodeConflict, "this node's seal key is not that of the other nodes of this database: they seal with %s, which it lacks; give it theirs, by TASKYARD_SEAL_KEY or --seal-key-file; if theirs is lost, start one node with --replace-seal-key, and tasks that are under way with keys sealed by the old one fail", strings.Join(missing, ", "))
	}
	if slices.Contains(used, string(ring[0])) {
		return nil
	}
	if !replace {
		blind, err := nodeWithout(ctx, tx, node, ring[0], false)
		if err != nil {
			return err
		}
		if blind != "" {
			return taskyard.Errorf(taskyard.CodeConflict, "this node would seal with the key %s, which the node %s lacks: first give it to all nodes as their second key and restart them (docs/operations.md, \"The seal key\")", keyName(ring[0]), blind)
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO seal_key (digest) VALUES ($1)`, ring[0]); err != nil {
		return fault("note the seal key", err)
	}
	return nil
}

func usedKeys(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT digest FROM seal_key ORDER BY digest`)
	if err != nil {
		return nil, fault("read the seal keys", err)
	}
	defer rows.Close()
	var used []string
	for rows.Next() {
		var digest []byte
		if err := rows.Scan(&digest); err != nil {
			return nil, fault("read the seal keys", err)
		}
		used = append(used, string(digest))
	}
	return used, rows.Err()
}

// nodeWithout returns a node that lives, other than this one, and has not a key, or does not seal with it; "" if there is none.
func nodeWithout(ctx context.Context, tx *sql.Tx, node string, key []byte, sealing bool) (name string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT name FROM (
			SELECT name FROM node WHERE beat_at > clock_timestamp() - $4 * interval '1 millisecond'
			UNION SELECT node FROM node_seal_key WHERE noted_at > clock_timestamp() - $5 * interval '1 millisecond'
		) AS living
		WHERE name <> $1 AND NOT EXISTS (SELECT 1 FROM node_seal_key AS k WHERE k.node = name AND k.digest = $2 AND (k.seals OR NOT $3))
		ORDER BY name LIMIT 1`, node, key, sealing, nodeAlive.Milliseconds(), nodeStarting.Milliseconds()).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fault("look for the keys of other nodes", err)
	}
	return name, nil
}

// noteKeys says what keys a node has, and forgets nodes that are gone.
func noteKeys(ctx context.Context, tx *sql.Tx, node string, ring [][]byte) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM node_seal_key AS k WHERE k.node = $1
		OR k.noted_at < clock_timestamp() - $2 * interval '1 millisecond' AND NOT EXISTS (SELECT 1 FROM node WHERE name = k.node)`, node, nodeStarting.Milliseconds())
	if err != nil {
		return fault("note this node's seal keys", err)
	}
	for i, key := range ring {
		_, err := tx.ExecContext(ctx, `INSERT INTO node_seal_key (node, digest, seals, noted_at) VALUES ($1, $2, $3, clock_timestamp())`, node, key, i == 0)
		if err != nil {
			return fault("note this node's seal keys", err)
		}
	}
	return nil
}

// keyName is the id of a key as people see it: the beginning of its fingerprint.
func keyName(fingerprint []byte) string {
	return hex.EncodeToString(fingerprint[:min(8, len(fingerprint))])
}

// Admit is [Store.CheckSealKeys] for a program that is no node.
func (v *Vault) Admit(ctx context.Context, ring [][]byte) error {
	return v.store.sealKeys(ctx, func(tx *sql.Tx) error { return admit(ctx, tx, "", ring, false) })
}

// Retire says that nothing is sealed any more but with one key. CodeConflict where a node that lives seals with another.
func (v *Vault) Retire(ctx context.Context, key []byte) error {
	return v.store.sealKeys(ctx, func(tx *sql.Tx) error {
		other, err := nodeWithout(ctx, tx, "", key, true)
		if err != nil {
			return err
		}
		if other != "" {
			return taskyard.Errorf(taskyard.CodeConflict, "the node %s seals with another key than %s: make that the first key of all nodes, restart them, and run this again", other, keyName(key))
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM seal_key WHERE digest <> $1`, key); err != nil {
			return fault("retire seal keys", err)
		}
		return nil
	})
}

// Nodes are the names of the nodes that live.
func (v *Vault) Nodes(ctx context.Context) ([]string, error) {
	rows, err := v.store.write.QueryContext(ctx, `SELECT name FROM node WHERE beat_at > clock_timestamp() - $1 * interval '1 millisecond' ORDER BY name`, nodeAlive.Milliseconds())
	if err != nil {
		return nil, fault("list nodes", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fault("list nodes", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return names, nil
}
