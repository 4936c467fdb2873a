package store

import (
	"context"
	"database/sql"
	"math"

	"github.com/taskyard/taskyard"
)

// The task is asked for because the events of a deleted one go after it, a few at a time.
const selectEvents = `SELECT seq, type, data, at FROM event
	WHERE task_num = $1 AND seq > $2 AND seq <= $3 AND EXISTS (SELECT 1 FROM task WHERE num = $1)
	ORDER BY seq LIMIT $4`

// Events returns a page of a log. It reads row by row and stops at the bounds, so that it never holds more than
// one event beyond them.
func (s *Store) Events(ctx context.Context, num, after, upTo int64, maxEvents, maxBytes int) ([]taskyard.Event, error) {
	if maxEvents < 1 {
		return nil, taskyard.Invalid("maxEvents", "a page of events holds at least one")
	}
	if upTo == 0 {
		upTo = math.MaxInt64
	}
	rows, err := s.stmt.events.QueryContext(ctx, num, after, upTo, maxEvents)
	if err != nil {
		return nil, fault("read events", err)
	}
	defer rows.Close()
	return scanEvents(rows, maxBytes)
}

func scanEvents(rows *sql.Rows, maxBytes int) (events []taskyard.Event, err error) {
	size := 0
	for rows.Next() {
		var e taskyard.Event
		var data sql.RawBytes
		var at int64
		if err := rows.Scan(&e.Seq, &e.Type, &data, &at); err != nil {
			return nil, fault("read events", err)
		}
		if size += len(data); size > maxBytes && len(events) > 0 {
			return events, nil
		}
		e.Data, e.At = raw(data), fromMillis(at)
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("read events", err)
	}
	return events, nil
}
