package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/taskyard/taskyard"
)

// migrate brings the schema up to date, and what else is kept in the database. A schema newer than this binary is left
// alone: the binary would write rows that the newer one does not expect, unless the newer one says that it may.
func (s *Store) migrate(ctx context.Context) error {
	return s.engine.migrating(ctx, func(dialect goose.Dialect, files fs.FS) error {
		// Out of order, as one that came into the program late may have a lower number than the schema.
		provider, err := goose.NewProvider(dialect, s.write, files, goose.WithAllowOutofOrder(true))
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		found, known, err := provider.GetVersions(ctx)
		if err != nil {
			return fault("read schema version", err)
		}
		if found > known {
			return s.runWithNewer(ctx, found, known)
		}
		pending, err := provider.HasPending(ctx)
		if err != nil {
			return fault("read schema version", err)
		}
		if pending {
			if _, err := provider.Up(ctx); err != nil {
				return fault("migrate schema", err)
			}
		}
		if s.cfg.Migrate == nil {
			return nil
		}
		return Explain(s.cfg.Migrate(ctx, s.write))
	})
}

func (s *Store) runWithNewer(ctx context.Context, found, known int64) error {
	fits, err := s.engine.runsWithNewer(ctx, known)
	if err != nil {
		return fault("read schema version", err)
	}
	if !fits {
		return taskyard.Invalid("database",
			"the database %s has schema %d and this program knows schemas up to %d; run a newer Taskyard, or restore a backup from before the upgrade",
			s.engine.name(), found, known)
	}
	s.log.Warn("the database was migrated by a newer Taskyard; upgrade this node too", "schema", found, "known", known)
	return nil
}
