package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/seal"
	"github.com/taskyard/taskyard/internal/store"
)

// waitingUpstream refuses every call for now until it is let go, and then counts the keys that it is sent.
type waitingUpstream struct {
	*httptest.Server
	open atomic.Bool
	seen chan string // capacity: more than any test submits
}

func newWaitingUpstream(t *testing.T) *waitingUpstream {
	t.Helper()
	u := &waitingUpstream{seen: make(chan string, 1000)}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !u.open.Load() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, `{"error":{"message":"not yet","ref_id":"r"}}`, http.StatusTooManyRequests)
			return
		}
		u.seen <- r.Header.Get("X-Api-Key")
		http.Error(w, `{"error":{"message":"never","ref_id":"r"}}`, http.StatusUnprocessableEntity)
	}))
	t.Cleanup(u.Close)
	return u
}

// sealing is a server whose tasks wait for their upstream, with keys that are sealed.
func sealing(t *testing.T, database string, up *waitingUpstream) Config {
	t.Helper()
	cfg := nodeConfig(database)
	cfg.Simulator, cfg.SimulatorFirst, cfg.Upstream = false, false, up.URL
	cfg.SealKey, cfg.SealKeyFile = taskyard.Hidden{}, filepath.Join(t.TempDir(), "seal.key")
	return cfg
}

var sealedKeys atomic.Int64 // so that no two are the same

func submitSealed(t *testing.T, a *App, n int) {
	t.Helper()
	for range n {
		_, _, err := a.service.Submit(t.Context(), taskyard.Submit{APIKey: taskyard.Hide(fmt.Sprint("key-of-a-user-", sealedKeys.Add(1))), Request: json.RawMessage(`{"processor":"lite","input":"x"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkSealed lets the tasks go on, and sees that upstream is sent the key of each.
func checkSealed(t *testing.T, up *waitingUpstream, n int) {
	t.Helper()
	up.open.Store(true)
	seen := map[string]bool{}
	for end := time.After(time.Minute); len(seen) < n; {
		select {
		case key := <-up.seen:
			seen[key] = strings.HasPrefix(key, "key-of-a-user-")
		case <-end:
			t.Fatalf("upstream was sent %v, want %d keys", seen, n)
		}
	}
	for key, right := range seen {
		if !right {
			t.Errorf("upstream was sent %q", key)
		}
	}
}

func countKeys(t *testing.T, cfg Config) string {
	t.Helper()
	uses, err := Keys(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, use := range uses {
		all = append(all, fmt.Sprint(use.Secrets, map[bool]string{true: " current"}[use.Current], map[bool]string{true: " missing"}[use.Missing]))
	}
	return strings.Join(all, ", ")
}

func ringOf(t *testing.T, cfg Config) *seal.Ring {
	t.Helper()
	ring, err := seal.Load(cfg.SealKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Whenever a rotation is cut short, the next one brings it to its end, and no secret is lost.
func TestKeysAreRotated(t *testing.T) { pgtest.EachEngine(t, keysAreRotated) }

func keysAreRotated(t *testing.T, database string) {
	const tasks, n = 3, 4 // and the key of a browser
	up := newWaitingUpstream(t)
	cfg := sealing(t, database, up)
	a := startNode(t, cfg)
	submitSealed(t, a, tasks)
	hash := hashLogin("cookie")
	login, err := a.service.ring.Seal(seal.LoginKey, loginName(hash), []byte("key-of-a-browser"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.store.AddLogin(t.Context(), hash, login); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateKeys(t.Context(), cfg); err == nil {
		t.Error("rotated beside a server")
	}
	stopNode(t, a)
	first := ringOf(t, cfg)
	if got := countKeys(t, cfg); got != "4 current" {
		t.Errorf("at first: %s", got)
	}
	done, err := RotateKeys(t.Context(), cfg)
	if err != nil || !done.New || done.Rewrapped != n || done.Lost != 0 || len(done.Older) != 1 || done.Older[0] != string(first.Current()) {
		t.Fatalf("%+v, %v", done, err)
	}
	second := ringOf(t, cfg)
	if len(second.IDs()) != 1 || string(second.Current()) != done.Key || second.Current() == first.Current() {
		t.Errorf("the file has %v", second.IDs())
	}

	// Cut short behind each step: the key is in the file; some secrets are rewrapped; all are.
	for _, cut := range []int{0, 1, tasks, n} {
		before := ringOf(t, cfg)
		half, err := before.Renew()
		if err == nil {
			err = half.Replace(cfg.SealKeyFile)
		}
		if err != nil {
			t.Fatal(err)
		}
		rewrapSome(t, cfg, half, cut)
		if got, want := countKeys(t, cfg), fmt.Sprintf("%d current, %d", cut, n-cut); got != want {
			t.Errorf("cut behind %d: %s, want %s", cut, got, want)
		}
		done, err := RotateKeys(t.Context(), cfg)
		if err != nil || done.New || done.Rewrapped != n-cut || done.Key != string(half.Current()) {
			t.Errorf("cut behind %d: %+v, %v", cut, done, err)
		}
		if got := countKeys(t, cfg); got != "4 current" {
			t.Errorf("cut behind %d, then: %s", cut, got)
		}
	}
	a = startNode(t, cfg)
	checkSealed(t, up, tasks)
	if login, err = a.store.FindLogin(t.Context(), hash); err != nil {
		t.Fatal(err)
	}
	if key, err := a.service.ring.Open(seal.LoginKey, loginName(hash), login); err != nil || string(key) != "key-of-a-browser" {
		t.Errorf("the key of the browser is %q, %v", key, err)
	}
}

// rewrapSome is a rotation that dies behind some secrets.
func rewrapSome(t *testing.T, cfg Config, ring *seal.Ring, most int) {
	t.Helper()
	vault, err := store.OpenVault(t.Context(), cfg.store())
	if err != nil {
		t.Fatal(err)
	}
	k := keys{cfg: &cfg, vault: vault, ring: ring}
	err = vault.EachBatch(t.Context(), func(batch []store.Sealed) ([]store.Sealed, error) {
		changed, _ := k.rewrapBatch(batch)
		changed = changed[:min(most, len(changed))]
		most -= len(changed)
		return changed, nil
	})
	if err := errors.Join(err, vault.Close()); err != nil {
		t.Fatal(err)
	}
}

// What no key opens is told, and does not keep a file from being rotated.
func TestALostKeyIsTold(t *testing.T) {
	pgtest.EachEngine(t, func(t *testing.T, database string) {
		up := newWaitingUpstream(t)
		cfg := sealing(t, database, up)
		a := startNode(t, cfg)
		submitSealed(t, a, 2)
		stopNode(t, a)
		lost := ringOf(t, cfg)
		if err := os.Remove(cfg.SealKeyFile); err != nil {
			t.Fatal(err)
		}
		if _, err := Keys(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "there is no seal key file") {
			t.Errorf("without a file: %v", err)
		}
		if _, err := seal.LoadOrCreate(cfg.SealKeyFile); err != nil {
			t.Fatal(err)
		}
		if got := countKeys(t, cfg); got != "0 current, 2 missing" {
			t.Error(got)
		}
		if uses, err := Keys(t.Context(), cfg); err != nil || uses[1].ID != string(lost.Current()) {
			t.Errorf("the lost key is not named: %v, %v", uses, err)
		}
		done, err := RotateKeys(t.Context(), cfg)
		if cfg.clustered() {
			if !errors.Is(err, taskyard.ErrConflict) || len(ringOf(t, cfg).IDs()) != 1 {
				t.Errorf("the nodes need the key that is lost: %+v, %v", done, err)
			}
		} else if err != nil || done.Rewrapped != 0 || done.Lost != 2 || len(ringOf(t, cfg).IDs()) != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

func TestAKeyOfTheEnvironmentIsNotRotated(t *testing.T) {
	cfg := nodeConfig(filepath.Join(t.TempDir(), "t.db"))
	if _, err := RotateKeys(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "taskyard keys rewrap") {
		t.Error(err)
	}
}

// Running nodes get a new key one after the other, as the documents say; tasks go on meanwhile.
func TestNodesGoOnWhileTheirKeyIsChanged(t *testing.T) {
	const n = 4
	url := pgtest.Database(t)
	up := newWaitingUpstream(t)
	cfg := sealing(t, url, up)
	ring := func(each ...byte) Config {
		cfg.SealKey = sealKeys(each...)
		return cfg
	}
	a, b := startNode(t, ring(1)), startNode(t, ring(1))
	submitSealed(t, a, n)
	restart := func(node **App, each ...byte) {
		t.Helper()
		stopNode(t, *node)
		*node = startNode(t, ring(each...))
	}
	restart(&a, 1, 2)
	if early, err := Start(t.Context(), ring(2, 1)); err == nil {
		stopNode(t, early)
		t.Error("a node seals with a key that another lacks")
	}
	restart(&b, 1, 2)
	restart(&a, 2, 1)
	if _, err := RewrapKeys(t.Context(), ring(2, 1)); !errors.Is(err, taskyard.ErrConflict) {
		t.Errorf("rewrapped for good while a node seals with the old key: %v", err)
	}
	restart(&b, 2, 1)
	done, err := RewrapKeys(t.Context(), ring(2, 1))
	if err != nil || len(done.Older) != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	if got := countKeys(t, ring(2)); got != fmt.Sprintf("%d current", n) {
		t.Errorf("then: %s", got)
	}
	restart(&a, 2)
	restart(&b, 2)
	checkSealed(t, up, n)
}

// A copy brings what each key of the ring has sealed, and asks the nodes for those keys.
func TestACopyBringsWhatAnyKeyHasSealed(t *testing.T) {
	url := pgtest.Database(t)
	up := newWaitingUpstream(t)
	from := sealing(t, filepath.Join(t.TempDir(), "t.db"), up)
	for _, ring := range []taskyard.Hidden{sealKeys(1), sealKeys(2, 1)} {
		from.SealKey = ring
		a := startNode(t, from)
		submitSealed(t, a, 1)
		stopNode(t, a)
	}
	from.SealKey = sealKeys(3, 2, 1)
	to := sealing(t, url, up)
	if _, err := Copy(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	for _, some := range []taskyard.Hidden{sealKeys(3), sealKeys(2, 1), sealKeys(3, 2)} {
		to.SealKey = some
		if a, err := Start(context.Background(), to); err == nil {
			stopNode(t, a)
			t.Error("a node without one of the keys starts")
		}
	}
	to.SealKey = sealKeys(2, 3, 1)
	if got := countKeys(t, to); got != "1 current, 0, 1" {
		t.Errorf("after the copy: %s", got)
	}
	startNode(t, to)
	checkSealed(t, up, 2)
}
