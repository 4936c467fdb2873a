package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
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
// simulator remembers: all of it or nothing. The nodes of to need the keys of from that something is sealed with; each
// that lacks one will not start.
func Copy(ctx context.Context, from, to Config) ([]Copied, error) {
	ring, err := from.ring()
	if err != nil {
		return nil, err
	}
	return store.Copy(ctx, from.store(), to.store(), store.Beside{
		SealKey: ring.Fingerprints()[0], SealedBy: sealedBy(ring), Runs: rememberedRuns(from.simulatorState()),
	})
}

// rememberedRuns are the runs in a simulator's state file. One that is not there holds none.
func rememberedRuns(path string) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		cancelled := map[string]time.Time{} // a cancel is a line of its own, after that of its run; the first counts
		err := eachRunLine(path, func(line runLine, _ []byte) bool {
			if _, again := cancelled[line.ID]; !again && !line.Cancelled.IsZero() {
				cancelled[line.ID] = line.Cancelled
			}
			return true
		})
		if err == nil {
			known := map[string]bool{}
			err = eachRunLine(path, func(line runLine, record []byte) bool {
				if !line.Cancelled.IsZero() || known[line.ID] {
					return true
				}
				known[line.ID] = true
				return yield(store.Run{ID: line.ID, Record: record, Cancelled: cancelled[line.ID]}, nil)
			})
		}
		if err != nil {
			yield(store.Run{}, fmt.Errorf("read what the simulator remembers: %w", err))
		}
	}
}

// runLine is what matters here of a line of a simulator's state file.
type runLine struct {
	ID        string    `json:"id"`
	Cancelled time.Time `json:"cancelled"`
}

// maxRunLine bounds a line of the simulator's state file, in bytes; the simulator itself reads none longer.
const maxRunLine = 6 << 20

// eachRunLine passes over what the simulator passes over too. do returns whether to go on; the line is its own only so long.
func eachRunLine(path string, do func(line runLine, record []byte) bool) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxRunLine)
	for lines.Scan() {
		var line runLine
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.ID != "" && !do(line, lines.Bytes()) {
			return nil
		}
	}
	return lines.Err()
}
