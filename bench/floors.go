package main

import (
	"context"
	"errors"
	"fmt"
)

// floors are what the bare programs need.
type floors struct {
	memory map[int]float64  // KiB of a stream, by how many there are
	insert map[string]costs // by engine and how many streams there are
}

func newFloors() floors { return floors{make(map[int]float64), make(map[string]costs)} }

func floorKey(engine string, n int) string { return fmt.Sprint(engine, n) }

// readFloors measures bare readers of n streams: one that discards, and one for each engine that inserts.
func (b *bench) readFloors(ctx context.Context, n int) error {
	b.say("floor: %d streams, read and parsed", n)
	bare, memory, err := b.readFloor(ctx, n, nil)
	if err != nil {
		return err
	}
	b.floors.memory[n] = memory
	b.add(figure{Name: "floor: processor to read and parse an event", Work: n, Of: ofTasks, Unit: "µs", Value: bare.each(), Each: true})
	for _, engine := range engines {
		b.say("floor: %d streams, inserted into %s", n, engine)
		d, err := b.emptyDatabase(ctx, engine)
		if err != nil {
			return err
		}
		c, _, err := b.readFloor(ctx, n, d)
		if err != nil {
			return err
		}
		b.floors.insert[floorKey(engine, n)] = c
		if err := d.drop(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readFloor returns what a reader costs, and its memory for each stream in KiB.
func (b *bench) readFloor(ctx context.Context, n int, d *database) (c costs, memory float64, err error) {
	up, err := b.startUpstream()
	if err != nil {
		return c, 0, err
	}
	defer func() { err = errors.Join(err, up.stop()) }()
	into := ""
	if d != nil {
		into = d.address
	}
	reader, err := help("reader", up.address, into, b.every.String())
	if err != nil {
		return c, 0, err
	}
	defer func() { err = errors.Join(err, reader.stop()) }()
	before, err := reader.memory()
	if err != nil {
		return c, 0, err
	}
	if err := reader.ask(fmt.Sprint(n), nil); err != nil {
		return c, 0, err
	}
	if err := sleep(ctx, b.settle); err != nil {
		return c, 0, err
	}
	if c, err = b.watchCosts(ctx, reader.process, d, up); err != nil {
		return c, 0, err
	}
	after, err := reader.memory()
	return c, kib(after-before) / float64(n), errors.Join(err, reader.ask("read", nil))
}
