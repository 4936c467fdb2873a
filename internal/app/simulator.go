package app

import (
	"fmt"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

// simulatorKey is what the server sends to the simulator, which takes any key.
const simulatorKey = "simulated"

func startSimulator(cfg *Config) (*sandbox.Sandbox, error) {
	box, err := sandbox.New(
		sandbox.WithSeed(cfg.SimulatorSeed),
		sandbox.WithScale(cfg.SimulatorScale),
		sandbox.WithScenario(cfg.SimulatorScenario),
		sandbox.WithStateFile(cfg.simulatorState()),
		sandbox.WithLogger(cfg.Logger),
	)
	if err != nil {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	return box, nil
}
