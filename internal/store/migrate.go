package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/taskyard/taskyard"
)

// Each engine has its own migrations: how a row gets its number is the one thing they cannot say alike.
//
//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// migrate brings the schema up to date. A schema newer than this binary is left alone: the binary would write
// rows that the newer one does not expect. River's tables are not ours and have migrations of their own.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.write, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	found, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fault("read schema version", err)
	}
	if found > known {
		return taskyard.Invalid("database",
			"the database %s has schema %d and this program knows schemas up to %d; run a newer Taskyard, or restore a backup from before the upgrade",
			s.cfg.Path, found, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fault("migrate schema", err)
	}
	return nil
}
