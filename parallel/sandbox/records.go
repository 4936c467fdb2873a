package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Records keeps the records of runs for many sandboxes. They are safe for concurrent use. A record is JSON without
// secrets, of at most some MB.
type Records interface {
	Add(ctx context.Context, runID string, record []byte) error
	// Get returns a run's record, and when the run was cancelled, if it was; nil for a run that nobody made.
	Get(ctx context.Context, runID string) (record []byte, cancelled time.Time, err error)
	// Cancel notes that a run is cancelled at a time, in microseconds, and returns when it was: earlier, where another
	// sandbox has cancelled it before.
	Cancel(ctx context.Context, runID string, at time.Time) (time.Time, error)
}

// recordTimeout bounds one look at shared records.
const recordTimeout = 10 * time.Second

// find returns a run. The error is ErrNoRun, or that of the shared records. What another sandbox did to the run is done
// to this one's first.
func (s *Sandbox) find(ctx context.Context, id string) (*run, error) {
	known, ok := s.runs.get(id)
	if s.records == nil {
		if !ok {
			return nil, ErrNoRun
		}
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	raw, cancelled, err := s.records.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("look run up: %w", err)
	}
	if raw == nil {
		return nil, ErrNoRun
	}
	if !ok {
		if known, err = s.learn(raw); err != nil {
			return nil, err
		}
	}
	if !cancelled.IsZero() {
		known.cancelled.setOnce(cancelled)
	}
	return known, nil
}

// learn makes a run known that another sandbox made.
func (s *Sandbox) learn(raw []byte) (*run, error) {
	var rec record
	if err := json.Unmarshal(raw, &rec); err != nil {
		return nil, fmt.Errorf("record of a run: %w", err)
	}
	if err := s.restore(rec); err != nil {
		return nil, err
	}
	known, ok := s.runs.get(rec.ID)
	if !ok {
		return nil, ErrNoRun
	}
	return known, nil
}

// remember stores a run's record where the sandbox has a place for it.
func (s *Sandbox) remember(ctx context.Context, rec *record) error {
	switch {
	case s.state != nil:
		return s.state.append(rec)
	case s.records != nil:
		ctx, cancel := context.WithTimeout(ctx, recordTimeout)
		defer cancel()
		return s.records.Add(ctx, rec.ID, encode(rec))
	}
	return nil
}

// rememberCancel stores that a run is cancelled, and returns when it was.
func (s *Sandbox) rememberCancel(ctx context.Context, id string, at time.Time) (time.Time, error) {
	switch {
	case s.state != nil:
		return at, s.state.append(cancelRecord{ID: id, Cancelled: at})
	case s.records != nil:
		ctx, cancel := context.WithTimeout(ctx, recordTimeout)
		defer cancel()
		return s.records.Cancel(ctx, id, at)
	}
	return at, nil
}
