package runner_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

var (
	scripts = flag.Int("scripts", 100, "number of random scripts, on each engine")
	first   = flag.Uint64("first", 1, "seed of the first random script")
)

// The property of the log: whatever goes wrong on the way, in the end it equals the script's.
func TestLogEqualsTheScriptOfEveryRandomRun(t *testing.T) {
	for seed := *first; seed < *first+uint64(*scripts); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				task := w.follow(body("core", ""))
				w.checkLog(task)
				if n := w.box.Creates(); n != 1 {
					t.Errorf("%d runs were created", n)
				}
			}, sandbox.WithScript(func(int, *parallel.TaskRunInput) (sandbox.Script, bool) {
				return sandbox.RandomScript(rand.New(rand.NewPCG(seed, 1))), true
			}))
		})
	}
}
