package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/taskyard/taskyard"
)

// pending is a write on its way through the journal.
type pending struct {
	taskyard.Write
	change  change
	writes  int64 // how many it is: more than one for a group
	size    int   // bytes it holds in memory, about
	receipt *taskyard.Receipt
	refusal error // why this write alone is not in its batch's transaction
}

// Append queues w for the next group commit. It returns at once unless the queue is full. What can be checked or
// prepared without the database is, here, on the caller's time.
func (s *Store) Append(w taskyard.Write) *taskyard.Receipt {
	p := &pending{Write: w, receipt: taskyard.NewReceipt()}
	err := p.prepare()
	if err == nil {
		err = s.journal.add(p)
	}
	if err != nil {
		p.receipt.Resolve(err)
	}
	return p.receipt
}

// Sizes in memory of a write and of an event beside their texts, in bytes.
const (
	writeSize = 512
	eventSize = 96
)

func (p *pending) prepare() (err error) {
	p.writes, p.size = 1, writeSize
	for _, e := range p.Events {
		if err := checkEvent(e); err != nil {
			return err
		}
		p.size += eventSize + len(e.Type) + len(e.Data)
	}
	if p.change, err = encodeChange(p.Change); err != nil {
		return err
	}
	p.size += len(p.Change.Result) + len(p.change.output) + len(p.Change.Warnings)
	return nil
}

// commitBatch commits a batch in one transaction. If a statement fails, that may be the fault of one write, so
// each is tried by itself, in order. If the database as a whole or the commit failed, the outcome is the same for
// all: their owners take their tasks anew and find out what was stored.
func (s *Store) commitBatch(batch []*pending) {
	err := s.writeBatch(batch)
	var statement *statementError
	if len(batch) > 1 && errors.As(err, &statement) && !touchesAll(err) {
		for i := range batch {
			s.settleBatch(batch[i:i+1], s.writeBatch(batch[i:i+1]))
		}
		return
	}
	s.settleBatch(batch, err)
}

// settleBatch announces and reports the outcome of a batch.
func (s *Store) settleBatch(batch []*pending, err error) {
	if err == nil {
		s.announce(moved(batch)...)
	}
	for _, p := range batch {
		if err != nil {
			p.receipt.Resolve(err)
		} else {
			p.receipt.Resolve(p.refusal)
		}
	}
}

// moved are the announcements of a committed batch, one for each task.
func moved(batch []*pending) []taskyard.Announcement {
	var list []taskyard.Announcement
	at := make(map[int64]int, len(batch))
	for _, p := range batch {
		if p.refusal != nil {
			continue
		}
		i, ok := at[p.Task]
		if !ok {
			i = len(list)
			at[p.Task] = i
			list = append(list, taskyard.Announcement{ID: p.ID})
		}
		list[i].Seq = p.After + int64(len(p.Events))
	}
	return list
}

// statementError is a fault before the commit: nothing of the transaction was stored.
type statementError struct{ error }

func (e *statementError) Unwrap() error { return e.error }

// writeBatch writes a batch in one transaction, except for writes that are refused.
func (s *Store) writeBatch(batch []*pending) error {
	ctx, cancel := s.engine.batchContext()
	defer cancel()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fault("append events", err)
	}
	defer tx.Rollback() //nolint:errcheck // without effect after a commit, and otherwise not the error to report
	groups, singles := gather(batch)
	rows := s.stmt.in(ctx, tx)
	err = s.engine.insertBatch(ctx, tx, rows, groups)
	if err == nil {
		err = rows.appendEach(ctx, singles)
	}
	if err != nil {
		return &statementError{fault("append events", err)}
	}
	return s.commit(tx)
}

// appender is the statements of an append, bound to one transaction.
type appender struct {
	tx                                                                               *sql.Tx
	advance, advanceAndSet, insertEvent, setResult, setSearch, eraseSecret, giveBack *sql.Stmt
}

func (st *statements) in(ctx context.Context, tx *sql.Tx) *appender {
	return &appender{
		tx:            tx,
		advance:       tx.StmtContext(ctx, st.advance),
		advanceAndSet: tx.StmtContext(ctx, st.advanceAndSet),
		insertEvent:   tx.StmtContext(ctx, st.insertEvent),
		setResult:     tx.StmtContext(ctx, st.setResult),
		setSearch:     tx.StmtContext(ctx, st.setSearch),
		eraseSecret:   tx.StmtContext(ctx, st.eraseSecret),
		giveBack:      tx.StmtContext(ctx, st.giveBack),
	}
}

// append writes one write. The task's row goes first and is the fence: it moves only for an owner whose epoch
// and last seq are the task's own, so there is nothing to undo for a write that is refused.
func (a *appender) append(ctx context.Context, p *pending) (refusal, err error) {
	result, err := a.moveTask(ctx, p)
	if err != nil {
		return nil, err
	}
	if n, err := result.RowsAffected(); err != nil {
		return nil, err
	} else if n == 0 {
		return refusalOf(ctx, a.tx, p)
	}
	for i, e := range p.Events {
		if _, err := a.insertEvent.ExecContext(ctx, p.Task, p.After+int64(i)+1, e.Type, string(e.Data), e.At.UnixMilli()); err != nil {
			return nil, err
		}
	}
	return nil, a.writeDocuments(ctx, p)
}

// refusalOf finds out why a write did not move its task.
func refusalOf(ctx context.Context, tx *sql.Tx, p *pending) (refusal, err error) {
	var epoch, last int64
	var completed sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT epoch, last_seq, completed_at FROM task WHERE num = $1`, p.Task).Scan(&epoch, &last, &completed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return taskyard.Errorf(taskyard.CodeNotFound, "there is no such task"), nil
	case err != nil:
		return nil, err
	case completed.Valid:
		return taskyard.Errorf(taskyard.CodeFenced, "the task is settled"), nil
	case epoch != p.Epoch:
		return taskyard.Errorf(taskyard.CodeFenced, "the task is in epoch %d, the write in %d", epoch, p.Epoch), nil
	}
	return taskyard.Errorf(taskyard.CodeFenced, "the log ends at seq %d, the write follows %d", last, p.After), nil
}
