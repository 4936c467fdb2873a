package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// What many nodes share besides tasks. These tables are in PostgreSQL alone.

// TakeTurn implements the pace of a key's calls for all nodes by the database's clock. A key at rest has a burst of turns
// at once.
func (s *Store) TakeTurn(ctx context.Context, key []byte, interval time.Duration, burst int) (wait, held time.Duration, reason string, err error) {
	var waitMicros, heldMicros int64
	err = s.write.QueryRowContext(ctx, takeTurn, key, interval.Microseconds(), int64(burst-1)*interval.Microseconds()).Scan(&waitMicros, &heldMicros, &reason)
	if err != nil {
		return 0, 0, "", fault("take a turn", err)
	}
	return time.Duration(max(waitMicros, 0)) * time.Microsecond, time.Duration(max(heldMicros, 0)) * time.Microsecond, reason, nil
}

// next_at is when the turn after the last one taken is due, but not further back than the burst. It is not moved while
// the key is held.
const takeTurn = `INSERT INTO pace AS p (key_hash, next_at, held_until, reason)
	SELECT $1, now_us - $3::bigint + $2::bigint, 0, '' FROM ` + clock + `
	ON CONFLICT (key_hash) DO UPDATE SET next_at = CASE WHEN p.held_until > ` + nowMicros + ` THEN p.next_at
		ELSE greatest(p.next_at, ` + nowMicros + ` - $3::bigint) + $2::bigint END
	RETURNING CASE WHEN held_until > ` + nowMicros + ` THEN 0 ELSE next_at - $2::bigint - ` + nowMicros + ` END, held_until - ` + nowMicros + `, reason`

const (
	nowMicros = `(extract(epoch FROM statement_timestamp()) * 1000000)::bigint`
	clock     = `(SELECT ` + nowMicros + ` AS now_us) AS clock`
)

// HoldTurns holds a key for all nodes.
func (s *Store) HoldTurns(ctx context.Context, key []byte, wait time.Duration, reason string) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO pace AS p (key_hash, next_at, held_until, reason) SELECT $1, 0, now_us + $2::bigint, $3 FROM `+clock+`
		ON CONFLICT (key_hash) DO UPDATE SET reason = CASE WHEN excluded.held_until > p.held_until THEN excluded.reason ELSE p.reason END,
			held_until = greatest(p.held_until, excluded.held_until)`, key, wait.Microseconds(), clip(strings.ToValidUTF8(strings.ReplaceAll(reason, "\x00", ""), "")))
	if err != nil {
		return fault("hold a key", err)
	}
	return nil
}

// Runs keeps the records of the simulator's runs.
type Runs struct{ store *Store }

// Runs are the runs of the simulators of all nodes.
func (s *Store) Runs() Runs { return Runs{s} }

// Add stores a run's record.
func (r Runs) Add(ctx context.Context, id string, record []byte) error {
	_, err := r.store.write.ExecContext(ctx, `INSERT INTO simulator_run (run_id, record, created_at) VALUES ($1, $2, $3)`, id, string(record), time.Now().UnixMilli())
	if err != nil {
		return fault("store a simulated run", err)
	}
	return nil
}

// Get returns a run's record, and when the run was cancelled; nil if there is no such run.
func (r Runs) Get(ctx context.Context, id string) (record []byte, cancelled time.Time, err error) {
	if err := checkText("run id", id); err != nil {
		return nil, time.Time{}, err
	}
	var at sql.NullInt64
	err = r.store.read.QueryRowContext(ctx, `SELECT record, cancelled_at FROM simulator_run WHERE run_id = $1`, id).Scan(&record, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fault("read a simulated run", err)
	}
	if at.Valid {
		cancelled = time.UnixMicro(at.Int64)
	}
	return record, cancelled, nil
}

// Cancel stores that a run was cancelled, and returns when: the first cancel counts.
func (r Runs) Cancel(ctx context.Context, id string, at time.Time) (time.Time, error) {
	var first int64
	err := r.store.write.QueryRowContext(ctx, `UPDATE simulator_run SET cancelled_at = coalesce(cancelled_at, $2) WHERE run_id = $1 RETURNING cancelled_at`, id, at.UnixMicro()).Scan(&first)
	if err != nil {
		return time.Time{}, fault("cancel a simulated run", err)
	}
	return time.UnixMicro(first), nil
}

const (
	// keptRuns is how many runs the simulators remember, as many as one that keeps them in a file.
	keptRuns = 100_000
	// paceRest is how long after its last turn a key is forgotten. By then it is at rest.
	paceRest = 10 * time.Minute
)

// Tidy removes what nobody needs any more. One node at a time does it, now and then.
func (s *Store) Tidy(ctx context.Context) error {
	if !IsPostgres(s.cfg.Database) {
		return nil
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`DELETE FROM idempotency WHERE created_at <= $1`, []any{time.Now().Add(-keyLife).UnixMilli()}},
		{`DELETE FROM pace WHERE greatest(next_at, held_until) < ` + nowMicros + ` - $1::bigint`, []any{paceRest.Microseconds()}},
		{`DELETE FROM simulator_run WHERE created_at < (SELECT created_at FROM simulator_run ORDER BY created_at DESC OFFSET $1 LIMIT 1)`, []any{keptRuns}},
		// Of what nodes of the release before have ended.
		{`DELETE FROM allotment AS a WHERE NOT EXISTS (SELECT 1 FROM task AS t WHERE t.num = a.task_num AND t.completed_at IS NULL)`, nil},
	} {
		if _, err := s.write.ExecContext(ctx, step.query, step.args...); err != nil {
			return fault("tidy the database", err)
		}
	}
	return s.sweepAll(ctx)
}
