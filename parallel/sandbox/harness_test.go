package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a sandbox with a client, in a bubble where time costs nothing.
type world struct {
	*testing.T
	box    *sandbox.Sandbox
	client *parallel.Client

	patience time.Duration // bounds one stream; 0: nothing does
}

// inBubble runs a test with a sandbox of its own.
func inBubble(t *testing.T, test func(w *world), opts ...sandbox.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		box, err := sandbox.New(opts...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := box.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}()
		w := &world{T: t, box: box}
		w.client = w.as("key")
		test(w)
	})
}

func (w *world) as(key string, opts ...parallel.Option) *parallel.Client {
	w.Helper()
	opts = append(opts, parallel.WithBaseURL(sandbox.BaseURL), parallel.WithHTTPClient(w.box.Client()))
	c, err := parallel.New(key, opts...)
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// create makes a run that must be accepted.
func (w *world) create(body string) *parallel.TaskRun {
	w.Helper()
	run, err := w.client.CreateRunJSON(w.Context(), json.RawMessage(body))
	if err != nil {
		w.Fatalf("create %.200s: %v", body, err)
	}
	return run
}

// refused makes a run that must be refused.
func (w *world) refused(body string) *parallel.APIError {
	w.Helper()
	_, err := w.client.CreateRunJSON(w.Context(), json.RawMessage(body))
	api, ok := errors.AsType[*parallel.APIError](err)
	if !ok {
		w.Fatalf("create %.200s: got %v, want a refusal", body, err)
	}
	return api
}

// heard is what one connection brought.
type heard struct {
	events []parallel.Event
	bad    int   // lines that were no events
	err    error // how it ended; nil for a proper end
}

// listen opens one event stream and reads it to its end.
func (w *world) listen(runID string) heard {
	var h heard
	ctx := w.Context()
	if w.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.patience)
		defer cancel()
	}
	for e, err := range w.client.Events(ctx, runID) {
		if _, ok := errors.AsType[*parallel.InvalidFrameError](err); ok {
			h.bad++
			continue
		}
		if err != nil {
			h.err = err
			break
		}
		h.events = append(h.events, e)
	}
	return h
}

// kinds counts the events by their type.
func (h heard) kinds() map[string]int {
	n := map[string]int{}
	for _, e := range h.events {
		n[e.Type]++
	}
	return n
}

// truth is what a follower must have in the end of these events: not the states before the last, and no stats.
func (h heard) truth() []json.RawMessage {
	var log []json.RawMessage
	for i, e := range h.events {
		if e.Type == parallel.EventStats || e.Type == parallel.EventState && i < len(h.events)-1 {
			continue
		}
		log = append(log, e.Raw)
	}
	return log
}

func (h heard) status(t *testing.T, i int) parallel.Status {
	t.Helper()
	if i < 0 {
		i += len(h.events)
	}
	if i < 0 || i >= len(h.events) {
		t.Fatalf("there are %d events (%v)", len(h.events), h.err)
	}
	s, ok := h.events[i].State()
	if !ok {
		t.Fatalf("event %d is %s, want a state", i, h.events[i].Type)
	}
	return s.Run.Status
}

// sameJSON compares lists of JSON values.
func sameJSON(t *testing.T, got, want []json.RawMessage) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("value %d is missing: %.300s", i, want[i])
		case i >= len(want):
			t.Fatalf("value %d is too much: %.300s", i, got[i])
		case !reflect.DeepEqual(decode(t, got[i]), decode(t, want[i])):
			t.Fatalf("value %d is\n%.600s\nwant\n%.600s", i, got[i], want[i])
		}
	}
}

func decode(t *testing.T, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %.200s", err, raw)
	}
	return v
}

// get makes a bare call.
func (w *world) get(path, key string) (int, string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, sandbox.BaseURL+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	if key != "" {
		req.Header.Set("x-api-key", key)
	}
	resp, err := w.box.Client().Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// simple is the body of a create with a scenario and perhaps more members.
func simple(processor, scenario string, more ...string) string {
	b := fmt.Sprintf(`{"processor":%q,"input":"Why do tides turn?"`, processor)
	if scenario != "" {
		b += fmt.Sprintf(`,"metadata":{"sandbox":%q}`, scenario)
	}
	return b + strings.Join(append([]string{""}, more...), ",") + "}"
}

// took returns how much bubble time a call took.
func took(call func()) time.Duration {
	begun := time.Now()
	call()
	return time.Since(begun)
}
