package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"syscall"
)

var simulatorAddress = regexp.MustCompile(`The simulator is at (http://\S+)\n`)

// simulator measures what the program's own simulator of the API costs, at the speed of real runs: it is no part of what is
// measured elsewhere, but demos, tests and other people's programs run on it.
func (b *bench) simulator(ctx context.Context) error {
	for _, n := range []int{b.holding[0], b.holding[len(b.holding)-1]} {
		if err := b.simulate(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) simulate(ctx context.Context, n int) (err error) {
	n = min(n, b.files-spareFiles)
	b.say("the simulator with %d streams", n)
	out := &tail{}
	p, err := launch(exec.CommandContext(context.WithoutCancel(ctx), b.program.path, "sandbox", "--addr", "127.0.0.1:0"), out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.end(syscall.SIGTERM, endPatience)) }()
	address := ""
	if err := until(ctx, "the simulator's address", func() (bool, error) {
		if found := simulatorAddress.FindStringSubmatch(out.String()); found != nil {
			address = found[1]
		}
		return address != "", nil
	}); err != nil {
		return err
	}
	reader, err := help("reader", address, "", b.every.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.stop()) }()
	idle, err := p.memory()
	if err := errors.Join(err, reader.ask(fmt.Sprint(n), nil), sleep(ctx, b.settle)); err != nil {
		return err
	}
	var before, after int64
	used, err := p.cpu()
	if err := errors.Join(err, reader.ask("read", &before), sleep(ctx, b.window), reader.ask("read", &after)); err != nil {
		return err
	}
	cpu, err := p.cpu()
	held, memoryErr := p.memory()
	b.add(figure{
		Name: "the simulator: processor for an event", Work: n, Of: "streams", Unit: "µs", Each: true,
		Value: float64((cpu - used).Microseconds()) / float64(max(1, after-before)),
	})
	b.add(figure{Name: "the simulator: memory of a stream", Work: n, Of: "streams", Unit: "KiB", Each: true, Value: kib(held-idle) / float64(n)})
	return errors.Join(err, memoryErr)
}
