package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"sort"
	"sync"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// cancelMoment is how long a cancelled run is cancelling before it is cancelled, in simulated time.
const cancelMoment = 6 * time.Second

// errCancelled ends a wait for what will not happen any more.
var errCancelled = errors.New("the run was cancelled")

// cancellation is whether a run was cancelled, and when.
type cancellation struct {
	mu   sync.Mutex    // guards at and told, and the state file's order: what was told stays true
	at   time.Time     // zero if it was not
	told time.Time     // until when some stream has told what happened
	done chan struct{} // closed when at is set
}

func (c *cancellation) since() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// tell notes that what happens until a time is about to be told, so that no cancel comes to lie before it. It
// reports whether the run is cancelled.
func (c *cancellation) tell(until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.told) {
		c.told = until
	}
	return !c.at.IsZero()
}

// setOnce cancels the run at a time unless it is cancelled.
func (c *cancellation) setOnce(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		c.set(at)
	}
}

// set cancels the run at a time. The caller holds mu.
func (c *cancellation) set(at time.Time) {
	c.at = at
	close(c.done)
}

// cancelRecord is the line of the state file about a cancel.
type cancelRecord struct {
	ID        string    `json:"id"`
	Cancelled time.Time `json:"cancelled"`
}

// cancel ends a run that has not ended. Parallel has no such call. Asking twice is as good as once.
func (s *Sandbox) cancel(w http.ResponseWriter, r *http.Request, run *run) {
	p := run.play()
	switch ended, err := s.cancelRun(r.Context(), run, p); {
	case err != nil:
		s.log.Error("a cancel could not be stored", "error", err)
		s.refuse(w, http.StatusInternalServerError, "Internal server error: the simulator could not store the cancel", nil)
	case ended:
		s.refuse(w, http.StatusConflict, "Run has ended: its status is "+string(p.End.Status), map[string]any{"run_id": run.ID})
	default:
		s.answer(w, http.StatusAccepted, encode(run.play().taskRun(time.Now())))
	}
}

// cancelRun reports whether the run, which has the play p unless it is cancelled already, has ended by itself. What
// happens at the very moment has happened.
func (s *Sandbox) cancelRun(ctx context.Context, run *run, p *play) (ended bool, err error) {
	c := &run.cancelled
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() {
		return false, nil
	}
	at := time.Now()
	if c.told.After(at) { // the clock was set back
		at = c.told
	}
	at = at.Truncate(time.Microsecond)
	if p.ended(at) {
		return true, nil
	}
	at, err = s.rememberCancel(ctx, run.ID, at)
	if err != nil {
		return false, err
	}
	c.set(at)
	s.log.Debug("run cancelled", "run_id", run.ID)
	return false, nil
}

// restoreCancel cancels a run of the state file again.
func (s *Sandbox) restoreCancel(id string, at time.Time) error {
	run, ok := s.runs.get(id)
	if !ok {
		return fmt.Errorf("cancels run %s, which is not known", id)
	}
	run.cancelled.setOnce(at)
	return nil
}

// cancelAt makes the run one that was cancelled at a time: nothing but its end happens afterwards.
func (p *play) cancelAt(at time.Time) {
	happened := sort.Search(p.trace.Len(), func(i int) bool { return p.due(i).After(at) })
	offset := time.Duration(min(float64(at.Sub(p.At))*p.Scale, math.MaxInt64/2))
	p.trace = stopped{p.trace, happened, Event{At: offset, Type: parallel.EventState, Status: parallel.StatusCancelling}}
	p.End = End{At: offset + cancelMoment, Status: parallel.StatusCancelled}
	p.isCancelled = true
}

// stopped is the beginning of a trace with one more event.
type stopped struct {
	Trace
	length int
	last   Event
}

func (s stopped) Len() int { return s.length + 1 }

func (s stopped) Peek(i int) (time.Duration, string) {
	if i == s.length {
		return s.last.At, s.last.Type
	}
	return s.Trace.Peek(i)
}

func (s stopped) Event(i int) Event {
	if i == s.length {
		return s.last
	}
	return s.Trace.Event(i)
}

// maxCancelAnswer bounds what is read of an answer to a cancel, in bytes: a run with its metadata, or an error.
const maxCancelAnswer = 1 << 20

// CancelRun makes the simulator's own call that cancels a run, at the sandbox with this address, with the key that
// made the run. A refusal is a [*parallel.APIError]: 409 where the run has ended by itself, 404 where it is not known.
func CancelRun(ctx context.Context, client *http.Client, baseURL, apiKey, runID string) error {
	const op = "cancel run"
	address, err := url.JoinPath(baseURL, "v1/tasks/runs", url.PathEscape(runID), "cancel")
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	req.Header.Set("X-Api-Key", apiKey)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxCancelAnswer))
	if err != nil {
		return fmt.Errorf("%s: read answer: %w", op, err)
	}
	if resp.StatusCode == http.StatusAccepted {
		return nil
	}
	refusal := &parallel.APIError{Op: op, StatusCode: resp.StatusCode}
	var said parallel.ErrorEvent
	if json.Unmarshal(body, &said) == nil && said.Type == parallel.EventError {
		refusal.RefID, refusal.Message, refusal.Detail, refusal.WellFormed = said.Err.RefID, said.Err.Message, said.Err.Detail, true
	}
	return refusal
}
