package webui

import (
	"net/http"
	"net/url"
	"strings"
)

// values is what stands in the composer's fields. The names of the form's fields are in its comments; the
// script remembers them under the same names, but for what is secret.
type values struct {
	Upstream    string   // upstream
	Processor   string   // processor: a tier
	Fast        bool     // fast
	Also        []string // also: more processors that get the same
	Other       string   // other: a processor by name, instead of a tier
	InputMode   string   // input_mode: text, json, form (which is JSON that a form has written)
	Input       string   // input
	InputSchema string   // input_schema: JSON, of an input that is an object
	Output      string   // output: text, auto, json, bare
	Description string   // description, of a text output
	Bare        string   // bare: a plain string as the output schema
	Schema      string   // schema, of a json output
	Scenario    string   // scenario, of the simulator
	Include     string   // include: domains
	Exclude     string   // exclude: domains
	After       string   // after: a date
	Location    string   // location
	Metadata    []pair   // meta_key, meta_value: repeated
	Events      string   // events: "", on, off
	Previous    string   // previous: an interaction id
	Webhook     string   // webhook: an address
	MCP         string   // mcp: JSON array
	Betas       string   // betas: names, comma-separated
	Extra       string   // extra: JSON object
	Visibility  string   // visibility: public, private; "" is the server's default
	ByHand      bool     // by_hand: Body is sent instead of all this
	Body        string   // body: the create body as it stands
}

type pair struct{ Key, Value string }

// fresh is an empty form. The processor is one that reports what it does.
func fresh() values {
	return values{Processor: "pro", InputMode: "text", Output: "text"}
}

func readValues(r *http.Request) values {
	f := r.PostForm
	v := values{
		Upstream: f.Get("upstream"), Processor: f.Get("processor"), Fast: f.Get("fast") != "", Other: f.Get("other"), Also: f["also"],
		InputMode: f.Get("input_mode"), Input: normal(f.Get("input")), InputSchema: normal(f.Get("input_schema")), Output: f.Get("output"),
		Description: normal(f.Get("description")), Bare: normal(f.Get("bare")), Schema: normal(f.Get("schema")), Scenario: f.Get("scenario"),
		Include: f.Get("include"), Exclude: f.Get("exclude"), After: f.Get("after"), Location: f.Get("location"),
		Events: f.Get("events"), Previous: f.Get("previous"), Webhook: f.Get("webhook"), MCP: normal(f.Get("mcp")),
		Betas: f.Get("betas"), Visibility: f.Get("visibility"), Extra: normal(f.Get("extra")), ByHand: f.Get("by_hand") != "", Body: normal(f.Get("body")), Metadata: readPairs(f),
	}
	return v
}

// normal undoes what forms do to line ends.
func normal(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func readPairs(f url.Values) []pair {
	var list []pair
	keys, vals := f["meta_key"], f["meta_value"]
	for i := range min(len(keys), len(vals)) {
		if keys[i] != "" || vals[i] != "" {
			list = append(list, pair{keys[i], vals[i]})
		}
	}
	return list
}

// processorName is what is sent.
func (v values) processorName() string {
	switch other := strings.TrimSpace(v.Other); {
	case other != "":
		return other
	case v.Fast:
		return v.Processor + "-fast"
	default:
		return v.Processor
	}
}

// MoreCount is how many of the folded fields are set.
func (v values) MoreCount() int {
	n := len(v.Metadata)
	for _, field := range []string{v.Include, v.Exclude, v.After, v.Location, v.Events, v.Previous, v.Webhook, v.MCP, v.Betas, v.Extra} {
		if strings.TrimSpace(field) != "" {
			n++
		}
	}
	return n
}

// Pairs are the metadata with two empty places behind them, so that some can be added without script.
func (v values) Pairs() []pair { return append(append([]pair{}, v.Metadata...), pair{}, pair{}) }
