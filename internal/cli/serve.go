package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/taskyard/taskyard/internal/app"
)

func newServe() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the page and the API",
		Long: `Serve the page and the API. Tasks are kept in one SQLite file and followed to their end, also after a restart.

Users bring their own API key, which is sealed at rest and erased when the task ends; or the server has one, from
PARALLEL_API_KEY. It listens on this machine only, unless --access says who is let in.`,
		Example: `  taskyard serve
  taskyard serve --database /var/lib/taskyard/taskyard.db
  PARALLEL_API_KEY=… taskyard serve --addr 127.0.0.1:9000`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, &s, nil) },
	}
	s.register(cmd.Flags())
	setDefault(cmd, "database", "taskyard.db")
	cmd.Flags().BoolVar(&s.config.Simulator, "simulator", true, "offer the simulator beside Parallel, at no cost and clearly labelled")
	cmd.Flags().BoolVar(&s.config.Dev, "dev", false, "read templates and assets from the source tree at every request, and serve a gallery of every part in every state")
	return cmd
}

// setDefault gives a shared flag this command's own default.
func setDefault(cmd *cobra.Command, name, value string) {
	f := cmd.Flags().Lookup(name)
	f.DefValue = value
	if err := f.Value.Set(value); err != nil {
		panic(fmt.Sprintf("default of --%s: %v", name, err))
	}
}

// serve runs a server until the command's context ends or serving fails. begun is called when it serves.
func serve(cmd *cobra.Command, s *settings, begun func(context.Context, *app.App) error) error {
	ctx := cmd.Context()
	if err := s.complete(cmd.ErrOrStderr()); err != nil {
		return err
	}
	a, err := app.Start(ctx, s.config)
	switch {
	case err != nil && ctx.Err() != nil:
		s.config.Logger.Info("stopped before it served", "error", err)
		return nil //nolint:nilerr // an end that was asked for is none that has failed
	case err != nil:
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Taskyard is at %s\n", a.URL())
	if at := a.GalleryURL(); at != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "Every part in every state is at %s\n", at)
	}
	if begun != nil {
		if err := begun(ctx, a); err != nil {
			return errors.Join(err, stop(ctx, a, s))
		}
	}
	select {
	case <-ctx.Done():
		s.config.Logger.Info("stopping; a second signal ends at once")
		return stop(ctx, a, s)
	case err := <-a.Failed():
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		return errors.Join(err, stop(ctx, a, s))
	}
}

func stop(ctx context.Context, a *app.App, s *settings) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.DrainTimeout)
	defer cancel()
	return a.Stop(ctx)
}
