package store

import (
	"context"
	"slices"
)

// group is writes of one task that follow each other, as one: a stream brings several events in one window, and the
// task's row need move only once for all of them.
type group struct {
	pending            // what they come to
	members []*pending // in order; they share no memory with it but texts
}

// gather groups a batch. Only writes that follow each other without a gap, in one epoch, and before the task is settled
// become one; all others of a task that come behind such a break are returned singly, in order, to be written after
// the groups.
func gather(batch []*pending) (groups []*group, singles []*pending) {
	byTask := make(map[int64]*group, len(batch))
	broken := make(map[int64]bool)
	for _, p := range batch {
		g := byTask[p.Task]
		switch {
		case g == nil:
			g = &group{pending: *p, members: []*pending{p}}
			byTask[p.Task] = g
			groups = append(groups, g)
		case !broken[p.Task] && g.takes(p):
			g.add(p)
		default:
			broken[p.Task] = true
			singles = append(singles, p)
		}
	}
	return groups, singles
}

// takes reports whether p goes on where the group ends.
func (g *group) takes(p *pending) bool {
	return p.Epoch == g.Epoch && p.After == g.After+int64(len(g.Events)) && g.Change.Settle == nil
}

// add makes p part of the group: its events follow, and what it changes is what counts.
func (g *group) add(p *pending) {
	g.Events = append(slices.Clip(g.Events), p.Events...)
	for i, v := range p.change.columns {
		if v != nil {
			g.change.columns[i] = v
		}
	}
	g.change.any = g.change.any || p.change.any
	if p.change.output != "" {
		g.change.output = p.change.output
	}
	if p.Change.Result != nil {
		g.Change.Result = p.Change.Result
	}
	g.Change.Settle = p.Change.Settle
	g.writes++
	g.members = append(g.members, p)
}

// appendGroup writes a group at once. If that is refused its members are tried one by one: some may still fit, and each
// has a reason of its own.
func (a *appender) appendGroup(ctx context.Context, g *group) error {
	refusal, err := a.append(ctx, &g.pending)
	if err != nil {
		return err
	}
	if refusal == nil || len(g.members) == 1 {
		for _, p := range g.members {
			p.refusal = refusal
		}
		return nil
	}
	return a.appendEach(ctx, g.members)
}

// appendEach writes one by one, in order.
func (a *appender) appendEach(ctx context.Context, writes []*pending) (err error) {
	for _, p := range writes {
		if p.refusal, err = a.append(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
