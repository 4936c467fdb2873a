package main

import (
	"context"
	"errors"
	"time"
)

// costs are what processes used while they were watched.
type costs struct {
	cpu, database time.Duration
	events        int64 // that upstream said meanwhile
	opened        int64 // streams that were opened again meanwhile, which none should be
	span          time.Duration
}

// each is what one event cost, in microseconds.
func (c *costs) each() float64 { return float64(c.cpu.Microseconds()) / float64(max(1, c.events)) }

// databaseEach is the same for the database's own processes.
func (c *costs) databaseEach() float64 {
	return float64(c.database.Microseconds()) / float64(max(1, c.events))
}

// watchCosts counts for a window what a process and its database use.
func (b *bench) watchCosts(ctx context.Context, p *process, d *database, up *helper) (costs, error) {
	read := func() (c costs, err error) {
		var said upstreamCounts
		var errs [3]error
		c.cpu, errs[0] = p.cpu()
		if d != nil {
			c.database, errs[1] = d.cpu()
		}
		errs[2] = up.ask("counts", &said)
		c.events, c.opened = said.Written, said.Opened
		return c, errors.Join(errs[:]...)
	}
	before, err := read()
	if err != nil {
		return costs{}, err
	}
	begun := time.Now()
	if err := sleep(ctx, b.window); err != nil {
		return costs{}, err
	}
	after, err := read()
	return costs{after.cpu - before.cpu, after.database - before.database, after.events - before.events, after.opened - before.opened, time.Since(begun)}, err
}
