package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
)

// findings are what is wrong.
type findings struct {
	mu   sync.Mutex // guards list
	list []string
}

func (f *findings) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// err is an error that tells them, or nil.
func (f *findings) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) == 0 {
		return nil
	}
	shown := f.list[:min(len(f.list), 20)]
	return fmt.Errorf("%d things are wrong:\n  %s", len(f.list), strings.Join(shown, "\n  "))
}

// totals are what the checks counted.
type totals struct {
	tasks, events, runs, calls, cancelled, deleted, again, commits int
	statuses                                                       map[string]int
}

// check holds everything that is left to the truth.
func (w *world) check(ctx context.Context) error {
	made, err := w.upstream.runs()
	if err != nil {
		return err
	}
	stored, err := w.users.list(ctx)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	w.sum = totals{statuses: make(map[string]int), calls: w.upstream.calls}
	logs := make(map[string][]event)
	for _, l := range stored {
		t := w.users.byID[l.ID]
		if t == nil {
			w.wrong.add("task %s is nobody's", l.ID)
			continue
		}
		if logs[l.ID], err = w.checkTask(ctx, t, l, made[t.number]); err != nil {
			w.wrong.add("task %s (number %d, %s): %v", l.ID, t.number, l.Status, err)
		}
	}
	w.checkAccepted(logs, made)
	w.checkWatched(logs)
	for _, node := range w.nodes {
		if err := node.terminate(); err != nil {
			w.wrong.add("the last end: %v", err)
		}
	}
	w.users.searchDisk()
	w.users.searchLog()
	return errors.Join(w.checkDatabase(ctx), w.wrong.err())
}

// checkTask compares one task with the truth about its run.
func (w *world) checkTask(ctx context.Context, t *task, l listed, made []string) ([]event, error) {
	var doc struct {
		Task struct {
			Result json.RawMessage
			Error  json.RawMessage
		}
		Events []event
	}
	if err := w.users.call(ctx, http.MethodGet, "/task/"+l.ID, nil, nil, &doc); err != nil {
		return nil, err
	}
	w.sum.tasks++
	w.sum.events += len(doc.Events)
	w.sum.statuses[l.Status]++
	for i, e := range doc.Events {
		if e.Seq != int64(i+1) {
			return doc.Events, fmt.Errorf("event %d has seq %d", i+1, e.Seq)
		}
	}
	if l.Status == "cancelled" && t.cancelled && l.RunID == "" {
		return doc.Events, nil
	}
	if len(made) != 1 || made[0] != l.RunID {
		return doc.Events, fmt.Errorf("its run is %q, and the runs that were made for it are %q: %s", l.RunID, made, doc.Task.Error)
	}
	truth, ok := w.upstream.log(l.RunID)
	if !ok {
		return doc.Events, errNoRun
	}
	return doc.Events, w.compare(t, l, doc.Events, doc.Task.Result, truth)
}

// compare holds a log and an end to those of the run. A task that was cancelled here has the beginning of the log.
func (w *world) compare(t *task, l listed, events []event, result json.RawMessage, truth []json.RawMessage) error {
	final := truth[len(truth)-1]
	var end struct {
		Run    struct{ Status string }
		Output any
	}
	if err := json.Unmarshal(final, &end); err != nil {
		return err
	}
	stopped := t.cancelled && l.Status == "cancelled" && !said(events, final)
	if stopped {
		truth = truth[:len(truth)-1]
	} else if l.Status != end.Run.Status {
		return fmt.Errorf("its run ended as %s", end.Run.Status)
	}
	heard := heardOf(events, stopped)
	if len(heard) > len(truth) || !stopped && len(heard) < len(truth) {
		return fmt.Errorf("it has %d events, and the truth has %d", len(heard), len(truth))
	}
	for i := range heard {
		if !same(heard[i], truth[i]) {
			return fmt.Errorf("event %d of the truth is %.300s, and the log has %.300s", i, truth[i], heard[i])
		}
	}
	if l.Status != "completed" {
		return nil
	}
	var got struct{ Output any }
	if err := json.Unmarshal(result, &got); err != nil {
		return fmt.Errorf("its result is %.300s: %w", result, err)
	}
	if !reflect.DeepEqual(got.Output, end.Output) {
		return fmt.Errorf("its result is %.300s, and the output is %.300s", result, final)
	}
	return nil
}

// said reports whether a log ends with the run's final state, before our note of the end.
func said(events []event, final json.RawMessage) bool {
	return len(events) > 1 && same(events[len(events)-2].Data, final)
}

// heardOf are the events that the truth has, too: not our notes, not progress_stats, and no state but the final one.
func heardOf(events []event, stopped bool) []json.RawMessage {
	var list []json.RawMessage
	for i, e := range events {
		final := i == len(events)-2 && !stopped // behind it is the note of the end
		if strings.HasPrefix(e.Type, "taskyard.") || e.Type == "task_run.progress_stats" || e.Type == "task_run.state" && !final {
			continue
		}
		list = append(list, e.Data)
	}
	return list
}

// same compares two events. The time at which a run was last changed depends on who asks.
func same(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// checkAccepted sees that each accepted task is there, and that nobody pays for a run that no task has.
func (w *world) checkAccepted(logs map[string][]event, made map[int][]string) {
	for _, t := range w.users.tasks {
		if _, there := logs[t.id]; !there && !t.deleted {
			w.wrong.add("task %s (number %d) was accepted and is not there", t.id, t.number)
		}
		if n := len(made[t.number]); n > 1 {
			w.wrong.add("%d runs were made for task %s (number %d)", n, t.id, t.number)
		}
		w.sum.runs += len(made[t.number])
		delete(made, t.number)
		for flag, sum := range map[*bool]*int{&t.cancelled: &w.sum.cancelled, &t.deleted: &w.sum.deleted, &t.again: &w.sum.again} {
			if *flag {
				*sum++
			}
		}
	}
	for n, runs := range made {
		w.wrong.add("the runs %q were made for number %d, of which no task was accepted", runs, n)
	}
}

// checkWatched compares what browsers saw with the logs.
func (w *world) checkWatched(logs map[string][]event) {
	for _, seen := range w.users.seen {
		events, there := logs[seen.id]
		if seen.gone || !there {
			continue // deleted
		}
		if len(seen.events) != len(events) {
			w.wrong.add("a browser saw %d of the %d events of task %s", len(seen.events), len(events), seen.id)
			continue
		}
		for i, hash := range seen.events {
			if hash != events[i].hash() {
				w.wrong.add("a browser saw another event %d of task %s", i+1, seen.id)
				break
			}
		}
	}
}

// openStored opens what was stored. An SQLite file is checked for its integrity.
func (w *world) openStored(ctx context.Context) (*sql.DB, error) {
	if w.cluster != nil {
		return w.cluster.open()
	}
	db, err := w.disk.open("mode=ro")
	if err != nil {
		return nil, err
	}
	var integrity string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		w.wrong.add("the database's integrity: %s, %v", integrity, err)
	}
	return db, nil
}

// checkDatabase looks into the closed database.
func (w *world) checkDatabase(ctx context.Context) error {
	db, err := w.openStored(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for what, query := range map[string]string{
		"jobs are not done":       `SELECT count(*) FROM river_job WHERE state NOT IN ('completed', 'cancelled')`,
		"secrets are left":        `SELECT count(*) FROM task_secret`,
		"events are without task": `SELECT count(*) FROM event WHERE task_num NOT IN (SELECT num FROM task) AND task_num NOT IN (SELECT task_num FROM deleted_task)`,
	} {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		if n != 0 {
			w.wrong.add("%d %s", n, what)
		}
	}
	return nil
}
