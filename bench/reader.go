package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// reader is the floor of holding live tasks: what a Go program costs that reads the same streams with net/http, parses
// each event, and discards it or inserts it into a database as plainly as one can.
type reader struct {
	client   *http.Client
	upstream string
	sink     sink
	read     atomic.Int64
	failed   chan error // capacity 1: the first fault, for whoever asks next
}

// sink takes events, nil discards them.
type sink interface {
	put(ctx context.Context, e row)
}

// row is an event as a floor stores it.
type row struct {
	task, seq int64
	kind      string
	data      []byte
	at        int64 // Unix milliseconds
}

// readerRole takes the upstream's address, the database's ("" discards), and the time between two events of a run. Told a
// number, it makes so many runs and follows them; told anything else, it says how many events it has read.
func readerRole(ctx context.Context, args []string) (role, error) {
	every, err := time.ParseDuration(args[2])
	if err != nil {
		return nil, err
	}
	f := &reader{client: plainClient(), upstream: args[0], failed: make(chan error, 1)}
	if database := args[1]; database != "" {
		if f.sink, err = openSink(ctx, database, f.fail); err != nil {
			return nil, err
		}
	}
	return served{"", func(command string) (any, error) {
		if n, err := strconv.Atoi(command); err == nil {
			f.begin(ctx, n, pace{every: every})
		}
		return f.count()
	}}, nil
}

func (f *reader) count() (int64, error) {
	select {
	case err := <-f.failed:
		return 0, err
	default:
		return f.read.Load(), nil
	}
}

func (f *reader) fail(err error) {
	select {
	case f.failed <- err:
	default:
	}
}

// plainClient is net/http as it comes, but for idle connections, which it keeps.
func plainClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 100
	return &http.Client{Transport: t}
}

// begin makes the runs, some at a time, and leaves each to a goroutine that follows it.
func (f *reader) begin(ctx context.Context, n int, p pace) {
	var opening sync.WaitGroup
	slots := make(chan struct{}, createWorkers)
	for i := range n {
		slots <- struct{}{}
		opening.Go(func() {
			defer func() { <-slots }()
			resp, err := openRun(ctx, f.client, f.upstream, p)
			if err != nil {
				f.fail(err)
				return
			}
			go f.follow(ctx, resp, int64(i)) // ends with the process
		})
	}
	opening.Wait()
}

// openRun makes a run at the upstream and opens its stream.
func openRun(ctx context.Context, client *http.Client, upstream string, p pace) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"processor": "pro", "input": "x", "metadata": p.metadata()})
	if err != nil {
		return nil, err
	}
	var made struct {
		RunID string `json:"run_id"`
	}
	if err := call(ctx, client, http.MethodPost, upstream+"/v1/tasks/runs", body, &made); err != nil {
		return nil, err
	}
	return openStream(ctx, client, upstream+"/v1/tasks/runs/"+made.RunID+"/events")
}

func openStream(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Api-Key", apiKey)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s answers %s", address, resp.Status), resp.Body.Close())
	}
	return resp, nil
}

// follow reads a stream to its end, line by line.
func (f *reader) follow(ctx context.Context, resp *http.Response, task int64) {
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxLine)
	for seq := int64(1); lines.Scan(); {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !isData {
			continue
		}
		var event struct{ Type string }
		if err := json.Unmarshal(data, &event); err != nil {
			f.fail(err)
			return
		}
		f.read.Add(1)
		if f.sink != nil {
			f.sink.put(ctx, row{task, seq, event.Type, bytes.Clone(data), time.Now().UnixMilli()})
		}
		seq++
	}
	f.fail(fmt.Errorf("a stream that does not end has ended: %w", lines.Err()))
}

// maxLine bounds a line of a stream, in bytes; the last event carries the whole output.
const maxLine = 8 << 20
