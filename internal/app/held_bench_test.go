package app

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/taskyard/taskyard/internal/pgtest"
)

// BenchmarkTasksHeld holds as many live tasks as there are operations on one node over PostgreSQL, at the speed of real
// ones, and tells what each costs. The simulator runs in the same process, so the figures are upper bounds: both ends
// of each stream are in them.
func BenchmarkTasksHeld(b *testing.B) {
	cfg := nodeConfig(pgtest.Own(b).URL("postgres"))
	cfg.SimulatorScale, cfg.Connections = 1, 20
	a, err := Start(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Stop(context.Background()) //nolint:errcheck // the figures are in by then
	before := heap()
	begun := time.Now()
	for range b.N {
		if _, _, err := a.service.Submit(b.Context(), exampleSubmit()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "creates/s")
	for followed := 0; followed < b.N; time.Sleep(100 * time.Millisecond) {
		err := a.store.ReadDB().QueryRowContext(b.Context(), `SELECT count(*) FROM task WHERE status = 'running' AND last_seq > 3`).Scan(&followed)
		if err != nil {
			b.Fatal(err)
		}
	}
	const span = 20 * time.Second
	cpu, events := cpuTime(b), storedEvents(b, a)
	time.Sleep(span)
	cpu, events = cpuTime(b)-cpu, storedEvents(b, a)-events
	b.ReportMetric(float64(heap()-before)/1024/float64(b.N), "KiB/task")
	b.ReportMetric(cpu.Seconds()/span.Seconds()*100, "%cpu")
	b.ReportMetric(float64(events)/span.Seconds(), "events/s")
}

// heap is what is in use of the heap and of stacks, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// cpuTime is what this process has used of processors.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func storedEvents(b *testing.B, a *App) (n int64) {
	if err := a.store.ReadDB().QueryRowContext(b.Context(), `SELECT sum(last_seq) FROM task`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}
