package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// fullRetry is how long a client with too many tasks under way is told to wait; when one ends nobody knows.
const fullRetry = 10 * time.Second

// allot counts a new task among those of its client that are under way. They are counted anew each time, from an index
// that holds no others, so that no crash makes the count wrong. On PostgreSQL, what other connections are just storing is
// not seen: by so many tasks a client can have more.
func (s *Store) allot(ctx context.Context, tx *sql.Tx, a taskyard.Allotment, num int64) error {
	if a.Client == "" {
		return nil
	}
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM allotment WHERE client = $1`, a.Client).Scan(&n); err != nil {
		return fault("count tasks under way", err)
	}
	if n >= a.Most {
		return &taskyard.Error{
			Code: taskyard.CodeRateLimited, RetryAfter: fullRetry,
			Message: fmt.Sprintf("You have %d tasks under way, which is the most at a time. Wait until one has ended, or cancel one.", n),
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO allotment (task_num, client) VALUES ($1, $2)`, num, a.Client); err != nil {
		return fault("count a task", err)
	}
	return nil
}
