package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/taskyard/taskyard/internal/app"
)

func newKeys() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "List and change the keys that seal secrets",
		Long: `List and change the master keys of a server. Each secret is sealed with a key of its own, and that is wrapped by a
master key. The first master key of the key file, or of ` + variableSealKey + `, seals; the others only open what was
sealed before.

A rotation changes the master key and wraps anew: it never shows a secret, and tasks under way do not notice. Whoever had a
copy of the database and its key can still open that copy, so change the API keys as well if one was stolen.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysList(), newKeysRotate(), newKeysRewrap())
	return cmd
}

// keysCommand is one that works on a database and its keys.
func keysCommand(cmd *cobra.Command, do func(context.Context, app.Config, io.Writer) error) *cobra.Command {
	var s settings
	cmd.Args = noArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.complete(cmd.ErrOrStderr()); err != nil {
			return err
		}
		return do(cmd.Context(), s.config, cmd.OutOrStdout())
	}
	s.registerDatabase(cmd.Flags())
	setDefault(cmd, "database", "taskyard.db")
	return cmd
}

func newKeysList() *cobra.Command {
	return keysCommand(&cobra.Command{
		Use:   "list",
		Short: "List the keys by their ids",
		Long: `List the master keys by their ids, and how many secrets are sealed with each. The keys themselves are never shown. The
server of an SQLite file must be stopped; nodes over PostgreSQL may run.`,
		Example: `  taskyard keys list --database taskyard.db`,
	}, listKeys)
}

func listKeys(ctx context.Context, cfg app.Config, out io.Writer) error {
	uses, err := app.Keys(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%-16s  %8s\n", "KEY", "SECRETS")
	for _, use := range uses {
		id, role := use.ID, "only opens"
		switch {
		case use.Missing:
			role = "MISSING here: the secrets cannot be opened, and their tasks fail when they are taken up"
			if id == "" {
				id = "?"
			}
		case use.Current:
			role = "current, seals"
		}
		fmt.Fprintf(out, "%-16s  %8d  %s\n", id, use.Secrets, role)
	}
	return nil
}

func newKeysRotate() *cobra.Command {
	return keysCommand(&cobra.Command{
		Use:   "rotate",
		Short: "Make a new key, seal everything with it, and drop the old one",
		Long: `Make a new master key, put it first in the key file, wrap what is sealed with it, and drop the old key from the file
when nothing is sealed with that any more. Stop the server first.

It can be cut short at any time: no secret is ever without a key in the file. Run it again, and the rotation goes on; no
further key is made.

Nodes over PostgreSQL that shall go on meanwhile get a new key one after the other, and then taskyard keys rewrap is run:
docs/operations.md, "The seal key". So it is where the key is in ` + variableSealKey + `, which cannot be changed from here.`,
		Example: `  taskyard keys rotate --database /var/lib/taskyard/taskyard.db`,
	}, rotateKeys)
}

func rotateKeys(ctx context.Context, cfg app.Config, out io.Writer) error {
	done, err := app.RotateKeys(ctx, cfg)
	if err != nil {
		return err
	}
	if done.New {
		fmt.Fprintf(out, "The new key is %s.\n", done.Key)
	} else {
		fmt.Fprintf(out, "The rotation that was begun before goes on: its key is %s.\n", done.Key)
	}
	reportRewrapped(out, done)
	if len(done.Older) > 0 {
		fmt.Fprintf(out, "Dropped from the key file: %s. Keep that for as long as backups from before may have to be opened.\n", strings.Join(done.Older, ", "))
	}
	return nil
}

func newKeysRewrap() *cobra.Command {
	return keysCommand(&cobra.Command{
		Use:   "rewrap",
		Short: "Seal everything with the current key",
		Long: `Wrap everything that is sealed with an older master key by the current one, which is the first of the key file or of
` + variableSealKey + `. Then the older ones can be left out. Nothing but the database is changed.

Nodes over PostgreSQL may run meanwhile, if all of them seal with the current key. The server of an SQLite file must be
stopped. It can be cut short at any time, and be run again.`,
		Example: `  ` + variableSealKey + `=<new>,<old> taskyard keys rewrap`,
	}, rewrapKeys)
}

func rewrapKeys(ctx context.Context, cfg app.Config, out io.Writer) error {
	done, err := app.RewrapKeys(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The current key is %s.\n", done.Key)
	reportRewrapped(out, done)
	if len(done.Older) > 0 {
		fmt.Fprintf(out, "Nothing is sealed any more with %s, which can be left out now.\n", strings.Join(done.Older, ", "))
	}
	return nil
}

func reportRewrapped(out io.Writer, done app.Rotation) {
	fmt.Fprintf(out, "Secrets rewrapped: %d.\n", done.Rewrapped)
	if done.Lost > 0 {
		fmt.Fprintf(out, "Secrets that no key here opens, left as they are: %d; see taskyard keys list.\n", done.Lost)
	}
}
