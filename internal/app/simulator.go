package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/runner"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// simulatorKey is what the server sends to the simulator, which takes any key. It is no word, as keys are blotted out
// of upstream's messages.
const simulatorKey = "taskyard-simulator"

// SandboxAddr is where taskyard sandbox listens unless told otherwise. Programs that the pages write for simulated tasks
// look for it there, as the server's own simulator cannot be reached from outside.
const SandboxAddr = "127.0.0.1:8090"

// simulatorTarget is the simulator as the runner reaches it. Unlike Parallel it can cancel a run.
func simulatorTarget(box *sandbox.Sandbox) runner.Upstream {
	client := box.Client()
	return runner.Upstream{BaseURL: sandbox.BaseURL, APIKey: taskyard.Hide(simulatorKey), HTTP: client, Cancel: func(ctx context.Context, runID string, key taskyard.Hidden) error {
		return sandbox.CancelRun(ctx, client, sandbox.BaseURL, key.Reveal(), runID)
	}}
}

// startSimulator makes the simulator. Its runs go on after a restart: they are remembered beside the database, or in it.
func startSimulator(cfg *Config, records sandbox.Records) (*sandbox.Sandbox, error) {
	memory := sandbox.WithRecords(records)
	if !cfg.clustered() {
		memory = sandbox.WithStateFile(cfg.simulatorState())
	}
	box, err := sandbox.New(
		memory,
		sandbox.WithIssuer(strings.TrimRight(cfg.PublicURL, "/")), // "" is the address that was asked
		sandbox.WithSeed(cfg.SimulatorSeed),
		sandbox.WithScale(cfg.SimulatorScale),
		sandbox.WithScenario(cfg.SimulatorScenario),
		sandbox.WithLogger(cfg.Logger),
	)
	if err != nil {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	return box, nil
}
