package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/taskyard/taskyard/parallel"
)

// DemoScale makes a pro task, whose documented time is two to ten minutes, take about 25 seconds.
const DemoScale float64 = 12

// Option configures a [Sandbox].
type Option func(*Sandbox) error

// WithSeed chooses another set of stories. The default is 1.
func WithSeed(seed uint64) Option {
	return func(s *Sandbox) error {
		s.seed = seed
		return nil
	}
}

// Bounds of the scale: beyond them, times would no longer fit or all be zero.
const (
	minScale = 1e-3
	maxScale = 1e6
)

// WithScale makes time run faster or slower: it is the number of simulated seconds in a real one. The default is 1.
func WithScale(scale float64) Option {
	return func(s *Sandbox) error {
		if math.IsNaN(scale) || scale < minScale || scale > maxScale {
			return fmt.Errorf("scale %v: must be between %v and %v", scale, minScale, maxScale)
		}
		s.scale = scale
		return nil
	}
}

// WithScenario is what runs follow that name no scenario of their own; see [Scenarios].
func WithScenario(scenario string) Option {
	return func(s *Sandbox) error {
		if _, err := parseScenario(scenario); err != nil {
			return err
		}
		s.scenario = scenario
		return nil
	}
}

// WithStateFile makes runs outlive the sandbox: each is one line of the file, which is made with mode 0600 if it is
// missing. Keys, header values and webhook addresses are not written. One sandbox at a time may use a file. An
// empty path is the default: runs end with the sandbox.
func WithStateFile(path string) Option {
	return func(s *Sandbox) error {
		s.statePath = path
		return nil
	}
}

// WithRecords lets many sandboxes play the same runs: one that another sandbox made is looked up when it is asked for.
func WithRecords(records Records) Option {
	return func(s *Sandbox) error {
		s.records = records
		return nil
	}
}

// WithLogger is told about runs that are made and about trouble with the state file. The default is silence.
func WithLogger(logger *slog.Logger) Option {
	return func(s *Sandbox) error {
		if logger == nil {
			return errors.New("logger: is nil")
		}
		s.log = logger
		return nil
	}
}

// WithIssuer is the address under which browsers reach the sandbox, such as https://tasks.example.com: sign-in names it
// as its own. The default is the address that a request was sent to, which behind a proxy is not the browser's.
func WithIssuer(origin string) Option {
	return func(s *Sandbox) error {
		s.issuer = origin
		return nil
	}
}

// WithSignInScenario is what sign-in does where the user chooses nothing else; see [SignInScenarios].
func WithSignInScenario(scenario string) Option {
	return func(s *Sandbox) error {
		s.signInScenario = scenario
		return nil
	}
}

// WithScript says exactly what the n-th create (from 0) and its run do. A create that is sent again with the same
// body and key because the first try was refused keeps its number. Where it returns false, the simulation and the
// scenario decide. It may be asked again for a run of the state file, and by several goroutines at once.
func WithScript(script func(n int, in *parallel.TaskRunInput) (Script, bool)) Option {
	return func(s *Sandbox) error {
		s.script = script
		return nil
	}
}
