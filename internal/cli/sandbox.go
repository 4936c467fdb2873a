package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/taskyard/taskyard/internal/app"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// sandboxSettings are the flags of taskyard sandbox.
type sandboxSettings struct {
	addr, scenario, state string
	scale                 float64
	seed                  uint64
	logLevel, logFormat   string
}

func newSandbox() *cobra.Command {
	var s sandboxSettings
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a simulator of the Task API for your own programs",
		Long: `Serve a simulator of Parallel's Task API. Give its address to any program or SDK as the base URL; any key will do.
A key that begins with "invalid" is refused, as is a missing one.

Unlike Parallel it can cancel a run: POST /v1/tasks/runs/{run_id}/cancel.

Programs that let their users sign in with Parallel find the OAuth provider here too: its address is the issuer, and the
page at /getKeys/authorize asks for no password and lets anything go wrong.

A run behaves as its metadata.sandbox says, or as --scenario says if it says nothing:

` + scenarioList(),
		Example: `  taskyard sandbox --scale 10
  taskyard sandbox --scenario drop
  curl -H 'x-api-key: any' -d '{"processor":"lite","input":"Who built it?"}' http://127.0.0.1:8090/v1/tasks/runs`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveSandbox(cmd, &s) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.addr, "addr", app.SandboxAddr, "`host:port` to listen on")
	flags.Float64Var(&s.scale, "scale", 1, "simulated seconds per second")
	flags.Uint64Var(&s.seed, "seed", 1, "`number` that decides what is made up")
	flags.StringVar(&s.scenario, "scenario", "", "how runs behave that name no scenario themselves")
	flags.StringVar(&s.state, "state", "", "`path` of a file by which runs outlive a restart; none: they do not")
	flags.StringVar(&s.logLevel, "log-level", "info", "debug, `info`, warn or error")
	flags.StringVar(&s.logFormat, "log-format", "text", "`text` or json")
	return cmd
}

func scenarioList() string {
	var b strings.Builder
	for _, s := range sandbox.Scenarios() {
		fmt.Fprintf(&b, "  %-16s %s\n", s.Name, s.Summary)
	}
	return b.String()
}

func serveSandbox(cmd *cobra.Command, s *sandboxSettings) error {
	logger, err := newLogger(cmd.ErrOrStderr(), s.logLevel, s.logFormat)
	if err != nil {
		return err
	}
	box, err := sandbox.New(sandbox.WithSeed(s.seed), sandbox.WithScale(s.scale), sandbox.WithScenario(s.scenario),
		sandbox.WithStateFile(s.state), sandbox.WithLogger(logger))
	if err != nil {
		return err
	}
	listener, err := app.Listen(cmd.Context(), s.addr)
	if err != nil {
		return errors.Join(err, box.Close())
	}
	server := &http.Server{Handler: box, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(cmd.Context(), func() { _ = server.Close() }) // its streams have no end of their own
	fmt.Fprintf(cmd.OutOrStdout(), "The simulator is at http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, box.Close())
	}
	return box.Close()
}
