package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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
	server   *server
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
	if w.disk, err = newDisk(filepath.Join(w.folder, "disk")); err != nil {
		return err
	}
	if w.upstream, err = newUpstream(w.seed, w.length, filepath.Join(w.folder, "upstream.state")); err != nil {
		return err
	}
	said, err := os.Create(filepath.Join(w.folder, "server.log"))
	if err != nil {
		return err
	}
	w.server = &server{binary: w.binary, database: w.disk.database(), upstream: w.upstream.url(), seed: w.seed, said: said}
	w.users = newUsers(w)
	return w.server.startUntilServing(ctx)
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
	hands.Go(func() { w.work(during, "process", w.random(1), w.processFaults()) })
	hands.Go(func() { w.work(during, "disk", w.random(2), w.diskFaults()) })
	hands.Go(func() { w.work(during, "upstream", w.random(3), w.upstreamFaults()) })
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

// settle waits until no task is under way. The last fault can have been a write that failed.
func (w *world) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.server.restartSoundly(ctx); err != nil {
		return fmt.Errorf("start without faults: %w", err)
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
	if w.server != nil {
		errs = append(errs, w.server.close())
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
