// Command chaos runs the real program under load, makes everything go wrong that can go wrong on one machine, and
// checks in the end that nothing was lost, doubled or billed twice.
//
//	go run ./internal/chaos -for 3m -seed 7
//
// With -cluster, three processes share one real PostgreSQL, each over a link of its own. The first hand then kills, stops,
// pauses and restarts nodes, and the second PostgreSQL and the links: crashed, restarted, silent, cut, without
// notifications. How soon the tasks of a killed node have another owner is measured.
//
// Three hands work at once, each drawing from the seed what it does next: one on the process (kill -9, SIGTERM in a
// burst, SIGSTOP, a clock that jumps), one on the database's disk (full, read-only, locked by another program) and one
// on the upstream (down, restarted, cut, dumb). Meanwhile users submit tasks, send the same one twice, follow them live,
// cancel and delete some, and decide about those whose submission is unknown.
//
// The truth is the simulator's, which runs in this process and outlives the server's. The same seed makes the same
// choices; what they meet depends on the machine. It needs Linux. Without root there is no disk of its own to be filled or
// made read-only, and it says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// config is the command line.
type config struct {
	seed      uint64
	length    time.Duration
	live      int    // tasks under way at a time
	folder    string // kept if it is given
	binary    string // built if it is not given
	clustered bool   // three nodes over PostgreSQL
	hands     []string
}

// allHands are those that make things go wrong: with processes, with the disk or the database, with upstream.
var allHands = []string{"process", "storage", "upstream"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func parse(args []string) (config, error) {
	c := config{}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&c.seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "what is done, and in which order")
	flags.DurationVar(&c.length, "for", 3*time.Minute, "how long things go wrong; what is under way then gets up to six minutes to end")
	flags.IntVar(&c.live, "live", 150, "tasks under way at a time")
	flags.StringVar(&c.folder, "folder", "", "an empty `path` for everything, which is kept; none: a temporary one, kept only if something is wrong")
	flags.StringVar(&c.binary, "binary", "", "`path` of a taskyard built with -tags chaos; none: it is built")
	flags.BoolVar(&c.clustered, "cluster", false, "three nodes over one PostgreSQL, instead of one with SQLite")
	hands := flags.String("hands", strings.Join(allHands, ","), "the `hands` that make things go wrong")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.hands = strings.Split(*hands, ",")
	for _, hand := range c.hands {
		if !slices.Contains(allHands, hand) {
			return c, fmt.Errorf("-hands has %q; there are %s", hand, strings.Join(allHands, ", "))
		}
	}
	switch {
	case flags.NArg() > 0:
		return c, fmt.Errorf("takes no arguments, and was given %q", flags.Args())
	case c.length < 10*time.Second || c.length > 24*time.Hour:
		return c, fmt.Errorf("-for is %s; it is from 10s to 24h", c.length)
	case c.live < 1 || c.live > 5000:
		return c, fmt.Errorf("-live is %d; it is from 1 to 5000", c.live)
	}
	return c, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	cfg, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "chaos: seed %d for %s\n", cfg.seed, cfg.length)
	w, err := newWorld(ctx, cfg, out)
	if err != nil {
		return err
	}
	err = w.play(ctx)
	w.report(out)
	if err != nil {
		err = fmt.Errorf("seed %d: %w", cfg.seed, err)
	}
	return errors.Join(err, w.close(err == nil))
}
