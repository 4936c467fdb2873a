package runner

import (
	"context"
	"errors"
	"time"

	"github.com/taskyard/taskyard"
)

// A drive does not wait for each commit, so that a replay of thousands of events takes a few of them; these bound
// what may be under way for one task.
const (
	maxUncommitted      = 256
	maxUncommittedBytes = 1 << 20
)

// taskLog is the owner's end of a task's log. It numbers the writes itself, so that each names the seq that it
// follows: when one is lost, all behind it are refused, and the log can have no hole.
type taskLog struct {
	store   taskyard.Store
	num     int64
	id      string
	epoch   int64
	last    int64 // seq of the last event that was queued
	pending []uncommitted
	bytes   int // of the events in pending
	settled bool
	// cancelling, unless zero, is since when the run is being cancelled: that is then what is done for the task,
	// whatever the stream does meanwhile.
	cancelling time.Time
	hide       *hider // nil until the task's secrets are known
}

type uncommitted struct {
	receipt *taskyard.Receipt
	bytes   int
}

func newTaskLog(store taskyard.Store, t taskyard.Owned) *taskLog {
	return &taskLog{store: store, num: t.Num, id: t.ID, epoch: t.Epoch, last: t.LastSeq}
}

// append queues one write. It blocks only when too much is under way, and returns the fate of earlier writes.
func (l *taskLog) append(change taskyard.Change, events ...taskyard.NewEvent) error {
	if !l.cancelling.IsZero() && change.Activity != nil && change.Activity.Phase != taskyard.PhaseCancelling {
		change.Activity = &taskyard.Activity{Phase: taskyard.PhaseCancelling, Since: l.cancelling}
	}
	change, events = l.hide.change(change), l.hide.events(events)
	for _, text := range []*string{(*string)(change.Status), change.RunID, change.InteractionID, &change.Search} {
		if text != nil {
			*text = storable(*text)
		}
	}
	size := 0
	for _, ev := range events {
		size += len(ev.Data)
	}
	receipt := l.store.Append(taskyard.Write{Task: l.num, ID: l.id, Epoch: l.epoch, After: l.last, Events: events, Change: change})
	l.last += int64(len(events))
	l.pending = append(l.pending, uncommitted{receipt, size})
	l.bytes += size
	for len(l.pending) > maxUncommitted || l.bytes > maxUncommittedBytes && len(l.pending) > 1 {
		if err := l.reap(); err != nil {
			return err
		}
	}
	return nil
}

// commit appends and waits until all of it is stored.
func (l *taskLog) commit(change taskyard.Change, events ...taskyard.NewEvent) error {
	return errors.Join(l.append(change, events...), l.flush())
}

// settle writes the end of the task: the last events, the note that is always last, and what they change.
func (l *taskLog) settle(change taskyard.Change, events ...taskyard.NewEvent) error {
	now := time.Now()
	change.Settle = &now
	change.Activity = &taskyard.Activity{Phase: taskyard.PhaseEnded, Since: now}
	note := newNote(taskyard.NoteSettled, settledNote{Status: *change.Status, Error: change.Error})
	if err := l.commit(change, append(events, note)...); err != nil {
		return err
	}
	l.settled = true
	return nil
}

// flush waits until everything queued is stored. It does not end with the drive's context: the store resolves
// every write, and what was heard must be counted before the next drive begins.
func (l *taskLog) flush() error {
	for len(l.pending) > 0 {
		if err := l.reap(); err != nil {
			return err
		}
	}
	return nil
}

// reap waits for the oldest write. After an error all later writes are lost too, so there is nothing more to wait for.
func (l *taskLog) reap() error {
	first := l.pending[0]
	l.pending = l.pending[1:]
	l.bytes -= first.bytes
	err := first.receipt.Wait(context.Background())
	if err != nil {
		l.pending, l.bytes = nil, 0
	}
	return err
}
