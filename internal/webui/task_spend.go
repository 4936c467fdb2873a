package webui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// spendAsk is a submission that costs so much that the form asks first.
type spendAsk struct {
	layout
	Price, Today, Limit string
	Fields              []pair // of the form, without the key
	NeedsKey            bool
}

// mustAsk returns nil for what may be submitted without a question: it is simulated or cheap, or the answer is there.
func (ui *UI) mustAsk(r *http.Request, v values) (*spendAsk, error) {
	if ui.askAbove == 0 || ui.simulated(v.Upstream) || r.PostForm.Get("confirmed") != "" {
		return nil, nil //nolint:nilnil // there is nothing to ask
	}
	if v.ByHand {
		v.Other, v.Also = processorIn(v.Body), nil
	}
	several, err := v.each()
	if err != nil {
		return nil, nil //nolint:nilnil,nilerr // the submission says what is wrong
	}
	cost := 0
	for _, one := range several {
		if p, ok := parallel.LookupProcessor(one.processorName()); ok {
			cost += p.Price
		}
	}
	if cost <= ui.askAbove {
		return nil, nil //nolint:nilnil // as above
	}
	spent, err := ui.spentToday(r)
	if err != nil {
		return nil, err
	}
	return &spendAsk{layout: ui.layout("Spend "+money(cost)+"?", "home"), Price: money(cost), Today: money(spent), Limit: money(ui.askAbove)}, nil
}

// processorIn is the processor that a body names; "" if it names none.
func processorIn(body string) string {
	var b struct {
		Processor string `json:"processor"`
	}
	_ = json.Unmarshal([]byte(body), &b) // the submission says what is wrong
	return b.Processor
}

// spentToday is what the tasks of this day, in UTC, cost by the price table; those on processors without a known price
// are not in it.
func (ui *UI) spentToday(r *http.Request) (int, error) {
	uses, err := ui.store.Uses(r.Context(), ui.now().UTC().Truncate(24*time.Hour))
	if err != nil {
		return 0, fmt.Errorf("count runs: %w", err)
	}
	sum := 0
	for _, u := range uses {
		if p, ok := parallel.LookupProcessor(u.Processor); ok && !ui.simulated(u.Upstream) {
			sum += p.Price * int(u.Runs)
		}
	}
	return sum, nil
}

// confirmField is the field that a script's answer names when it must ask.
const confirmField = "confirm"

func (ui *UI) askToSpend(w http.ResponseWriter, r *http.Request, ask *spendAsk) error {
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, problem{Field: confirmField, Message: fmt.Sprintf("This costs %s. Today has cost %s so far.", ask.Price, ask.Today)})
		return nil
	}
	for _, name := range sortedKeys(r.PostForm) {
		if name == "api_key" {
			ask.NeedsKey = slices.ContainsFunc(r.PostForm[name], func(key string) bool { return key != "" })
			continue
		}
		for _, value := range r.PostForm[name] {
			ask.Fields = append(ask.Fields, pair{name, value})
		}
	}
	return ui.render(w, http.StatusConflict, "spend", "layout", ask)
}
