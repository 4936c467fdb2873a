package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// underBroadcast is the floor of delays.
const underBroadcast = "broadcast"

// showing is a task that is watched.
type showing struct {
	viewers int
	every   time.Duration // between its events
}

// showings are a single viewer of a quick task, so that there is enough to see, and a crowd before a slower one.
func (b *bench) showings() []showing {
	return []showing{{1, 10 * time.Millisecond}, {b.crowd, b.calm}}
}

// watch measures how late viewers see the events of one task among all that are held.
func (h *held) watch(ctx context.Context) error {
	for _, s := range h.showings() {
		before, err := h.counts()
		if err != nil {
			return err
		}
		id, err := h.server.create(ctx, pace{every: s.every})
		if err != nil {
			return err
		}
		if err := h.awaitOpened(ctx, before.Opened+1); err != nil {
			return err
		}
		floor, err := h.floorOf(ctx, s)
		if err != nil {
			return err
		}
		h.say("%d viewers of one of %d live tasks on %s", s.viewers, h.n, h.engine)
		saw, err := h.look(ctx, s, h.server.process, h.server.base+"/api/tasks/"+id+"/events")
		if err != nil {
			return err
		}
		for _, f := range saw.figures(s, floor, h.load) {
			h.figure(f)
		}
	}
	return nil
}

// watched is what a number of viewers saw within a window, and what it cost to show it.
type watched struct {
	delays
	cpu, span time.Duration
	read      int64 // events, by all viewers together
}

// each is what it costs to show one event to one viewer, in microseconds, where so many cores were busy without.
func (w *watched) each(load float64) float64 {
	return (w.cpu.Seconds() - load*w.span.Seconds()) * 1e6 / float64(w.read)
}

// figures are what was seen beside a floor. One viewer costs too little to be told from the load.
func (w *watched) figures(s showing, floor watched, load float64) []figure {
	name := fmt.Sprintf("upstream's write to a viewer's read, %d viewers, ", s.viewers)
	if s.viewers == 1 {
		name = "upstream's write to a viewer's read, 1 viewer, "
	}
	all := []figure{
		{Name: name + "p50", Unit: "ms", Value: w.P50, Floor: floor.P50, Under: underBroadcast},
		{Name: name + "p99", Unit: "ms", Value: w.P99, Floor: floor.P99, Under: underBroadcast, Most: 50},
		{Name: name + "p99.9", Unit: "ms", Value: w.P999, Floor: floor.P999, Under: underBroadcast},
	}
	if s.viewers > 1 {
		all = append(all, figure{
			Name: fmt.Sprintf("processor to show an event to one of %d viewers", s.viewers), Unit: "µs", Value: max(0, w.each(load)),
			Floor: floor.each(0), Under: underBroadcast,
		})
	}
	return all
}

// look lets viewers watch one address of a process for a window.
func (b *bench) look(ctx context.Context, s showing, of *process, address string) (w watched, err error) {
	crowd, err := help("viewers", fmt.Sprint(s.viewers), address)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	if err := sleep(ctx, b.settle/2); err != nil {
		return w, err
	}
	var before, after seen
	cpu, err := of.cpu()
	if err := errors.Join(err, crowd.ask("seen", &before)); err != nil {
		return w, err
	}
	begun := time.Now()
	if err := sleep(ctx, b.window); err != nil {
		return w, err
	}
	if err := until(ctx, "an event that is seen", func() (bool, error) { // a very busy machine may need longer for one
		err := crowd.ask("seen", &after)
		return after.Events.Count > 0, err
	}); err != nil {
		return w, err
	}
	w.span = time.Since(begun)
	w.cpu, err = of.cpu()
	if err == nil && after.Open != int64(s.viewers) {
		err = fmt.Errorf("%d of %d viewers are left", after.Open, s.viewers)
	}
	if err != nil {
		return w, err
	}
	w.cpu, w.read, w.delays = w.cpu-cpu, after.Read-before.Read, after.Events
	return w, nil
}

// floorOf is what viewers see of a bare broadcast, and what that costs. It is measured once, beside the same load.
func (b *bench) floorOf(ctx context.Context, s showing) (w watched, err error) {
	if known, ok := b.shown[s]; ok {
		return known, nil
	}
	b.say("floor: %d viewers of a broadcast", s.viewers)
	up, err := b.startUpstream()
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, up.stop()) }()
	cast, err := help("broadcast", up.address, s.every.String())
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, cast.stop()) }()
	if w, err = b.look(ctx, s, cast.process, cast.address); err == nil {
		b.shown[s] = w
	}
	return w, err
}

// watchEnds measures how late viewers see that a run has ended. Upstream says nothing until all of them are there.
func (h *held) watchEnds(ctx context.Context) (err error) {
	h.say("the ends of %d of %d tasks on %s", h.ends, h.n, h.engine)
	before, err := h.counts()
	if err := errors.Join(err, h.upstream.ask("pause", nil)); err != nil {
		return err
	}
	args := []string{"1"}
	for range h.ends {
		id, err := h.server.create(ctx, pace{every: 100 * time.Millisecond, count: 50}) // so that the load is as before when they end
		if err != nil {
			return err
		}
		args = append(args, h.server.base+"/api/tasks/"+id+"/events")
	}
	crowd, err := help("viewers", args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	if err := errors.Join(h.awaitOpened(ctx, before.Opened+int64(h.ends)), h.upstream.ask("resume", nil)); err != nil {
		return err
	}
	var saw seen
	if err := until(ctx, "viewers who see the end of all runs", func() (bool, error) {
		err := crowd.ask("seen", &saw)
		return saw.Ends.Count == h.ends, err
	}); err != nil {
		return err
	}
	h.figure(figure{Name: "upstream's end to a viewer's read, p50", Unit: "ms", Value: saw.Ends.P50})
	h.figure(figure{Name: "upstream's end to a viewer's read, the latest", Unit: "ms", Value: saw.Ends.Most, Most: 100})
	return nil
}
