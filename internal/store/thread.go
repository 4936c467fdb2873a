package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/taskyard/taskyard"
)

// maxThread bounds the tasks of a thread that are shown, and the steps that are walked back to its beginning.
const maxThread = 50

const (
	selectInteraction = `SELECT ` + taskColumns + ` FROM task WHERE upstream = $1 AND interaction_id = $2 ORDER BY num LIMIT 1`
	selectRun         = `SELECT ` + taskColumns + ` FROM task WHERE upstream = $1 AND run_id = $2 ORDER BY num LIMIT 1`
	selectFollowers   = `SELECT ` + taskColumns + ` FROM task WHERE previous = $1 AND upstream = $2 ORDER BY num LIMIT $3`
)

// Thread returns the tasks that go on from each other and that a task is one of, oldest first.
func (s *Store) Thread(ctx context.Context, id string) ([]taskyard.Task, error) {
	task, err := s.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	root := task
	for range maxThread {
		earlier, err := s.OfRun(ctx, root.Upstream, root.Previous)
		if errors.Is(err, taskyard.ErrNotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		root = earlier
	}
	list := []taskyard.Task{root}
	for i := 0; i < len(list) && len(list) < maxThread; i++ {
		later, err := s.followers(ctx, list[i], maxThread-len(list))
		if err != nil {
			return nil, err
		}
		for _, t := range later {
			if !slices.ContainsFunc(list, func(known taskyard.Task) bool { return known.Num == t.Num }) {
				list = append(list, t)
			}
		}
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

// followers are the tasks that go on from a task, by the name of its interaction or of its run.
func (s *Store) followers(ctx context.Context, t taskyard.Task, most int) ([]taskyard.Task, error) {
	var list []taskyard.Task
	for _, name := range slices.Compact([]string{t.InteractionID, t.RunID}) {
		if name == "" {
			continue
		}
		found, err := s.followersOf(ctx, name, t.Upstream, most)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (s *Store) followersOf(ctx context.Context, name, upstream string, most int) ([]taskyard.Task, error) {
	rows, err := s.read.QueryContext(ctx, selectFollowers, name, upstream, most)
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
