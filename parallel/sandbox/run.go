package sandbox

import (
	"container/list"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// record is what a run is a function of. It is a line of the state file.
type record struct {
	ID       string             `json:"id"`
	N        int64              `json:"n"` // number of the create
	At       time.Time          `json:"at"`
	Key      string             `json:"key"` // hash of the API key
	Seed     uint64             `json:"seed"`
	Scale    float64            `json:"scale"`
	Scenario string             `json:"scenario,omitempty"`
	Betas    string             `json:"betas,omitempty"`
	Previous string             `json:"previous,omitempty"` // what the earlier run was about
	Warnings []parallel.Warning `json:"warnings,omitempty"` // about the request
	Request  json.RawMessage    `json:"request"`            // the body of the create; header values are masked

	Cancelled time.Time `json:"cancelled,omitzero"` // set in the line that cancels a run, which has nothing else but its id
}

// run is a record and what is known of it in this process only.
type run struct {
	record
	input    *parallel.TaskRunInput // the request, parsed
	scripted *Script                // from WithScript; nil lets the simulation write one

	// How often what goes wrong "the first n times" was asked for.
	live, ended, status, result atomic.Int64
	sent                        atomic.Bool // one stream has sent the whole trace

	cancelled cancellation
	broken    broken
}

// when returns the real time of a simulated offset.
func (r *run) when(offset time.Duration) time.Time {
	real := time.Duration(float64(offset) / r.Scale)
	return r.At.Add(real.Truncate(time.Microsecond))
}

const (
	maxRuns     = 100_000   // remembered; the oldest are forgotten first
	maxRunBytes = 256 << 20 // of their requests
)

// runs are those that the sandbox remembers.
type runs struct {
	mu    sync.Mutex // guards all below
	byID  map[string]*list.Element
	order list.List // of *run, oldest first
	bytes int
}

func (r *runs) add(made *run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = map[string]*list.Element{}
	}
	if _, ok := r.byID[made.ID]; ok {
		return
	}
	r.byID[made.ID] = r.order.PushBack(made)
	r.bytes += len(made.Request)
	for len(r.byID) > maxRuns || r.bytes > maxRunBytes && len(r.byID) > 1 {
		oldest := r.order.Remove(r.order.Front()).(*run)
		delete(r.byID, oldest.ID)
		r.bytes -= len(oldest.Request)
	}
}

func (r *runs) get(id string) (*run, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.byID[id]
	if !ok {
		return nil, false
	}
	return e.Value.(*run), true
}
