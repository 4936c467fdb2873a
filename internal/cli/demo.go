package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/taskyard/taskyard/internal/app"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func newDemo() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try it now: no key, no network, answers simulated",
		Long: `Serve with the simulator as the default upstream and two example tasks running. It needs no key and no network, and
what it answers is made up and labelled so. Time runs faster: a pro task takes about 25 seconds.

Tasks are kept from one demo to the next, in the user's cache folder; give --database to keep them elsewhere.`,
		Example: `  taskyard demo
  taskyard demo --addr 127.0.0.1:0
  taskyard demo --simulator-scenario drop`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.config.Database == "" {
				path, err := demoDatabase()
				if err != nil {
					return err
				}
				s.config.Database = path
			}
			return serve(cmd, &s, func(ctx context.Context, a *app.App) error { return showDemo(ctx, cmd, a) })
		},
	}
	s.register(cmd.Flags())
	setDefault(cmd, "simulator-scale", fmt.Sprint(sandbox.DemoScale))
	setDefault(cmd, "sign-in", "simulator")
	s.config.Simulator, s.config.SimulatorFirst = true, true
	return cmd
}

// demoDatabase is where demos keep their tasks.
func demoDatabase() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the demo's database: %w; give one with --database", err)
	}
	folder := filepath.Join(cache, "taskyard")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for the demo's database: %w; give another with --database", err)
	}
	return filepath.Join(folder, "demo.db"), nil
}

func showDemo(ctx context.Context, cmd *cobra.Command, a *app.App) error {
	n, err := a.SubmitExamples(context.WithoutCancel(ctx)) // both or none
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if n > 0 {
		fmt.Fprintf(out, "%d example tasks are running. ", n)
	} else {
		fmt.Fprint(out, "The tasks of your last demo are still there. ")
	}
	fmt.Fprintf(out, "Answers are simulated. Tasks are kept in %s. Ctrl-C ends it.\n", a.Database())
	return nil
}
