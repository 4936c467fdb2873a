package webui

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// spendAsk is a submission that costs so much that the form asks first. The answer is the price that was agreed to.
type spendAsk struct{ Price, Today, Limit string }

// mustAsk returns nil for what may be submitted without a question: it is simulated or cheap, or the answer is there. Prices
// are those of the bodies that are sent, whatever wrote the processor into them.
func (ui *UI) mustAsk(r *http.Request, upstream string, list ...taskyard.Submit) (*spendAsk, error) {
	if ui.askAbove == 0 || ui.simulated(upstream) {
		return nil, nil //nolint:nilnil // there is nothing to ask
	}
	cost := 0
	for _, one := range list {
		if p, ok := parallel.LookupProcessor(processorIn(one.Request)); ok {
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

// processorIn is the processor that a body names; "" if it names none. Its name is compared letter by letter, as upstream
// does, which a struct would not.
func processorIn(body json.RawMessage) string {
	var fields map[string]json.RawMessage
	var name string
	if json.Unmarshal(body, &fields) == nil {
		_ = json.Unmarshal(fields["processor"], &name) // what is no text is upstream's to refuse
	}
	return name
}

// spentToday is what the tasks of this day, in UTC, cost by the price table; those on processors without a known price
// are not in it.
func (ui *UI) spentToday(r *http.Request) (int, error) {
	uses, err := ui.store.Uses(r.Context(), ui.now())
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

// askScript asks by an answer that a script understands.
func askScript(w http.ResponseWriter, ask *spendAsk) {
	message := fmt.Sprintf("This costs %s. Today has cost %s so far.", ask.Price, ask.Today)
	writeJSON(w, http.StatusOK, problem{Field: confirmField, Message: message, Price: ask.Price})
}

// askInForm shows the form again, with a box to tick.
func (ui *UI) askInForm(w http.ResponseWriter, r *http.Request, v values, ask *spendAsk) error {
	if wantsJSON(r) {
		askScript(w, ask)
		return nil
	}
	c := ui.composerAgain(r, v)
	c.Ask = ask
	return ui.renderHome(w, r, http.StatusConflict, c)
}

type spendPage struct {
	layout
	*spendAsk
	Action   string // where the answer goes
	Token    string
	NeedsKey bool
	TaskID   string
}

// askOnPage asks before the request of a task is sent once more.
func (ui *UI) askOnPage(w http.ResponseWriter, r *http.Request, t taskyard.Task, ask *spendAsk) error {
	if wantsJSON(r) {
		askScript(w, ask)
		return nil
	}
	return ui.render(w, http.StatusConflict, "spend", "layout", spendPage{
		layout: ui.layout("Spend "+ask.Price+"?", "tasks"), spendAsk: ask, Action: r.URL.Path,
		Token: r.PostForm.Get("token"), NeedsKey: typedKey(r) != "", TaskID: t.ID,
	})
}
