package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scenarioKey is the metadata by which a run names its scenarios.
const scenarioKey = "sandbox"

// ScenarioInfo describes a scenario.
type ScenarioInfo struct {
	Name    string
	Arg     string // what may follow the name and a colon: "", "n", "KiB" or "duration"
	Default string // of Arg
	Summary string // one line
}

// Scenarios lists what a run can be told to do.
func Scenarios() []ScenarioInfo {
	list := make([]ScenarioInfo, len(scenarios))
	for i, s := range scenarios {
		list[i] = s.ScenarioInfo
	}
	return list
}

// arg is what a scenario is told: a count or a duration, whichever it takes.
type arg struct {
	n int
	d time.Duration
}

// step is one scenario of a run.
type step struct {
	apply func(*draft, arg)
	arg   arg
}

// maxSteps bounds the scenarios of one run.
const maxSteps = 16

// parseScenario reads scenarios, such as "fail" or "drop:3,takes:20m".
func parseScenario(text string) ([]step, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > maxSteps {
		return nil, fmt.Errorf("names %d scenarios; at most %d are allowed", len(parts), maxSteps)
	}
	var steps []step
	for _, part := range parts {
		s, err := parseStep(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func parseStep(text string) (step, error) {
	name, value, given := strings.Cut(text, ":")
	for _, s := range scenarios {
		if s.Name != name {
			continue
		}
		if !given {
			value = s.Default
		}
		a, err := s.parse(value, given)
		if err != nil {
			return step{}, fmt.Errorf("scenario %s: %w", name, err)
		}
		return step{apply: s.apply, arg: a}, nil
	}
	return step{}, fmt.Errorf("there is no scenario %q; there are %s", shorten(name, 40), names())
}

func names() string {
	var list []string
	for _, s := range scenarios {
		list = append(list, s.Name)
	}
	return strings.Join(list, ", ")
}

// maxTakes bounds how long a run can be told to take.
const maxTakes = 7 * 24 * time.Hour

func (s *scenario) parse(value string, given bool) (arg, error) {
	switch s.Arg {
	case "":
		if given {
			return arg{}, errors.New("takes nothing after its name")
		}
		return arg{}, nil
	case "duration":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > maxTakes {
			return arg{}, fmt.Errorf("%q is no time such as 90s, 20m or 2h", shorten(value, 40))
		}
		return arg{d: d}, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > s.max {
		return arg{}, fmt.Errorf("%q is no number from 1 to %d", shorten(value, 40), s.max)
	}
	return arg{n: n}, nil
}
