// Package cli is the command line: flags, the environment, and what is said on the terminal. Data goes to
// standard output, talk to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

// Run runs the command line and returns its exit code. SIGINT and SIGTERM end it gracefully; a second one at once.
func Run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // gives the next signal back its default: the end
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(stderr, root.ExecuteContext(ctx))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "taskyard",
		Short: "A self-hosted playground for Parallel's Task API",
		Long: `Taskyard is a self-hosted playground for Parallel's Task API: submit any task, watch it think, leave and come back,
and get the answer as JSON, as a table and as a report, each value with its evidence.

  taskyard demo       try it now: no key, no network, answers simulated
  taskyard serve      run it for real
  taskyard migrate    bring a database up to date
  taskyard copy       move from SQLite to PostgreSQL
  taskyard keys       list and change the keys that seal secrets
  taskyard sandbox    a simulator of the API alone, for your own programs

Every flag can also be set by the environment: --max-body is TASKYARD_MAX_BODY. A flag given outranks it.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags(), os.LookupEnv) },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newDemo(), newServe(), newMigrate(), newCopy(), newKeys(), newSandbox(), newVersion())
	return root
}

// noArgs refuses arguments of a command that takes only flags.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

// report says what went wrong and returns the exit code.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "taskyard: error:", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintln(stderr, "taskyard: hint: run it with --help to see what there is")
		return exitUsage
	}
	return exitError
}
