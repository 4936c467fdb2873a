package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard/internal/store/storetest"
)

// ofListed is what figures of lists are about.
const ofListed = "tasks"

// longTask is how many events the task has whose page is read beside the lists.
const longTask = 2000

// page is an address that is asked for again and again.
type page struct {
	name, path string
	most       float64 // ms at p99, 0 where there is nothing to reach
}

var listPages = []page{
	{"list page of 50", "/api/tasks?limit=50", 10},
	{"list page of 50, as HTML", "/tasks", 0},
	{"list, by status and processor", "/api/tasks?limit=50&status=failed&processor=pro", 0},
	{"list, by a rare tag", "/api/tasks?limit=50&tag=rare", 0},
	{"search for a word of one task in a thousand", "/api/tasks?limit=50&q=seldom", 0},
	{"search for a word of all tasks", "/api/tasks?limit=50&q=harbour", 0},
	{"search for a word of none", "/api/tasks?limit=50&q=nowhere", 0},
	{"a task of 2,000 events, as JSON", "/task/{id}", 10},
	{"a task of 2,000 events, as HTML", "/tasks/{id}", 0},
}

// lists measures pages of lists of finished tasks, and a start on them.
func (b *bench) lists(ctx context.Context) error {
	return b.onServers(ctx, "a list of %d tasks on %s", b.listed, b.listsOf)
}

func (b *bench) listsOf(ctx context.Context, s *server, n int) error {
	d, engine := s.database, s.database.engine
	if err := s.terminate(); err != nil {
		return err
	}
	if err := d.with(func(db *sql.DB) error {
		_, err := storetest.Fill(ctx, db, engine == postgres, n)
		return err
	}); err != nil {
		return err
	}
	if err := s.start(ctx); err != nil {
		return err
	}
	b.add(figure{Name: "start until it serves", Engine: engine, Work: n, Of: ofListed, Unit: "ms", Value: milliseconds(s.took)})
	id, err := finishedTask(ctx, s, longTask)
	if err != nil {
		return err
	}
	for _, p := range listPages {
		times, cpu, err := b.askFor(ctx, s, strings.ReplaceAll(p.path, "{id}", id))
		if err != nil {
			return err
		}
		b.add(figure{
			Name: p.name + ", p99", Engine: engine, Work: n, Of: ofListed, Unit: "ms", Value: milliseconds(times[len(times)*99/100]), Most: p.most, Unfit: true,
		})
		b.add(figure{Name: p.name + ", processor", Engine: engine, Work: n, Of: ofListed, Unit: "ms", Value: milliseconds(cpu)})
	}
	return nil
}

// askPatience bounds how long one page is asked for: slow ones are asked for less often.
const askPatience = 3 * time.Second

// fewestAsked is how often a page is asked for at least.
const fewestAsked = 20

// askFor asks for a page one time after the other and returns how long each took, sorted, and what one cost the program and
// the database's own processes together.
func (b *bench) askFor(ctx context.Context, s *server, path string) (times []time.Duration, cpu time.Duration, err error) {
	if _, err := s.read(ctx, path); err != nil { // the first opens the connection and fills caches
		return nil, 0, err
	}
	before, err := s.cpuOfBoth()
	if err != nil {
		return nil, 0, err
	}
	begun := time.Now()
	for i := range b.asked {
		if i >= fewestAsked && time.Since(begun) > askPatience {
			break
		}
		took, err := s.read(ctx, path)
		if err != nil {
			return nil, 0, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	after, err := s.cpuOfBoth()
	return times, (after - before) / time.Duration(len(times)), err
}

// cpuOfBoth is what the program and the database's own processes have used.
func (s *server) cpuOfBoth() (time.Duration, error) {
	own, err := s.cpu()
	database, databaseErr := s.database.cpu()
	return own + database, errors.Join(err, databaseErr)
}

// read reads a whole answer and returns how long that took.
func (s *server) read(ctx context.Context, path string) (time.Duration, error) {
	begun := time.Now()
	resp, err := openStream(ctx, s.client, s.base+path)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	size, err := io.Copy(io.Discard, resp.Body)
	if err == nil && size == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return time.Since(begun), err
}

// finishedTask makes a task whose run says so many events at once and ends, and waits for that.
func finishedTask(ctx context.Context, s *server, events int) (string, error) {
	id, err := s.create(ctx, pace{count: events})
	if err != nil {
		return "", err
	}
	return id, until(ctx, "the task's end", func() (bool, error) {
		var task struct{ CompletedAt *time.Time }
		err := call(ctx, s.client, http.MethodGet, s.base+"/api/tasks/"+id, nil, &task)
		return task.CompletedAt != nil, err
	})
}
