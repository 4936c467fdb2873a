package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// fill makes n tasks of every status that ends one and of several processors, one a second up to now. One in a hundred is
// public; half of them are of one owner, the others of a thousand owners. The engines pad a number each in its own way.
const fill = `WITH RECURSIVE i(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM i WHERE n < CAST($1 AS BIGINT))
	INSERT INTO task (id, status, processor, upstream, mode, preview, run_id, interaction_id, created_at, updated_at, completed_at, epoch, last_seq, version,
		submission, progress, activity, has_result, cancel_requested, tags, owner, visibility)
	SELECT %s, CASE n %% 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' ELSE 'completed' END,
		CASE n %% 9 WHEN 0 THEN 'lite' WHEN 1 THEN 'base' WHEN 2 THEN 'ultra8x' ELSE 'pro' END, CASE n %% 3 WHEN 0 THEN 'parallel' ELSE 'simulator' END,
		CASE n %% 4 WHEN 0 THEN 'json' ELSE 'text' END, 'What is known of company ' || n || '?', 'trun_' || n, 'trun_' || n, CAST($2 AS BIGINT) + n * 1000, CAST($2 AS BIGINT) + n * 1000,
		CAST($2 AS BIGINT) + n * 1000 + 60000, 1, 60, 60, 'done', '{}', '{}', TRUE, FALSE, '[]',
		CASE n %% 2 WHEN 0 THEN 'many' ELSE 'few' || n / 2 %% 1000 END, CASE n %% 100 WHEN 3 THEN 'public' ELSE 'private' END FROM i`

// fillSearch gives each 400 bytes of text. The first word of one in a thousand is its own.
const fillSearch = `INSERT INTO task_search (task_num, input, output)
	SELECT num, 'what is known of company ' || num || '?', CASE WHEN num % 1000 = 0 THEN 'seldom ' ELSE '' END ||
		substr('the count differs between the two sources, and nobody has said why. the register of the harbour lists more of them than the office does. ' ||
		'a survey of the year before found fewer, but asked other people. what is certain is the order of events, not their number. ' ||
		'the newest figures are those of the port, which counts ships and not those who work on them.', 1, 380) FROM task`

// Fill puts n tasks that have ended into the empty database of a store, for lists to be measured: some have tags and
// metadata, none has events. It returns when the first of them was created; the others follow a second apart.
func Fill(ctx context.Context, db *sql.DB, postgres bool, n int) (time.Time, error) {
	id := `printf('t%025d', n)`
	if postgres {
		id = `'t' || lpad(n::text, 25, '0')`
	}
	begin := time.Now().Add(-time.Duration(n) * time.Second).UnixMilli()
	if _, err := db.ExecContext(ctx, fmt.Sprintf(fill, id), n, begin); err != nil {
		return time.Time{}, fmt.Errorf("fill tasks: %w", err)
	}
	for _, text := range []string{
		fillSearch,
		`INSERT INTO task_tag (tag, task_num) SELECT 'rare', num FROM task WHERE num % 10000 = 0`,
		`INSERT INTO task_tag (tag, task_num) SELECT 'common', num FROM task WHERE num % 3 = 0`,
		`INSERT INTO task_metadata (key, value, task_num) SELECT 'team', 'red', num FROM task WHERE num % 3 = 1`,
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return time.Time{}, fmt.Errorf("fill: %w", err)
		}
	}
	if postgres { // as it does by itself in time; nothing does on SQLite
		if _, err := db.ExecContext(ctx, `ANALYZE`); err != nil {
			return time.Time{}, fmt.Errorf("analyze: %w", err)
		}
	}
	return time.UnixMilli(begin), nil
}
