// Command bench measures the program side by side with what it cannot be cheaper than.
//
//	go run ./bench
//	go run ./bench -full -json results.json
//	go run ./bench -report bench/results.json
//
// It starts the program, the far end of its streams, and bare programs that do the least of the same, its floors: each in a
// process of its own, all on this machine alone. What they cost is what the system has counted for each process. Then it
// prints one table, and writes the same as JSON, from which -report makes docs/performance.md. It needs Linux and PostgreSQL,
// and Chromium for the pages.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// config is the command line.
type config struct {
	full     bool
	parts    []string
	json     string // path to write the figures to
	report   string // path to read figures from, to make the document of
	profiles string // folder for profiles of the program; "" takes none
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == roleMark {
		exitOn(playRole(os.Args[2:], os.Stdin, os.Stdout))
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	exitOn(execute(ctx, os.Args[1:], os.Stdout))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (config, error) {
	c := config{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&c.full, "full", false, "20,000 live tasks and lists of 1,000,000 too; takes an hour")
	flags.StringVar(&c.json, "json", "bin/bench.json", "`path` to write the figures to")
	flags.StringVar(&c.report, "report", "", "measure nothing, but make docs/performance.md of the figures in the file at `path`")
	flags.StringVar(&c.profiles, "profiles", "", "`folder` for profiles of the program under load")
	parts := flags.String("parts", strings.Join(partNames(), ","), "the `parts` to measure")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("takes no arguments, and was given %q", flags.Args())
	}
	c.parts = strings.Split(*parts, ",")
	for _, name := range c.parts {
		if !slices.Contains(partNames(), name) {
			return c, fmt.Errorf("-parts has %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	return c, nil
}

func execute(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.report != "" {
		return writeReport(c.report, ".")
	}
	plan := shortPlan()
	if c.full {
		plan = fullPlan()
	}
	res, failed := measure(ctx, c, plan, out)
	fmt.Fprintln(out)
	if err := errors.Join(printTable(out, res.Figures), failed); err != nil { // what was found before a failure is worth seeing
		return err
	}
	printGrowths(out, growths(res.Figures))
	if err := os.MkdirAll(filepath.Dir(c.json), 0o755); err != nil {
		return err
	}
	return res.write(c.json)
}

func printGrowths(out io.Writer, all []growth) {
	fmt.Fprintln(out)
	for _, g := range all {
		fmt.Fprintf(out, "%s, %s: grows as %s to the power of %s\n", g.Name, g.Engine, g.Of, power(g.Exponent))
	}
}
