package webui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// spendAsk is a submission that costs so much that the form asks first. The answer is the price that was agreed to.
type spendAsk struct{ Price, Today, Limit string }

// mustAsk returns nil for what may be submitted without a question: it is simulated or cheap, or the answer is there.
func (ui *UI) mustAsk(r *http.Request, v values) (*spendAsk, error) {
	if ui.askAbove == 0 || ui.simulated(v.Upstream) {
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
	if cost <= ui.askAbove || r.PostForm.Get("confirmed") == money(cost) {
		return nil, nil //nolint:nilnil // as above
	}
	spent, err := ui.spentToday(r)
	if err != nil {
		return nil, err
	}
	return &spendAsk{Price: money(cost), Today: money(spent), Limit: money(ui.askAbove)}, nil
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

// askToSpend shows the form again, with a box to tick.
func (ui *UI) askToSpend(w http.ResponseWriter, r *http.Request, v values, ask *spendAsk) error {
	if wantsJSON(r) {
		message := fmt.Sprintf("This costs %s. Today has cost %s so far.", ask.Price, ask.Today)
		writeJSON(w, http.StatusOK, problem{Field: confirmField, Message: message, Price: ask.Price})
		return nil
	}
	c := ui.composerAgain(r, v)
	c.Ask = ask
	return ui.renderHome(w, r, http.StatusConflict, c)
}
