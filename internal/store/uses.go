package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/taskyard/taskyard"
)

// What was spent is counted from the tasks themselves, and from a row for each day, upstream and processor into which
// tasks are counted as they are deleted. To count each as it is submitted instead would let all nodes that submit wait
// for one row, again and again; and deletions are rare.
const (
	// The list's index by time finds the tasks; a day of them is counted. It is one statement, so that a task that is
	// deleted meanwhile is in one of the two.
	selectUses = `SELECT upstream, processor, CAST(sum(runs) AS BIGINT) FROM (
			SELECT upstream, processor, count(*) AS runs FROM task WHERE created_at >= $1 AND submission = $2 GROUP BY upstream, processor
			UNION ALL SELECT upstream, processor, runs FROM deleted_use WHERE day >= $1
		) AS used GROUP BY upstream, processor ORDER BY upstream, processor`

	countUse = `INSERT INTO deleted_use AS u (day, upstream, processor, runs) VALUES ($1, $2, $3, $4)
		ON CONFLICT (day, upstream, processor) DO UPDATE SET runs = u.runs + excluded.runs RETURNING runs`
)

// usesKept is for how long tasks that are gone stay counted: today is asked for, by clocks that may differ.
const usesKept = 48 * time.Hour

// beginOfDay is when the day of a time began, in UTC.
func beginOfDay(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// Uses counts the tasks of a day and later that have a run.
func (s *Store) Uses(ctx context.Context, day time.Time) ([]taskyard.Use, error) {
	rows, err := s.read.QueryContext(ctx, selectUses, beginOfDay(day).UnixMilli(), string(taskyard.SubmissionDone))
	if err != nil {
		return nil, fault("count runs", err)
	}
	defer rows.Close()
	var list []taskyard.Use
	for rows.Next() {
		var u taskyard.Use
		if err := rows.Scan(&u.Upstream, &u.Processor, &u.Runs); err != nil {
			return nil, fault("count runs", err)
		}
		list = append(list, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("count runs", err)
	}
	return list, nil
}

// deleted is what is known of a task that is being deleted.
type deleted struct {
	num, last, createdAt            int64
	upstream, processor, submission string
}

// countDeleted keeps in mind what a task of these days has cost. A call that is under way counts as a run: nobody will
// hear whether it becomes one. It is the last of its transaction, as others may wait for the row.
func countDeleted(ctx context.Context, tx *sql.Tx, d deleted) error {
	oldest := beginOfDay(time.Now().Add(-usesKept)).UnixMilli()
	hasCost := d.submission == string(taskyard.SubmissionDone) || d.submission == string(taskyard.SubmissionSending)
	if !hasCost || d.createdAt < oldest {
		return nil
	}
	day := beginOfDay(time.UnixMilli(d.createdAt)).UnixMilli()
	var runs int64
	if err := tx.QueryRowContext(ctx, countUse, day, d.upstream, d.processor, 1).Scan(&runs); err != nil {
		return fault("count the run", err)
	}
	if runs > 1 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM deleted_use WHERE day < $1`, oldest); err != nil { // where rows are added, old ones go
		return fault("forget what earlier days have cost", err)
	}
	return nil
}
