package gallery

import (
	"context"
	"encoding/json"
	"time"

	"github.com/taskyard/taskyard"
)

// Service stores what is submitted as a pending task and remembers what it was asked.
type Service struct {
	Store     *Store
	Names     []taskyard.Upstream
	Submitted []taskyard.Submit
	Imported  []taskyard.Import
	Again     int   // how many tasks were submitted again
	Err       error // what every call answers, if set
}

// Upstreams implements [taskyard.Service].
func (s *Service) Upstreams() []taskyard.Upstream { return s.Names }

// Submit implements [taskyard.Service].
func (s *Service) Submit(_ context.Context, req taskyard.Submit) (taskyard.Task, bool, error) {
	s.Submitted = append(s.Submitted, req)
	if s.Err != nil {
		return taskyard.Task{}, false, s.Err
	}
	var body struct {
		Processor string          `json:"processor"`
		Input     json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(req.Request, &body); err != nil {
		return taskyard.Task{}, false, err
	}
	preview := string(body.Input)
	_ = json.Unmarshal(body.Input, &preview) // an object is shown as JSON
	return s.Store.Add(Fixture{
		Task: taskyard.Task{
			ID: taskyard.NewID(), Status: taskyard.StatusPending, Processor: body.Processor, Upstream: req.Upstream,
			Preview: preview, CreatedAt: time.Now(), Activity: taskyard.Activity{Phase: taskyard.PhaseWaiting},
		},
		Document: taskyard.Document{Request: req.Request},
	}), true, nil
}

// Import implements [taskyard.Service].
func (s *Service) Import(_ context.Context, i taskyard.Import) (taskyard.Task, bool, error) {
	s.Imported = append(s.Imported, i)
	if s.Err != nil {
		return taskyard.Task{}, false, s.Err
	}
	return s.Store.Add(Fixture{Task: taskyard.Task{
		ID: taskyard.NewID(), Status: taskyard.StatusQueued, Processor: "core", Upstream: i.Upstream, RunID: i.RunID,
		Preview: "An imported run", CreatedAt: time.Now(), Activity: taskyard.Activity{Phase: taskyard.PhaseWaiting},
	}}), true, nil
}

// SubmitAgain implements [taskyard.Service].
func (s *Service) SubmitAgain(ctx context.Context, id string) (taskyard.Task, error) {
	s.Again++
	if s.Err != nil {
		return taskyard.Task{}, s.Err
	}
	return s.Store.Task(ctx, id)
}

// Cancel implements [taskyard.Service].
func (s *Service) Cancel(ctx context.Context, id string) (taskyard.Task, error) {
	if s.Err != nil {
		return taskyard.Task{}, s.Err
	}
	return s.Store.Task(ctx, id)
}

// Delete implements [taskyard.Service].
func (s *Service) Delete(ctx context.Context, id string) error {
	if s.Err != nil {
		return s.Err
	}
	return s.Store.Delete(ctx, id)
}

// Both are a real upstream without a key of the server's own, and the simulator.
var Both = []taskyard.Upstream{
	{Name: "simulator", Simulated: true, HasKey: true, Cancels: true},
	{Name: "parallel"},
}
