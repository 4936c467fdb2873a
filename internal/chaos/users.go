package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	submitters = 6
	watchers   = 20
	// deciding is how long a task's submission must have been unknown before its user decides, so that a create
	// which was still under way when the server died has been done by then. It is when a careful user looks, too.
	deciding = 3 * time.Second
)

// task is what the users know of one.
type task struct {
	number int
	key    string // Idempotency-Key
	id     string
	// What its user did to it.
	cancelled, deleted, again bool
}

// users submit tasks, watch them and decide about them.
type users struct {
	w      *world
	client *http.Client

	mu     sync.Mutex // guards all below
	next   int
	tasks  []*task // accepted ones
	byID   map[string]*task
	ended  int           // about how many of them
	bursts chan struct{} // capacity 1

	sending atomic.Int64 // submissions that have not been accepted yet
	// Figures; guarded by mu.
	seen                       []*watched
	doubles, resent, decisions int
}

func newUsers(w *world) *users {
	return &users{
		w: w, byID: make(map[string]*task), bursts: make(chan struct{}, 1),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 50, ResponseHeaderTimeout: 30 * time.Second}},
	}
}

// apiKeys are those of the users. No trace of them may be left anywhere.
var apiKeys = []string{"sk-chaos-0-Zq8vN3xKtW", "sk-chaos-1-Hd72LmYpRc", "sk-chaos-2-Vb5TgXjQsE"}

// begin lets users submit and watch for as long as during, and decide for as long as deciding.
func (u *users) begin(during, deciding context.Context, group *sync.WaitGroup) {
	for i := range submitters {
		group.Go(func() { u.submitAll(during, deciding, u.w.random(uint64(100+i))) })
	}
	for i := range watchers {
		group.Go(func() { u.watchAll(during, deciding, u.w.random(uint64(200+i))) })
	}
	group.Go(func() { u.bursting(during, deciding, u.w.random(300)) })
	group.Go(func() { u.count(during) })
	group.Go(func() { u.decide(deciding) })
	group.Go(func() { u.meddle(during, u.w.random(400)) })
}

// submitAll submits one task after the other while there are not too many.
func (u *users) submitAll(during, after context.Context, r *rand.Rand) {
	for during.Err() == nil {
		if u.underWay() < u.w.live {
			u.submit(after, r)
		}
		sleep(during, between(r, 10*time.Millisecond, 250*time.Millisecond))
	}
}

// burst asks for many submissions at once, about now.
func (u *users) burst() {
	select {
	case u.bursts <- struct{}{}:
	default:
	}
	time.Sleep(20 * time.Millisecond)
}

func (u *users) bursting(during, after context.Context, r *rand.Rand) {
	for {
		select {
		case <-u.bursts:
		case <-during.Done():
			return
		}
		var group sync.WaitGroup
		for range 30 {
			seed := r.Uint64()
			group.Go(func() { u.submit(after, rand.New(rand.NewPCG(seed, 0))) })
		}
		group.Wait()
	}
}

// scenarios that can end only in one way for a follower who loses nothing.
var scenarios = []string{
	"ok", "ok", "ok", "fail", "cancelled", "action-required", "unknown-status", "warn", "no-messages", "duplicates", "duplicates", "unknown-kind",
	"bad-json", "error-event", "drop:3", "end-early:2", "odd-framing", "rate-limit:1", "server-error:2", "cut-create", "cut-create-before",
	"result-fails:3", "large-output:300", "long-trace:1500",
}

// submit sends one task until it is accepted, as a browser does that sends again what had no answer. Every tenth is
// sent twice at once, as by a double click.
func (u *users) submit(ctx context.Context, r *rand.Rand) {
	u.sending.Add(1)
	defer u.sending.Add(-1)
	u.mu.Lock()
	u.next++
	t := &task{number: u.next, key: fmt.Sprintf("chaos-%d-%d", u.w.seed, u.next)}
	u.mu.Unlock()
	body := u.body(t, r)
	again := 1
	if r.IntN(10) == 0 {
		again = 2
	}
	ids := make([]string, again)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() { ids[i] = u.sendUntilAccepted(ctx, t, body) })
	}
	group.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.doubles += again - 1
	for _, id := range ids {
		switch {
		case id == "":
		case t.id == "":
			t.id = id
			u.tasks, u.byID[id] = append(u.tasks, t), t
		case t.id != id:
			u.w.wrong.add("task %d was accepted twice, as %s and %s", t.number, t.id, id)
		}
	}
}

func (u *users) body(t *task, r *rand.Rand) []byte {
	scenario := scenarios[r.IntN(len(scenarios))] + fmt.Sprintf(",takes:%ds", 20+r.IntN(int(longestRun(u.w.length).Seconds())))
	body, err := json.Marshal(map[string]any{
		"processor": []string{"lite", "base", "core", "pro", "ultra"}[r.IntN(5)],
		"input":     fmt.Sprintf("question %d of seed %d", t.number, u.w.seed),
		"metadata":  map[string]any{"sandbox": scenario, numberKey: fmt.Sprint(t.number)},
	})
	if err != nil {
		panic(err)
	}
	return body
}

func (u *users) sendUntilAccepted(ctx context.Context, t *task, body []byte) string {
	header := http.Header{
		"Content-Type": {"application/json"}, "Idempotency-Key": {t.key}, "X-Api-Key": {apiKeys[t.number%len(apiKeys)]},
	}
	for attempt := 0; ctx.Err() == nil; attempt++ {
		id, err := u.send(ctx, header, body)
		if err == nil {
			return id
		}
		if status, ok := errors.AsType[statusError](err); ok && status.code < 500 {
			u.w.wrong.add("task %d was refused: %v", t.number, err)
			return ""
		}
		if attempt == 0 {
			u.mu.Lock()
			u.resent++
			u.mu.Unlock()
		}
		sleep(ctx, 300*time.Millisecond)
	}
	return ""
}

// statusError is an answer that is not a success.
type statusError struct {
	code int
	body string
}

func (e statusError) Error() string { return fmt.Sprintf("%d %s", e.code, e.body) }

func (u *users) send(ctx context.Context, header http.Header, body []byte) (string, error) {
	var answer struct{ TaskID string }
	if err := u.call(ctx, http.MethodPost, "/api/tasks", header, body, &answer); err != nil {
		return "", err
	}
	return answer.TaskID, nil
}

// call does one call of the API. A nil answer is not read.
func (u *users) call(ctx context.Context, method, path string, header http.Header, body []byte, answer any) error {
	_, err := u.ask(ctx, method, path, header, body, answer)
	return err
}

// ask is call, and returns the headers of the answer too.
func (u *users) ask(ctx context.Context, method, path string, header http.Header, body []byte, answer any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	resp, err := u.w.do(ctx, u.client, method, path, header, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for _, key := range apiKeys {
		if strings.Contains(string(data), key) {
			u.w.wrong.add("%s %s answers with an API key", method, path)
		}
	}
	if resp.StatusCode >= 300 {
		return nil, statusError{resp.StatusCode, string(data[:min(len(data), 300)])}
	}
	if answer == nil {
		return resp.Header, nil
	}
	return resp.Header, json.Unmarshal(data, answer)
}

// meddle cancels some tasks and deletes others.
func (u *users) meddle(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		sleep(ctx, between(r, 500*time.Millisecond, 3*time.Second))
		t, ok := u.any(r)
		if !ok {
			continue
		}
		remove := r.IntN(3) == 0
		u.mu.Lock() // before the call, as it may be done and its answer lost
		t.cancelled, t.deleted = true, t.deleted || remove
		u.mu.Unlock()
		if remove {
			_ = u.call(ctx, http.MethodDelete, "/api/tasks/"+t.id, nil, nil, nil)
		} else {
			_ = u.call(ctx, http.MethodPost, "/api/tasks/"+t.id+"/cancel", nil, nil, nil)
		}
	}
}

// any returns one of the newest tasks that nobody has done anything to.
func (u *users) any(r *rand.Rand) (*task, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.tasks) == 0 {
		return nil, false
	}
	newest := u.tasks[max(0, len(u.tasks)-u.w.live):]
	t := newest[r.IntN(len(newest))]
	return t, !t.cancelled && !t.deleted && !t.again
}

// listed is a task in the list.
type listed struct {
	ID, Status, RunID string
	CompletedAt       *time.Time
	UpdatedAt         time.Time
}

// decide looks after tasks whose submission is unknown, as their users would: if Parallel has a run they cancel the
// task here, if not they send it again.
func (u *users) decide(ctx context.Context) {
	since := make(map[string]time.Time)
	for ctx.Err() == nil {
		sleep(ctx, time.Second)
		var unknown []listed
		if u.call(ctx, http.MethodGet, "/api/tasks?status=submission_unknown&limit=500", nil, nil, &unknown) != nil {
			continue
		}
		for _, l := range unknown {
			if since[l.ID].IsZero() {
				since[l.ID] = time.Now()
			}
			if time.Since(since[l.ID]) >= deciding {
				u.decideOn(ctx, l.ID)
			}
		}
	}
}

func (u *users) decideOn(ctx context.Context, id string) {
	u.mu.Lock()
	t := u.byID[id]
	u.mu.Unlock()
	if t == nil {
		return // its user has not heard yet that it was accepted
	}
	made, err := u.w.upstream.runs()
	if err != nil {
		u.w.wrong.add("%v", err)
		return
	}
	u.mu.Lock()
	u.decisions++
	path := "/cancel"
	if len(made[t.number]) == 0 {
		path, t.again = "/submit-again", true
	} else {
		t.cancelled = true
	}
	u.mu.Unlock()
	_ = u.call(ctx, http.MethodPost, "/api/tasks/"+id+path, nil, nil, nil) // what fails is decided on again
}

func (u *users) accepted() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.tasks)
}

// underWay is about how many tasks have not ended.
func (u *users) underWay() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.tasks) - u.ended
}

// count keeps track of how many tasks have ended.
func (u *users) count(ctx context.Context) {
	for ctx.Err() == nil {
		sleep(ctx, 500*time.Millisecond)
		all, err := u.list(ctx)
		if err != nil {
			continue
		}
		open := 0
		for _, l := range all {
			if l.CompletedAt == nil {
				open++
			}
		}
		u.mu.Lock()
		u.ended = len(u.tasks) - open
		u.mu.Unlock()
	}
}

// list returns all tasks that the server has.
func (u *users) list(ctx context.Context) ([]listed, error) {
	var all []listed
	for path := "/api/tasks?limit=500"; path != ""; {
		var page []listed
		header, err := u.ask(ctx, http.MethodGet, path, nil, nil, &page)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		path = nextPage(header.Get("Link"))
	}
	return all, nil
}

// nextPage reads <path>; rel="next".
func nextPage(link string) string {
	path, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	return path
}

// awaitEnds waits until every task has ended and nobody is about to submit another.
func (u *users) awaitEnds(ctx context.Context) error {
	var open []listed
	for ctx.Err() == nil {
		all, err := u.list(ctx)
		if err == nil {
			open = slices.DeleteFunc(all, func(l listed) bool { return l.CompletedAt != nil })
			if len(open) == 0 && u.sending.Load() == 0 {
				return nil
			}
		}
		sleep(ctx, 500*time.Millisecond)
	}
	return fmt.Errorf("%d tasks have not ended %s after the last fault, such as %+v", len(open), patience, open[:min(3, len(open))])
}
