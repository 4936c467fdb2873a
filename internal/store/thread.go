package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// maxThread bounds the tasks of a thread that are shown, and the steps that are walked back to its beginning.
const maxThread = 50

// That a name is not empty is said again, as SQLite finds the index of those that are not by it.
const (
	selectInteraction = `SELECT ` + taskColumns + ` FROM task WHERE upstream = $1 AND interaction_id = $2 AND interaction_id <> '' ORDER BY num LIMIT 1`
	selectRun         = `SELECT ` + taskColumns + ` FROM task WHERE upstream = $1 AND run_id = $2 AND run_id <> '' ORDER BY num LIMIT 1`
	selectFollowers   = `SELECT ` + taskColumns + ` FROM task WHERE previous = $1 AND previous <> '' AND upstream = $2 AND `
)

// Thread returns the tasks that go on from each other and that a task is one of, oldest first: those that an owner may
// see in lists. A task that they may not see ends the way back, and what goes on from it is another thread.
func (s *Store) Thread(ctx context.Context, id string, visibleTo *string) ([]taskyard.Task, error) {
	task, err := s.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	root := task
	for range maxThread {
		earlier, err := s.OfRun(ctx, root.Upstream, root.Previous)
		if errors.Is(err, taskyard.ErrNotFound) || err == nil && !isVisible(earlier, visibleTo) {
			break
		}
		if err != nil {
			return nil, err
		}
		root = earlier
	}
	list := []taskyard.Task{root}
	for i := 0; i < len(list) && len(list) < maxThread; i++ {
		later, err := s.followers(ctx, list[i], visibleTo, maxThread-len(list))
		if err != nil {
			return nil, err
		}
		list = addNew(list, later)
		list = list[:min(maxThread, len(list))]
	}
	slices.SortStableFunc(list, func(a, b taskyard.Task) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, nil
}

// OfRun finds the task whose interaction, or run, has a name.
func (s *Store) OfRun(ctx context.Context, upstream, name string) (taskyard.Task, error) {
	if name == "" || checkText("run", upstream+name) != nil {
		return taskyard.Task{}, taskyard.ErrNotFound
	}
	for _, query := range []string{selectInteraction, selectRun} {
		var r row
		err := s.read.QueryRowContext(ctx, query, upstream, name).Scan(r.columns()...)
		if err == nil {
			return r.task()
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return taskyard.Task{}, fault("find interaction", err)
		}
	}
	return taskyard.Task{}, taskyard.ErrNotFound
}

func isVisible(t taskyard.Task, to *string) bool {
	return to == nil || t.Visibility == taskyard.Public || *to != "" && t.Owner == *to
}

// followers are the tasks that go on from a task, by the name of its interaction or of its run: a few more than asked for,
// one's own before those of others.
func (s *Store) followers(ctx context.Context, t taskyard.Task, visibleTo *string, most int) ([]taskyard.Task, error) {
	var list []taskyard.Task
	for _, name := range slices.Compact([]string{t.InteractionID, t.RunID}) {
		if name == "" {
			continue
		}
		for _, query := range followerQueries(visibleTo) {
			found, err := s.followersOf(ctx, query, name, t.Upstream, visibleTo, most)
			if err != nil {
				return nil, err
			}
			list = addNew(list, found)
		}
	}
	return list, nil
}

// addNew adds the tasks that a list does not have yet.
func addNew(list, more []taskyard.Task) []taskyard.Task {
	for _, t := range more {
		if !slices.ContainsFunc(list, func(known taskyard.Task) bool { return known.Num == t.Num }) {
			list = append(list, t)
		}
	}
	return list
}

// followerQueries find what goes on from something, each by an index in their order.
func followerQueries(visibleTo *string) []string {
	const end = ` ORDER BY num LIMIT $3`
	public, private := selectFollowers+`visibility = 'public'`+end, selectFollowers+`visibility = 'private'`+end
	switch {
	case visibleTo == nil:
		return []string{public, private}
	case *visibleTo == "":
		return []string{public}
	}
	return []string{selectFollowers + `owner = $4` + end, public}
}

func (s *Store) followersOf(ctx context.Context, query, name, upstream string, visibleTo *string, most int) ([]taskyard.Task, error) {
	args := []any{name, upstream, most}
	if strings.Contains(query, "$4") {
		args = append(args, *visibleTo)
	}
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fault("find follow-ups", err)
	}
	defer rows.Close()
	var list []taskyard.Task
	for rows.Next() {
		var r row
		if err := rows.Scan(r.columns()...); err != nil {
			return nil, fault("find follow-ups", err)
		}
		later, err := r.task()
		if err != nil {
			return nil, err
		}
		list = append(list, later)
	}
	if err := rows.Err(); err != nil {
		return nil, fault("find follow-ups", err)
	}
	return list, nil
}
