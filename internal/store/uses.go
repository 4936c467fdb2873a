package store

import (
	"context"
	"time"

	"github.com/taskyard/taskyard"
)

// The list's index by time finds the tasks; a day of them is counted.
const selectUses = `SELECT upstream, processor, count(*) FROM task
	WHERE created_at >= $1 AND submission = $2 GROUP BY upstream, processor ORDER BY upstream, processor`

// Uses counts the tasks since a time that have a run.
func (s *Store) Uses(ctx context.Context, since time.Time) ([]taskyard.Use, error) {
	rows, err := s.read.QueryContext(ctx, selectUses, since.UnixMilli(), string(taskyard.SubmissionDone))
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
