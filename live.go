package taskyard

import (
	"context"
	"time"
)

// Live lets readers follow what the store holds. History and live are one query: a reader asks for what comes
// after a seq and waits where there is nothing yet.
type Live interface {
	// Tail follows one task's log from behind seq after; CodeNotFound for an unknown task.
	Tail(ctx context.Context, id string, after int64) (Tail, error)
	// Changes follows which tasks move.
	Changes() Changes
}

// Tail follows one task's log. It is used by one goroutine.
type Tail interface {
	// Next returns the next stored events in order as soon as there are any, in pages of bounded size. It
	// returns nil, nil when none came within wait; io.EOF when the log has ended and all of it was returned;
	// CodeNotFound when the task was deleted meanwhile.
	Next(ctx context.Context, wait time.Duration) ([]Event, error)
	Close()
}

// Changes follows which tasks move. It is used by one goroutine.
type Changes interface {
	// Next returns the ids of the tasks that moved since the last call, each once, oldest first; nil, nil when
	// none moved within wait.
	Next(ctx context.Context, wait time.Duration) ([]string, error)
	Close()
}
