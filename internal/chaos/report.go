package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// report tells what happened, in figures.
func (w *world) report(out io.Writer) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	total := w.sum.commits
	for _, n := range w.faults.of {
		total += n
	}
	fmt.Fprintf(out, "faults %d:", total)
	for _, name := range slices.Sorted(maps.Keys(w.faults.of)) {
		fmt.Fprintf(out, " %s %d;", name, w.faults.of[name])
	}
	u, s := w.users, w.sum
	fmt.Fprintf(out, " commits that failed, half of them stored %d;\ntasks %d (%d cancelled, %d deleted by their users; %d resent, %d sent twice at once); statuses %v\n",
		s.commits, len(u.tasks), s.cancelled, s.deleted, u.resent, u.doubles, s.statuses)
	fmt.Fprintf(out, "events %d; create calls %d, runs made %d; unknown submissions decided on %d, sent again %d\n", s.events, s.calls, s.runs, u.decisions, s.again)
	fmt.Fprintf(out, "%s from the last fault to the last end\n", w.settled.Round(time.Millisecond))
	var all server
	for _, node := range w.nodes {
		all.starts, all.refusals = all.starts+node.starts, all.refusals+node.refusals
		all.slowestStart, all.longDrain = max(all.slowestStart, node.slowestStart), max(all.longDrain, node.longDrain)
	}
	fmt.Fprintf(out, "logs watched live to their end %d; starts %d (slowest %s), refused starts %d; slowest end after SIGTERM %s\n",
		len(u.seen), all.starts, all.slowestStart.Round(time.Millisecond), all.refusals, all.longDrain.Round(time.Millisecond))
	if w.cluster != nil {
		fmt.Fprintln(out, w.cluster.failover())
	}
}
