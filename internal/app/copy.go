package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/taskyard/taskyard/internal/store"
)

// Migrate brings the schema of the configured database up to date and leaves. It checks nothing else of the configuration.
func Migrate(ctx context.Context, cfg Config) error {
	return store.Migrate(ctx, cfg.store())
}

// Copied says how many rows of a table were copied.
type Copied = store.Copied

// Copy copies all that a server with an SQLite file keeps, from, into the empty PostgreSQL database of to, and what its
// simulator remembers. The nodes of to must seal with the key of from; each that has another will not start.
func Copy(ctx context.Context, from, to Config) (report []Copied, err error) {
	sealer, err := from.sealer()
	if err != nil {
		return nil, err
	}
	if report, err = store.Copy(ctx, from.store(), to.store()); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, to.store())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	if err := s.CheckSealKey(ctx, sealer.Fingerprint(), true); err != nil {
		return nil, err
	}
	runs, err := copyRuns(ctx, from.simulatorState(), s.Runs())
	if err != nil {
		return nil, fmt.Errorf("the tasks are copied, but not what the simulator remembers: %w", err)
	}
	return append(report, Copied{Table: "simulator_run", Rows: runs}), nil
}

// maxRunLine bounds a line of the simulator's state file, in bytes; the simulator itself reads none longer.
const maxRunLine = 6 << 20

// copyRuns copies what is in a simulator's state file. One that is not there holds nothing.
func copyRuns(ctx context.Context, path string, runs store.Runs) (n int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxRunLine)
	for lines.Scan() {
		var line struct {
			ID        string    `json:"id"`
			Cancelled time.Time `json:"cancelled"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil || line.ID == "" {
			continue // the simulator passes over it too
		}
		if !line.Cancelled.IsZero() {
			_, err = runs.Cancel(ctx, line.ID, line.Cancelled)
		} else if err = runs.Add(ctx, line.ID, lines.Bytes()); err == nil {
			n++
		}
		if err != nil {
			return n, err
		}
	}
	return n, lines.Err()
}
