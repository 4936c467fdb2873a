package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// environment is that of the go command. What reaches a binary is set; what only says where modules come from and where
// things are kept stays as it is.
func environment(goos, goarch string) []string {
	return append(os.Environ(),
		"GOOS="+goos, "GOARCH="+goarch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off",
		"GOFLAGS=-trimpath", // an empty one would let that of `go env -w` in
	)
}

// build compiles the program. The go command puts the commit into it, and that of a tag names the version as well.
func build(ctx context.Context, env []string, version, path string) error {
	flags := "-s -w -X github.com/taskyard/taskyard/internal/cli.version=" + version
	return command(ctx, env, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags", flags, "-o", path, "./cmd/taskyard")
}

// commitTime is when the commit that a program was built of was made: the time of all files in the archive, since any
// clock would change its bytes.
func commitTime(path string) (time.Time, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return time.Time{}, err
	}
	var committed time.Time
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.modified" && s.Value != "false":
			return time.Time{}, errors.New("the tree has changes that no commit holds, so nobody could build the same")
		case s.Key == "vcs.time":
			if committed, err = time.Parse(time.RFC3339, s.Value); err != nil {
				return time.Time{}, err
			}
		}
	}
	if committed.IsZero() {
		return time.Time{}, errors.New("the go command found no commit: a release is built in a clone, and not in a worktree of one")
	}
	return committed.UTC(), nil
}

// writeSBOM lists the modules that the linker put into a program. A serial number and a time would differ each time.
func writeSBOM(ctx context.Context, env []string, c config, program, path string) error {
	return command(ctx, env, c.sbom, "bin", "-json", "-std", "-noserial", "-notimestamp", "-version", c.version, "-output", path, program)
}

func command(ctx context.Context, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// output runs a command for what it says.
func output(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return string(said), nil
}
