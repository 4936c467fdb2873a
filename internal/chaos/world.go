package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// patience bounds the waits for what is under way when nothing goes wrong any more. A silent stream is given two
// minutes by the server, and the next one four.
const patience = 6 * time.Minute

// world is everything that takes part.
type world struct {
	config
	folder   string
	begun    time.Time
	out      io.Writer
	disk     *disk
	upstream *upstream
	cluster  *cluster  // nil unless many nodes share a database
	server   *server   // the only node
	nodes    []*server // all of them
	turn     atomic.Int64
	storage  string // the folder in which everything is that is stored
	users    *users
	faults   counts
	wrong    findings
	sum      totals
	settled  time.Duration // from the last fault to the last end
}

func newWorld(ctx context.Context, cfg config, out io.Writer) (*world, error) {
	w := &world{config: cfg, folder: cfg.folder, begun: time.Now(), out: out}
	err := w.prepare(ctx)
	if err != nil {
		return nil, errors.Join(err, w.close(true))
	}
	return w, nil
}

func (w *world) prepare(ctx context.Context) (err error) {
	if w.folder == "" {
		if w.folder, err = os.MkdirTemp("", "taskyard-chaos-"); err != nil {
			return err
		}
	}
	if w.binary == "" {
		w.binary = filepath.Join(w.folder, "taskyard")
		if err := build(ctx, w.binary); err != nil {
			return err
		}
	}
	if w.upstream, err = newUpstream(w.seed, w.length, filepath.Join(w.folder, "upstream.state")); err != nil {
		return err
	}
	if err := w.makeNodes(); err != nil {
		return err
	}
	w.users = newUsers(w)
	for _, node := range w.nodes {
		if err := node.startUntilServing(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeNodes makes one node with a disk, or many with a database.
func (w *world) makeNodes() (err error) {
	if w.clustered {
		if w.cluster, err = newCluster(); err != nil {
			return err
		}
		w.storage = w.cluster.folder
		for i := range clusterNodes {
			if err := w.addNode(w.cluster.database(i)); err != nil {
				return err
			}
		}
		return nil
	}
	if w.disk, err = newDisk(filepath.Join(w.folder, "disk")); err != nil {
		return err
	}
	w.storage = w.disk.path
	if err := w.addNode(w.disk.database()); err != nil {
		return err
	}
	w.server = w.nodes[0]
	return nil
}

func (w *world) addNode(database string) error {
	n := len(w.nodes) + 1
	said, err := os.Create(filepath.Join(w.folder, fmt.Sprintf("server-%d.log", n)))
	if err != nil {
		return err
	}
	w.nodes = append(w.nodes, &server{binary: w.binary, database: database, upstream: w.upstream.url(), seed: w.seed + uint64(n), said: said})
	return nil
}

// do calls a node, each time the next one.
func (w *world) do(ctx context.Context, client *http.Client, method, path string, header http.Header, body []byte) (*http.Response, error) {
	return w.nodes[int(w.turn.Add(1))%len(w.nodes)].do(ctx, client, method, path, header, body)
}

// quiet is a number that stays the same as long as what is stored on does what is asked of it, and is below 0 while it
// does not.
func (w *world) quiet() int64 {
	if w.cluster != nil {
		return w.cluster.quiet()
	}
	return w.disk.quiet()
}

// build compiles the program with its one addition for this harness: commits can be told to fail.
func build(ctx context.Context, binary string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "chaos", "-o", binary, "github.com/taskyard/taskyard/cmd/taskyard")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// random is one hand's source of choices.
func (w *world) random(hand uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, hand)) }

// play lets everything happen, then waits for all tasks to end and checks them.
func (w *world) play(ctx context.Context) error {
	during, end := context.WithTimeout(ctx, w.length)
	defer end()
	var hands, people sync.WaitGroup
	hands.Go(func() { <-during.Done() }) // also if no hand does anything
	for i, hand := range allHands {
		if slices.Contains(w.hands, hand) {
			hands.Go(func() { w.work(during, hand, w.random(uint64(i+1)), w.faultsOf(hand)) })
		}
	}
	deciding, decided := context.WithCancel(ctx)
	defer decided()
	w.users.begin(during, deciding, &people)
	hands.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w.say("nothing goes wrong from here; %d tasks were accepted", w.users.accepted())
	err := w.settle(ctx)
	decided()
	people.Wait()
	if err != nil {
		return err
	}
	return w.check(ctx)
}

// faultsOf is what a hand does.
func (w *world) faultsOf(hand string) []fault {
	switch {
	case hand == "upstream":
		return w.upstreamFaults()
	case hand == "process" && w.cluster != nil:
		return w.nodeFaults()
	case hand == "process":
		return w.processFaults()
	case w.cluster != nil:
		return w.databaseFaults()
	default:
		return w.diskFaults()
	}
}

// settle waits until no task is under way. The last fault can have been a write that failed.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, node := range w.nodes {
		if err := node.restartSoundly(ctx); err != nil {
			return fmt.Errorf("start without faults: %w", err)
		}
	}
	begun := time.Now()
	err := w.users.awaitEnds(ctx)
	w.settled = time.Since(begun)
	return err
}

// say tells what happens, with the time since the beginning.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.out, "%6.1fs  %s\n", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// close ends everything. What was written is kept where it was asked for or something was wrong.
func (w *world) close(good bool) error {
	var errs []error
	for _, node := range w.nodes {
		errs = append(errs, node.close())
	}
	if w.cluster != nil {
		errs = append(errs, w.cluster.close())
	}
	if w.upstream != nil {
		errs = append(errs, w.upstream.close())
	}
	keep := w.config.folder != "" || !good
	if w.disk != nil {
		errs = append(errs, w.disk.close(keep))
	}
	if keep {
		fmt.Fprintf(w.out, "chaos: everything is kept in %s\n", w.folder)
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, os.RemoveAll(w.folder))...)
}
