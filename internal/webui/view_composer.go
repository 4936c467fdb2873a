package webui

import (
	"context"
	"slices"

	"github.com/taskyard/taskyard"
)

// composer is the form that makes a task.
type composer struct {
	values
	Token      string // makes one task of one filled form, however often it is sent
	Upstreams  []upstreamChoice
	Tiers      []tier
	Names      []string // of all processors, offered for the free text
	Scenarios  []Scenario
	Sights     []sightChoice     // who may read the task; none where nobody is asked who they are
	Errors     map[string]string // by name of the field; "" is the whole form
	Notice     string
	Ask        *spendAsk // what must be agreed to; nil if nothing
	KeyLeftOut bool      // of the page; it was typed
	Follow     *followed // the task that this one continues; nil if it stands for itself
	Prefilled  bool      // the script must not put what it remembers over this
	Example    string
	Lint       []finding
	Button     string
	Limit      int
}

type upstreamChoice struct {
	taskyard.Upstream
	Label    string
	KeyNote  string
	NeedsKey bool
	Checked  bool

	MayLogIn, LoggedIn bool // with Parallel, instead of a key
}

// specLimit is how many characters upstream takes of task spec and input together (its limits page).
const specLimit = 25_000

// exampleSchema is a start for those who write their first one.
const exampleSchema = `{
  "type": "object",
  "properties": {
    "founding_year": {
      "type": "string",
      "description": "The year the company was founded, as YYYY"
    },
    "headquarters": {
      "type": "string",
      "description": "City and country of the head office"
    }
  },
  "required": ["founding_year", "headquarters"],
  "additionalProperties": false
}`

func (ui *UI) composer(ctx context.Context, v values) composer {
	c := composer{
		values: v, Token: taskyard.NewID(), Tiers: tiers(v.Processor), Names: processorNames(),
		Sights: ui.sights(v.Visibility), Scenarios: ui.scenarios, Errors: map[string]string{}, Example: exampleSchema, Limit: specLimit,
	}
	for i, up := range ui.upstreams(ctx) {
		choice := upstreamChoice{Upstream: up, Label: sentence(up.Name), NeedsKey: !up.Simulated && !up.HasKey, Checked: v.Upstream == up.Name || v.Upstream == "" && i == 0}
		switch {
		case up.Simulated:
			choice.KeyNote = "Nothing leaves this server. No key is needed, and answers are made up."
		case ui.signedIn(ctx, up.Name):
			choice.KeyNote = "You are signed in with Parallel. Leave the field empty to use that account’s key."
		case up.HasKey:
			choice.KeyNote = "This server has a key of its own. Leave the field empty to use it."
		default:
			choice.KeyNote = "Sealed on this server while the task runs, erased when it ends, never shown again."
		}
		if ui.login != nil && up.Name == ui.login.Upstream() {
			choice.MayLogIn, choice.LoggedIn = true, ui.signedIn(ctx, up.Name)
		}
		c.Upstreams = append(c.Upstreams, choice)
	}
	if !slices.ContainsFunc(c.Upstreams, func(u upstreamChoice) bool { return u.Checked }) && len(c.Upstreams) > 0 {
		c.Upstreams[0].Checked = true // the one that was asked for is gone
	}
	c.Button = c.buttonText()
	return c
}

// Chosen is the tier that is marked; nil for a processor that is not in the table.
func (c composer) Chosen() *tier {
	for i := range c.Tiers {
		if c.Tiers[i].Checked && c.Other == "" {
			return &c.Tiers[i]
		}
	}
	return nil
}

// HasSimulator reports whether the form needs what only the simulator has.
func (c composer) HasSimulator() bool {
	return slices.ContainsFunc(c.Upstreams, func(u upstreamChoice) bool { return u.Simulated })
}

// Several are the processors that can get the same task too.
func (c composer) Several() []severalChoice {
	var list []severalChoice
	for _, name := range processorNames() {
		list = append(list, severalChoice{name, price(name), slices.Contains(c.Also, name)})
	}
	return list
}

type severalChoice struct {
	Name, Price string
	Checked     bool
}

func (c composer) buttonText() string {
	for _, u := range c.Upstreams {
		if u.Checked && u.Simulated {
			return "Run simulated"
		}
	}
	if t := c.Chosen(); t != nil {
		return "Run for " + t.Price
	}
	return "Run, price unknown"
}

// fieldOfForm names the form's field for a field that the service, or upstream's own words, complain about.
func fieldOfForm(field string) string {
	names := []struct{ prefix, field string }{
		{"apiKey", "api_key"}, {"api_key", "api_key"}, {"input_schema", "input_schema"}, {"task_spec.input_schema", "input_schema"}, {"input", "input"}, {"upstream", "upstream"},
		{"processor", "processor"}, {"task_spec", "schema"}, {"taskSpec", "schema"}, {"schema", "schema"}, {"bare", "bare"}, {"body", "body"},
		{"source_policy.after", "after"}, {"source_policy.exclude", "exclude"}, {"source_policy", "include"},
		{"after", "after"}, {"metadata", "metadata"}, {"webhook", "webhook"}, {"mcp", "mcp"},
		{"previous", "previous"}, {"advanced_settings", "location"}, {"enable_events", "events"},
		{"betas", "betas"}, {"extra", "extra"},
	}
	for _, n := range names {
		if len(field) >= len(n.prefix) && field[:len(n.prefix)] == n.prefix {
			return n.field
		}
	}
	return ""
}

// fault is what is wrong with one field; the place for it is always there, for the script to fill.
type fault struct{ Field, Text string }

// Fault finds the error of a field.
func (c composer) Fault(field string) fault { return fault{field, c.Errors[field]} }

// Invalid is for aria-invalid.
func (c composer) Invalid(field string) bool { return c.Errors[field] != "" }

// OpenMore reports whether the folded fields must be open: one of them is set, or wrong.
func (c composer) OpenMore() bool {
	for field := range c.Errors {
		if slices.Contains(moreFields, field) {
			return true
		}
	}
	return c.MoreCount() > 0
}

var moreFields = []string{"include", "exclude", "after", "location", "metadata", "events", "previous", "webhook", "mcp", "betas", "extra"}
