// Command release builds what is published, so that whoever has the commit gets the same bytes.
//
//	go run ./internal/release -version v1.2.3 -sbom .tools/cyclonedx-gomod -folder dist
//
// For each target it writes an archive with the program and the licences of what it is made of, and an SBOM in CycloneDX's
// form; in the end, SHA256SUMS over all of them. The bytes depend on the commit, the tags that its clone has, the version and the Go that runs this,
// and on no path, clock, user or machine. A tree with changes that no commit holds is refused.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// targets are the systems that a release is built for, as GOOS/GOARCH.
var targets = []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64"}

// config is the command line.
type config struct {
	version string
	folder  string
	sbom    string // the program that writes them
	targets []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// A version becomes a part of names and of the linker's flags.
var versionForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]*$`)

func parse(args []string) (config, error) {
	c := config{}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&c.version, "version", "", "what `taskyard version` says")
	flags.StringVar(&c.folder, "folder", "dist", "`path` of what is written; what was there before is removed")
	flags.StringVar(&c.sbom, "sbom", "", "`path` of cyclonedx-gomod")
	chosen := flags.String("targets", strings.Join(targets, ","), "the `systems` to build for")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.targets = strings.Split(*chosen, ",")
	for _, t := range c.targets {
		if !slices.Contains(targets, t) {
			return c, fmt.Errorf("there is no target %q; there are %s", t, strings.Join(targets, ", "))
		}
	}
	switch {
	case !versionForm.MatchString(c.version):
		return c, fmt.Errorf("%q is no version: letters, digits, dots, + and - alone", c.version)
	case c.sbom == "":
		return c, errors.New("-sbom is missing")
	}
	return c, nil
}

func run(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(c.folder); err != nil {
		return err
	}
	if err := os.MkdirAll(c.folder, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // a temporary folder: what is left of it is the system's to clear
	for _, t := range c.targets {
		if err := release(ctx, c, t, filepath.Join(work, t)); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		fmt.Println(t)
	}
	return writeSums(c.folder)
}

// release builds one target in a work folder, and writes its archive and its SBOM.
func release(ctx context.Context, c config, target, work string) error {
	goos, goarch, _ := strings.Cut(target, "/")
	program := filepath.Join(work, "taskyard")
	if goos == "windows" {
		program += ".exe"
	}
	env := environment(goos, goarch)
	if err := build(ctx, env, c.version, program); err != nil {
		return err
	}
	committed, err := commitTime(program)
	if err != nil {
		return err
	}
	others, err := licences(ctx, env, program)
	if err != nil {
		return err
	}
	name := strings.Join([]string{"taskyard", c.version, goos, goarch}, "_")
	if err := archive(c.folder, name, goos, program, others, committed); err != nil {
		return err
	}
	return writeSBOM(ctx, env, c, program, filepath.Join(c.folder, name+".cdx.json"))
}
