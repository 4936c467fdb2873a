package runner_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// Each of these tasks meets crashes at random commits, some of which are stored all the same, and creates that are
// refused or cut before or after they made a run. None makes more than one run, and those whose user has nothing to
// decide make exactly one.
func TestNoTaskIsSentTwiceWhateverCrashes(t *testing.T) {
	const worlds, tasks = 20, 25
	var driven, crashes, cuts, unknown atomic.Int64
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				r := rand.New(rand.NewPCG(seed, 3))
				for range tasks {
					scenario := randomCreate(r)
					before := w.box.Creates()
					task, died := w.driveThroughCrashes(r, body("lite", scenario))
					driven.Add(1)
					crashes.Add(died)
					cuts.Add(int64(strings.Count(scenario, "cut")))
					made := w.box.Creates() - before
					switch {
					case task.Settled():
						if made != 1 {
							t.Fatalf("%s: %d runs", scenario, made)
						}
						w.checkLog(task)
					case task.Status != taskyard.StatusSubmissionUnknown || made > 1:
						t.Fatalf("%s: %d runs, task %+v", scenario, made, task)
					case died == 0 && !strings.Contains(scenario, "cut"):
						t.Fatalf("%s: nothing happened that makes a submission unknown", scenario)
					default:
						unknown.Add(1)
					}
				}
			}, sandbox.WithSeed(seed))
		})
	}
	t.Logf("%d tasks, %d crashes, %d cut creates, %d tasks left to their users", driven.Load(), crashes.Load(), cuts.Load(), unknown.Load())
	if n := driven.Load(); n == 0 || crashes.Load() < n || cuts.Load() < n/5 || unknown.Load() > n*2/3 {
		t.Errorf("%d tasks, %d crashes, %d cuts and %d unknown submissions are no test", n, crashes.Load(), cuts.Load(), unknown.Load())
	}
}

// randomCreate names what happens to the creates of a task, in order.
func randomCreate(r *rand.Rand) string {
	parts := []string{"takes:20s", "drop:1"}
	for range r.IntN(3) {
		parts = append(parts, []string{"rate-limit:1", "server-error:1", "cut-create", "cut-create-before"}[r.IntN(4)])
	}
	return strings.Join(parts, ",")
}

var errPower = errors.New("the power went")

// driveThroughCrashes drives a new task until it ends or waits for its user, over up to five crashes: from some commit
// on nothing that is written counts any more, except perhaps that commit itself.
func (w *world) driveThroughCrashes(r *rand.Rand, body string) (task taskyard.Task, crashes int64) {
	w.Helper()
	id := w.submit(body)
	for planned := 2 + r.IntN(4); ; planned-- {
		dead := false
		if planned > 0 {
			left, stored := r.IntN(8), r.IntN(2) == 0
			w.fault = func(after bool) error {
				switch {
				case dead:
					return errPower
				case after != stored:
					return nil
				case left > 0:
					left--
					return nil
				}
				dead = true
				return errPower
			}
		}
		err := w.runner.Drive(w.Context(), id)
		w.fault = nil
		if dead {
			crashes++
			continue // a drive that ended well ended on what was not stored
		}
		if err != nil {
			w.Fatalf("drive: %v", err)
		}
		if planned <= 0 {
			return w.task(id), crashes
		}
	}
}
