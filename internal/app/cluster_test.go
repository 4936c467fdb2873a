package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/live"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/seal"
)

// nodeConfig is a node's, in a cluster that has this database and runs simulated tasks in some seconds.
func nodeConfig(url string) Config {
	return Config{
		Addr: "127.0.0.1:0", Database: url, Connections: 8, Synchronous: "normal", SealKey: sealKeys(0),
		Upstream: "http://127.0.0.1:1", Simulator: true, SimulatorFirst: true, SimulatorScale: 60, SimulatorSeed: 1,
		DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Version: "test", Logger: slog.New(slog.DiscardHandler),
	}
}

// sealKeys is the ring of these keys, as in the environment.
func sealKeys(each ...byte) taskyard.Hidden {
	var keys []string
	for _, b := range each {
		keys = append(keys, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, seal.KeySize)))
	}
	return taskyard.Hide(strings.Join(keys, ","))
}

func startNode(t *testing.T, cfg Config) *App {
	t.Helper()
	a, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopNode(t, a) })
	return a
}

func stopNode(t *testing.T, a *App) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := a.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func exampleSubmit() taskyard.Submit {
	return taskyard.Submit{Request: json.RawMessage(`{"processor":"pro","input":"How high is the tower?"}`)}
}

func submitTo(t *testing.T, a *App) taskyard.Task {
	t.Helper()
	task, _, err := a.service.Submit(t.Context(), exampleSubmit())
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// follow reads a log to its end, on one node, and returns its length. at is called with each number.
func follow(a *App, id string, at func(seq int64)) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tail, err := live.New(a.store, a.hub).Tail(ctx, id, 0)
	if err != nil {
		return 0, err
	}
	defer tail.Close()
	var last int64
	for {
		events, err := tail.Next(ctx, time.Minute) // so that only an announcement ends it in time
		for _, e := range events {
			if e.Seq != last+1 {
				return last, fmt.Errorf("after event %d comes %d", last, e.Seq)
			}
			last = e.Seq
			at(last)
		}
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return last, err
		}
	}
}

// A task that is submitted to one node is watched on another, and goes on there when the first one stops.
func TestATaskIsWatchedOnAnyNodeAndOutlivesItsOwn(t *testing.T) {
	url := pgtest.Database(t)
	a := startNode(t, nodeConfig(url))
	task := submitTo(t, a)
	b := startNode(t, nodeConfig(url))
	last, err := follow(b, task.ID, func(seq int64) {
		if seq == 10 {
			stopNode(t, a)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	task, err = b.store.Task(t.Context(), task.ID)
	if err != nil || task.Status != taskyard.StatusCompleted || task.LastSeq != last {
		t.Errorf("%s with %d events, of which %d were seen, %v", task.Status, task.LastSeq, last, err)
	}
	var runs int
	if err := b.store.ReadDB().QueryRowContext(t.Context(), `SELECT count(*) FROM simulator_run`).Scan(&runs); err != nil || runs != 1 {
		t.Errorf("%d runs were made, %v", runs, err)
	}
}

// Whoever cancels need not be where the task is driven.
func TestATaskIsCancelledFromAnyNode(t *testing.T) {
	url := pgtest.Database(t)
	a := startNode(t, nodeConfig(url))
	task := submitTo(t, a)
	b := startNode(t, nodeConfig(url))
	_, err := follow(b, task.ID, func(seq int64) {
		if seq != 3 {
			return
		}
		if _, err := b.service.Cancel(t.Context(), task.ID); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if task, err = a.store.Task(t.Context(), task.ID); err != nil || task.Status != taskyard.StatusCancelled {
		t.Errorf("%s, %v", task.Status, err)
	}
}

func TestANodeWithAnotherSealKeyDoesNotStart(t *testing.T) {
	url := pgtest.Database(t)
	startNode(t, nodeConfig(url))
	cfg := nodeConfig(url)
	cfg.SealKey = sealKeys('k')
	if a, err := Start(t.Context(), cfg); err == nil {
		stopNode(t, a)
		t.Error("it starts")
	} else if !strings.Contains(err.Error(), "seal key") || strings.Contains(err.Error(), cfg.SealKey.Reveal()) {
		t.Error(err)
	}
	cfg.ReplaceSealKey = true
	startNode(t, cfg)
	cfg.SealKey, cfg.ReplaceSealKey = taskyard.Hidden{}, false
	if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "TASKYARD_SEAL_KEY") {
		t.Errorf("without a key: %v", err)
	}
}

// A node that is cut off from the database says that it is not ready, and is ready again by itself.
func TestANodeThatIsCutOffIsNotReady(t *testing.T) {
	server := pgtest.Own(t)
	a := startNode(t, nodeConfig(server.URL("postgres")))
	awaitReady(t, a, http.StatusOK)
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, a, http.StatusServiceUnavailable)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	awaitReady(t, a, http.StatusOK)
	task := submitTo(t, a)
	if _, err := follow(a, task.ID, func(int64) {}); err != nil {
		t.Error(err)
	}
}

func awaitReady(t *testing.T, a *App, want int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		resp, err := client.Get(a.URL() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("/readyz is %d, want %d", resp.StatusCode, want)
		}
	}
}
