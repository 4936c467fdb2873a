package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"

	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// viewers are browsers, as far as a server sees them: each reads one stream of events. They know from an event's own time,
// which upstream gave it as it wrote it, how long it has been under way.
type viewers struct {
	client *http.Client
	open   atomic.Int64
	read   atomic.Int64 // events, those too that have no time of upstream's

	mu     sync.Mutex // guards delays and ends
	delays []time.Duration
	ends   []time.Duration // of the states that end a run
}

// delays are how long events were under way, in milliseconds.
type delays struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Most  float64 `json:"most"`
}

// seen is what the viewers saw.
type seen struct {
	Open   int64  `json:"open"`   // streams
	Read   int64  `json:"read"`   // events, since the beginning
	Events delays `json:"events"` // since they were asked the last time
	Ends   delays `json:"ends"`   // since the beginning
}

// viewersRole opens as many streams as it is told at each of the addresses.
func viewersRole(ctx context.Context, args []string) (role, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	v := &viewers{client: plainClient()}
	var opening sync.WaitGroup
	failed := make(chan error, n*len(args)) // one for each
	slots := make(chan struct{}, createWorkers)
	for _, address := range args[1:] {
		for range n {
			slots <- struct{}{}
			opening.Go(func() {
				defer func() { <-slots }()
				resp, err := openStream(ctx, v.client, address)
				if err != nil {
					failed <- err
					return
				}
				v.open.Add(1)
				go v.watch(resp) // ends with the process
			})
		}
	}
	opening.Wait()
	close(failed)
	if err := <-failed; err != nil {
		return nil, err
	}
	return served{"", v.answer}, nil
}

func (v *viewers) answer(string) (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := seen{Open: v.open.Load(), Read: v.read.Load(), Events: summary(v.delays), Ends: summary(v.ends)}
	v.delays = v.delays[:0]
	return s, nil
}

func summary(all []time.Duration) delays {
	if len(all) == 0 {
		return delays{}
	}
	slices.Sort(all)
	at := func(q float64) float64 { return milliseconds(all[int(q*float64(len(all)-1))]) }
	return delays{Count: len(all), P50: at(.5), P99: at(.99), P999: at(.999), Most: at(1)}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// watch reads a stream to its end. What was said before it was open is history, and not late.
func (v *viewers) watch(resp *http.Response) {
	defer v.open.Add(-1)
	defer resp.Body.Close()
	since := time.Now()
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadSlice('\n')
		isEvent := bytes.HasPrefix(line, dataMark)
		at, isEnd, ok := saidAt(line)
		if errors.Is(err, bufio.ErrBufferFull) { // the end carries the output; what it says of its time comes first
			err = skipLine(lines)
		}
		now := time.Now()
		if err != nil {
			return
		}
		if isEvent {
			v.read.Add(1)
		}
		if ok && at.After(since) {
			v.note(now.Sub(at), isEnd)
		}
	}
}

func skipLine(lines *bufio.Reader) error {
	for {
		if _, err := lines.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (v *viewers) note(late time.Duration, isEnd bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if isEnd {
		v.ends = append(v.ends, late)
	} else {
		v.delays = append(v.delays, late)
	}
}

var (
	dataMark    = []byte("data:")
	messageMark = []byte(`"task_run.progress_msg.`)
	stampMark   = []byte(`"timestamp":"`)
	endMark     = []byte(`"status":"completed"`)
	endStamp    = []byte(`"modified_at":"`)
)

// saidAt reads from a line when upstream said the event: a message, or the state that ends a run. The server gives events a
// time too, behind upstream's.
func saidAt(line []byte) (at time.Time, isEnd, ok bool) {
	mark := stampMark
	switch {
	case !bytes.HasPrefix(line, dataMark):
		return at, false, false
	case bytes.Contains(line, messageMark):
	case bytes.Contains(line, []byte(`"task_run.state"`)) && bytes.Contains(line, endMark):
		mark, isEnd = endStamp, true
	default:
		return at, false, false
	}
	_, rest, found := bytes.Cut(line, mark)
	if !found || len(rest) < len(stampLayout) {
		return at, isEnd, false
	}
	at, err := time.Parse(stampLayout, string(rest[:len(stampLayout)]))
	return at, isEnd, err == nil
}
