package store

import (
	"context"
	"database/sql"
)

// Over a network a statement costs a round trip, so a batch is two: one moves all tasks, one inserts all events. The
// columns of a change are as in advanceAndSet.
const (
	moveTasks = `UPDATE task SET last_seq = m.last, version = task.version + m.writes, updated_at = $5,
			status = COALESCE(m.status, task.status), run_id = COALESCE(m.run_id, task.run_id),
			interaction_id = COALESCE(m.interaction_id, task.interaction_id), submission = COALESCE(m.submission, task.submission),
			progress = COALESCE(m.progress, task.progress), activity = COALESCE(m.activity, task.activity),
			warnings = COALESCE(m.warnings, task.warnings), error = COALESCE(m.error, task.error),
			has_result = COALESCE(m.has_result, task.has_result), completed_at = COALESCE(m.completed_at, task.completed_at)
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $16::bigint[],
			$6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::bigint[])
			AS m (num, epoch, after, last, writes, status, run_id, interaction_id, submission, progress, activity, warnings, error, has_result, completed_at)
		WHERE task.num = m.num AND task.epoch = m.epoch AND task.last_seq = m.after AND task.completed_at IS NULL
		RETURNING task.num`

	insertEvents = `INSERT INTO event (task_num, seq, type, data, at)
		SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])`
)

// insertBatch moves the tasks of all groups together; the row of a task is the fence, as in appender.append. Groups
// whose task did not move are tried member by member, which finds out why.
func (e *postgresEngine) insertBatch(ctx context.Context, tx *sql.Tx, rows *appender, groups []*group) error {
	moved, err := e.moveAll(ctx, tx, groups)
	if err != nil {
		return err
	}
	if err := e.insertAll(ctx, tx, groups, moved); err != nil {
		return err
	}
	for _, g := range groups {
		if moved[g.Task] {
			for _, p := range g.members {
				p.refusal = nil
			}
			err = rows.writeDocuments(ctx, &g.pending)
		} else {
			err = rows.appendEach(ctx, g.members)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moveAll returns the numbers of the tasks that moved.
func (e *postgresEngine) moveAll(ctx context.Context, tx *sql.Tx, groups []*group) (map[int64]bool, error) {
	args := newMoveArgs(groups)
	result, err := tx.QueryContext(ctx, moveTasks, args...)
	if err != nil {
		return nil, err
	}
	defer result.Close() //nolint:errcheck // Err says what went wrong
	moved := make(map[int64]bool, len(groups))
	for result.Next() {
		var num int64
		if err := result.Scan(&num); err != nil {
			return nil, err
		}
		moved[num] = true
	}
	return moved, result.Err()
}

// newMoveArgs are the parameters of moveTasks: a column of all groups each.
func newMoveArgs(groups []*group) []any {
	n := len(groups)
	nums, epochs, afters, lasts, writes := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	var texts [8][]*string // $6 to $13; nil keeps what the row has
	for i := range texts {
		texts[i] = make([]*string, n)
	}
	results, settled := make([]*bool, n), make([]*int64, n)
	for i, g := range groups {
		nums[i], epochs[i], afters[i], lasts[i] = g.Task, g.Epoch, g.After, g.After+int64(len(g.Events))
		writes[i] = g.writes
		for column := range texts {
			if text, ok := g.change.columns[column].(string); ok {
				texts[column][i] = &text
			}
		}
		if has, ok := g.change.columns[columnHasResult].(bool); ok {
			results[i] = &has
		}
		if at, ok := g.change.columns[columnCompletedAt].(int64); ok {
			settled[i] = &at
		}
	}
	args := []any{nums, epochs, afters, lasts, nowMillis()}
	for _, column := range texts {
		args = append(args, column)
	}
	return append(args, results, settled, writes)
}

// insertAll inserts the events of the groups whose tasks moved.
func (e *postgresEngine) insertAll(ctx context.Context, tx *sql.Tx, groups []*group, moved map[int64]bool) error {
	var nums, seqs, ats []int64
	var kinds, data []string
	for _, g := range groups {
		if !moved[g.Task] {
			continue
		}
		for i, event := range g.Events {
			nums, seqs = append(nums, g.Task), append(seqs, g.After+int64(i)+1)
			kinds, data, ats = append(kinds, event.Type), append(data, string(event.Data)), append(ats, event.At.UnixMilli())
		}
	}
	if len(nums) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, insertEvents, nums, seqs, kinds, data, ats)
	return err
}
