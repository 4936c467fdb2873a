package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/taskyard/taskyard/internal/app"
)

func newMigrate() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database's schema up to date",
		Long: `Bring a database's schema up to date and leave. A server does so itself when it starts, and several that start at once
do it one after the other; this is for those who want it done before, with rights that the server does not have.`,
		Example: `  taskyard migrate --database taskyard.db
  TASKYARD_DATABASE=postgres://… taskyard migrate`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			if err := app.Migrate(cmd.Context(), s.config); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "The database is up to date.")
			return nil
		},
	}
	s.registerDatabase(cmd.Flags())
	setDefault(cmd, "database", "taskyard.db")
	return cmd
}

func newCopy() *cobra.Command {
	var s settings
	var from string
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Move from an SQLite file to PostgreSQL",
		Long: `Copy all that an SQLite file keeps into an empty PostgreSQL database: tasks with their logs, results and keys, templates,
and what the simulator remembers. It is one transaction, so that all of it comes or nothing; the file stays as it is. Stop
the server first. The nodes of the new database go on with tasks that are under way. Those nodes need the same seal keys: those
in --seal-key-file, or in TASKYARD_SEAL_KEY.`,
		Example: `  TASKYARD_DATABASE=postgres://… taskyard copy --from taskyard.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			source := s.config
			source.Database = from
			report, err := app.Copy(cmd.Context(), source, s.config)
			if err != nil {
				return err
			}
			for _, table := range report {
				fmt.Fprintf(cmd.OutOrStdout(), "%9d  %s\n", table.Rows, table.Table)
			}
			fmt.Fprintln(cmd.OutOrStdout(), "All of it is copied. Start the nodes with the same seal key.")
			return nil
		},
	}
	s.registerDatabase(cmd.Flags())
	cmd.Flags().StringVar(&from, "from", "taskyard.db", "`path` of the SQLite file")
	return cmd
}
