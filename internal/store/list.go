package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// Tasks returns one page of a list, newest first. It never reads documents.
func (s *Store) Tasks(ctx context.Context, q taskyard.TaskQuery) (taskyard.TaskPage, error) {
	if err := checkQuery(q); err != nil {
		return taskyard.TaskPage{}, err
	}
	frequent, err := s.commonMarks(ctx, q)
	if err != nil {
		return taskyard.TaskPage{}, err
	}
	text, args, err := listQuery(q, frequent, IsPostgres(s.cfg.Database))
	if err != nil {
		return taskyard.TaskPage{}, err
	}
	rows, err := s.read.QueryContext(ctx, text, args...)
	if err != nil {
		return taskyard.TaskPage{}, fault("list tasks", err)
	}
	defer rows.Close()
	var page taskyard.TaskPage
	for rows.Next() {
		if len(page.Tasks) == q.Limit { // the row that was asked for to learn whether there is more
			last := page.Tasks[q.Limit-1]
			page.Next = taskyard.Cursor{CreatedAt: last.CreatedAt.UnixMilli(), Num: last.Num}
			break
		}
		var r row
		if err := rows.Scan(r.columns()...); err != nil {
			return taskyard.TaskPage{}, fault("list tasks", err)
		}
		task, err := r.task()
		if err != nil {
			return taskyard.TaskPage{}, err
		}
		page.Tasks = append(page.Tasks, task)
	}
	if err := rows.Err(); err != nil {
		return taskyard.TaskPage{}, fault("list tasks", err)
	}
	return page, nil
}

const (
	// listValues bounds the statuses, and the processors, that one query can name.
	listValues = 100
	// listBranches is up to how many indexes are walked at once. Above it the query names so much that walking the
	// whole list by time finds a page soon enough.
	listBranches = 64
)

// checkQuery refuses what passes a bound, and texts that PostgreSQL would not look for.
func checkQuery(q taskyard.TaskQuery) error {
	if q.Limit < 1 || q.Limit > taskyard.MaxPage {
		return taskyard.Invalid("limit", "limit is %d; it can be 1 to %d", q.Limit, taskyard.MaxPage)
	}
	for _, f := range []struct {
		name  string
		texts []string
		most  int
		what  string
	}{
		{"status", distinct(q.Statuses), listValues, "statuses"}, {"processor", distinct(q.Processors), listValues, "processors"},
		{"metadata", slices.Collect(maps.Keys(q.Metadata)), taskyard.MaxTags, "keys of metadata"}, {"metadata", slices.Collect(maps.Values(q.Metadata)), taskyard.MaxTags, "values of metadata"},
		{"tag", q.Tags, taskyard.MaxTags, "tags"}, {"upstream", []string{q.Upstream}, 1, ""}, {"mode", []string{q.Mode}, 1, ""}, {"owner", []string{q.Owner}, 1, ""},
	} {
		if len(f.texts) > f.most {
			return taskyard.Invalid(f.name, "a query can name %d %s", f.most, f.what)
		}
		for _, text := range f.texts {
			if err := checkText(f.name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// listQuery builds the SQL of a page. Each status, processor or pair of them has an index in list order; several
// are walked side by side and merged, so that however rare they are, nothing is sorted and little is skipped. SQLite
// merges as it walks; PostgreSQL does not, and is told to end each walk after a page (bounded).
func listQuery(q taskyard.TaskQuery, frequent map[string]bool, bounded bool) (string, []any, error) {
	statuses, processors := distinct(q.Statuses), distinct(q.Processors)
	b := listBuilder{frequent: frequent}
	sights := b.sights(q.VisibleTo)
	common, err := b.common(q)
	if err != nil {
		return "", nil, err
	}
	var branches []string
	if n := max(1, len(statuses)) * max(1, len(processors)) * len(sights); n > listBranches {
		// The empty string keeps the columns' own indexes out: they would need a sort.
		branches = []string{and(b.in("status || ''", statuses), b.in("processor || ''", processors), either(sights), common)}
	} else {
		ofProcessors := b.equal("processor", processors)
		for _, status := range b.equal("status", statuses) {
			for _, processor := range ofProcessors {
				for _, sight := range sights {
					branches = append(branches, and(status, processor, sight, common))
				}
			}
		}
	}
	const order = ` ORDER BY created_at DESC, num DESC LIMIT `
	limit := b.param(q.Limit + 1)
	for i, where := range branches {
		branches[i] = `SELECT ` + taskColumns + ` FROM task` + where
		if bounded && len(branches) > 1 {
			branches[i] = `SELECT * FROM (` + branches[i] + order + limit + `) AS branch`
		}
	}
	return strings.Join(branches, ` UNION ALL `) + order + limit, b.args, nil
}

// manyTagged is how many tasks have a tag, or metadata, that is common: fewer are found first and sorted.
const manyTagged = 5_000

// commonMarks are the tags, and the metadata as key=value, of so many tasks that a list of them is not sorted but walked.
func (s *Store) commonMarks(ctx context.Context, q taskyard.TaskQuery) (map[string]bool, error) {
	common := make(map[string]bool)
	count := func(name, query string, args ...any) error {
		var n int
		if err := s.read.QueryRowContext(ctx, query, append(args, manyTagged)...).Scan(&n); err != nil {
			return fault("count marked tasks", err)
		}
		common[name] = n == manyTagged
		return nil
	}
	for _, tag := range distinct(q.Tags) {
		if err := count(tag, `SELECT count(*) FROM (SELECT 1 FROM task_tag WHERE tag = $1 LIMIT $2) AS marked`, tag); err != nil {
			return nil, err
		}
	}
	for key, value := range q.Metadata {
		err := count(key+"="+value, `SELECT count(*) FROM (SELECT 1 FROM task_metadata WHERE key = $1 AND value = $2 LIMIT $3) AS marked`, key, value)
		if err != nil {
			return nil, err
		}
	}
	return common, nil
}

// listBuilder numbers the parameters of a query.
type listBuilder struct {
	args     []any
	frequent map[string]bool // see commonMarks
}

func (b *listBuilder) param(v any) string {
	b.args = append(b.args, v)
	return fmt.Sprintf("$%d", len(b.args))
}

// common are the conditions that every branch has.
func (b *listBuilder) common(q taskyard.TaskQuery) (string, error) {
	var all []string
	if q.Upstream != "" {
		all = append(all, `upstream = `+b.param(q.Upstream))
	}
	if q.Owner != "" {
		all = append(all, `owner = `+b.param(q.Owner))
	}
	if q.Mode != "" {
		all = append(all, `mode = `+b.param(q.Mode))
	}
	for _, tag := range distinct(q.Tags) {
		if b.frequent[tag] { // walking the list soon finds a page of them
			all = append(all, `EXISTS (SELECT 1 FROM task_tag WHERE tag = `+b.param(tag)+` AND task_num = task.num)`)
		} else {
			all = append(all, `num IN (SELECT task_num FROM task_tag WHERE tag = `+b.param(tag)+`)`)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(q.Metadata)) {
		where := `key = ` + b.param(key) + ` AND value = ` + b.param(q.Metadata[key])
		if b.frequent[key+"="+q.Metadata[key]] {
			all = append(all, `EXISTS (SELECT 1 FROM task_metadata WHERE `+where+` AND task_num = task.num)`)
		} else {
			all = append(all, `num IN (SELECT task_num FROM task_metadata WHERE `+where+`)`)
		}
	}
	if !q.Since.IsZero() {
		all = append(all, `created_at >= `+b.param(q.Since.UnixMilli()))
	}
	if !q.Until.IsZero() {
		all = append(all, `created_at < `+b.param(q.Until.UnixMilli()))
	}
	if !q.After.IsZero() {
		all = append(all, `(created_at, num) < (`+b.param(q.After.CreatedAt)+`, `+b.param(q.After.Num)+`)`)
	}
	if q.Search != "" {
		pattern, err := likePattern(q.Search)
		if err != nil {
			return "", err
		}
		p := b.param(pattern)
		all = append(all, `EXISTS (SELECT 1 FROM task_search WHERE task_num = task.num
			AND (input LIKE `+p+` ESCAPE '\' OR output LIKE `+p+` ESCAPE '\' OR title LIKE `+p+` ESCAPE '\'))`)
	}
	return strings.Join(all, ` AND `), nil
}

// audience is who sees a task in lists: everybody, or one owner. The indexes have this very expression.
const audience = `(CASE visibility WHEN 'public' THEN '*' ELSE owner END)`

// sights are the conditions under which a task may be seen: each is walked by an index of its own, so that neither many
// tasks of others nor many that are hidden make a page slow. No two of them hold for one task.
func (b *listBuilder) sights(visibleTo *string) []string {
	public := audience + ` = '*'`
	switch {
	case visibleTo == nil:
		return []string{""}
	case *visibleTo == "":
		return []string{public}
	}
	return []string{public, audience + ` = ` + b.param(*visibleTo)}
}

// equal are the conditions that column is one of values, one each; no value is one condition that always holds.
func (b *listBuilder) equal(column string, values []string) []string {
	if len(values) == 0 {
		return []string{""}
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = column + ` = ` + b.param(v)
	}
	return all
}

// in is the condition that expr is one of values.
func (b *listBuilder) in(expr string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	params := make([]string, len(values))
	for i, v := range values {
		params[i] = b.param(v)
	}
	return expr + ` IN (` + strings.Join(params, `, `) + `)`
}

// either is the condition that one of several holds.
func either(conditions []string) string {
	if len(conditions) == 1 {
		return conditions[0]
	}
	return `(` + strings.Join(conditions, ` OR `) + `)`
}

// and joins the conditions that are not empty to a WHERE clause.
func and(conditions ...string) string {
	conditions = slices.DeleteFunc(conditions, func(c string) bool { return c == "" })
	if len(conditions) == 0 {
		return ""
	}
	return ` WHERE ` + strings.Join(conditions, ` AND `)
}

// distinct are the values of a list, each once.
func distinct[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
