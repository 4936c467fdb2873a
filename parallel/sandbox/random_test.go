package sandbox_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// A careful follower of the test's own has the whole log of every random script: the scripts are survivable, and
// Log tells the truth.
func TestRandomScriptsCanBeSurvived(t *testing.T) {
	for seed := range uint64(60) {
		inBubble(t, func(w *world) {
			body := json.RawMessage(simple("core", ""))
			run, err := w.client.CreateRunJSON(w.Context(), body)
			for err != nil {
				if api, ok := errors.AsType[*parallel.APIError](err); !ok || !api.Temporary() {
					t.Fatalf("seed %d: create: %v", seed, err)
				}
				run, err = w.client.CreateRunJSON(w.Context(), body)
			}
			truth, _ := w.box.Log(run.RunID)
			sameJSON(t, w.follow(run.RunID), truth)
		}, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
			return sandbox.RandomScript(rand.New(rand.NewPCG(seed, 7))), true
		}))
	}
}

// follow listens until the run has ended and the closing state was had, and keeps each event once.
func (w *world) follow(runID string) []json.RawMessage {
	w.patience = 20 * time.Minute // with streams that fall silent
	var log []json.RawMessage
	kept := map[string]int{}
	for range 100 {
		h := w.listen(runID)
		seen := map[string]int{}
		for i, e := range h.events {
			if s, ok := e.State(); ok {
				if i > 0 && s.Run.Status.Terminal() && (s.Output != nil || s.Run.Status != parallel.StatusCompleted) {
					return append(log, e.Raw)
				}
				continue
			}
			if e.Type == parallel.EventStats {
				continue
			}
			key := canonical(w.T, e.Raw)
			if seen[key]++; seen[key] > kept[key] {
				kept[key]++
				log = append(log, e.Raw)
			}
		}
		time.Sleep(time.Second)
	}
	w.Fatal("the run does not end")
	return nil
}

func canonical(t *testing.T, raw []byte) string {
	b, err := json.Marshal(decode(t, raw))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
