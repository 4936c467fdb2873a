//go:build chaos

package app

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
)

// Of so many commits one fails, and of those half are stored all the same.
const commitsForAFault = 300

var errChaos = errors.New("chaos: this commit was told to fail")

// commitFault lets some commits fail where TASKYARD_CHAOS_COMMITS is set, to a number that decides which.
var commitFault = chaosFault(os.Getenv("TASKYARD_CHAOS_COMMITS"))

func chaosFault(seed string) func(bool) error {
	n, err := strconv.ParseUint(seed, 10, 64)
	if err != nil {
		return nil
	}
	var mu sync.Mutex // guards r
	r := rand.New(rand.NewPCG(n, uint64(os.Getpid())))
	return func(stored bool) error {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(2*commitsForAFault) > 0 {
			return nil
		}
		fmt.Fprintln(os.Stderr, "chaos: a commit fails; stored:", stored)
		return errChaos
	}
}
