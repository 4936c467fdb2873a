package webui

import "github.com/taskyard/taskyard"

// welcome is a task that somebody who is here for the first time runs with one press, on the simulator.
type welcome struct {
	Title, Summary, Button string
	Fields                 []pair // of the composer's form
}

// welcomes are offered while there is no task, where there is a simulator to run them on.
func (ui *UI) welcomes() []welcome {
	name := ""
	for _, up := range ui.service.Upstreams() {
		if up.Simulated {
			name = up.Name
		}
	}
	if name == "" {
		return nil
	}
	offer := func(title, summary, button string, fields ...pair) welcome {
		fields = append(fields, pair{"upstream", name}, pair{"token", taskyard.NewID()}, pair{"input_mode", "text"})
		return welcome{Title: title, Summary: summary, Button: button, Fields: fields}
	}
	return []welcome{
		offer("Deep research", "An open question, six minutes of research played in half a minute, and a report with numbered sources.", "Run it",
			pair{"processor", "pro"}, pair{"output", "text"}, pair{"description", "A report with headings and a table"},
			pair{"input", "Compare how three European cities cut car traffic in their centres, and what it did to shops, noise and air."}),
		offer("Structured answer", "Fields by a JSON schema, each with its confidence, its reasoning and the sources it came from.", "Run it",
			pair{"processor", "core"}, pair{"events", "on"}, pair{"output", "json"}, pair{"schema", exampleSchema}, pair{"input", "Lumen Bicycles, Netherlands"}),
		offer("Break it", "The same research, but its event stream breaks three times. Nothing is lost and nothing is doubled.", "Run and break it",
			pair{"processor", "pro"}, pair{"output", "auto"}, pair{"scenario", "drop:3"}, pair{"input", "Who mends the clocks of Northport?"}),
	}
}
