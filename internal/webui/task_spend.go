package webui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// spendAsk is a submission that asks first: it costs much, or nobody here knows how much.
type spendAsk struct {
	Agreed   string // what the answer says: the price, and whose price is unknown
	Price    string // of all that have one; "" if none has
	Unpriced string // the processors that have none, quoted; "" if all have one
	Today    string
	Limit    string
}

// mustAsk returns nil for what may be submitted without a question: it is simulated or cheap, or the answer is there. Prices
// are those of the bodies that are sent, whatever wrote the processor into them.
func (ui *UI) mustAsk(r *http.Request, upstream string, list ...taskyard.Submit) (*spendAsk, error) {
	if ui.askAbove == 0 || ui.simulated(upstream) {
		return nil, nil //nolint:nilnil // there is nothing to ask
	}
	ask, cost := priceOf(list)
	if cost <= ui.askAbove && ask.Unpriced == "" || r.PostForm.Get("confirmed") == ask.Agreed {
		return nil, nil //nolint:nilnil // as above
	}
	var err error
	ask.Limit = money(ui.askAbove)
	ask.Today, err = ui.spentToday(r)
	return ask, err
}

// priceOf adds up what requests cost.
func priceOf(list []taskyard.Submit) (ask *spendAsk, cost int) {
	var agreed, unpriced []string
	for _, one := range list {
		name := processorIn(one.Request)
		if p, ok := parallel.LookupProcessor(name); ok {
			cost += p.Price
		} else if name != "" { // what names none is refused
			unpriced = append(unpriced, strconv.QuoteToASCII(name))
		}
	}
	ask = &spendAsk{}
	if cost > 0 || len(unpriced) == 0 {
		ask.Price = money(cost)
		agreed = append(agreed, ask.Price)
	}
	ask.Agreed = strings.Join(append(agreed, unpriced...), " + ")
	ask.Unpriced, _ = cut(strings.Join(unpriced, ", "), maxNamed)
	return ask, cost
}

// maxNamed bounds what a question says of processors that nobody has heard of.
const maxNamed = 200

// Costs says what a submission costs.
func (a *spendAsk) Costs() string {
	switch {
	case a.Unpriced == "":
		return "This costs " + a.Price + "."
	case a.Price == "":
		return "What this costs is not known here: there is no price for " + a.Unpriced + "."
	}
	return "This costs " + a.Price + " and more: there is no price for " + a.Unpriced + "."
}

// Why says what the day has cost, and why there is a question.
func (a *spendAsk) Why() string {
	why := "Today has cost " + a.Today + " so far. This server asks above " + a.Limit
	if a.Unpriced != "" {
		why += ", and where it knows no price"
	}
	return why
}

// Yes is what agrees.
func (a *spendAsk) Yes() string {
	if a.Unpriced != "" {
		return "Run, price unknown"
	}
	return "Run for " + a.Price
}

// Question asks.
func (a *spendAsk) Question() string {
	if a.Unpriced != "" {
		return "Run, price unknown?"
	}
	return "Spend " + a.Price + "?"
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

// spentToday is what the tasks of this day, in UTC, cost by the price table, and how many cost what nobody here knows.
func (ui *UI) spentToday(r *http.Request) (string, error) {
	uses, err := ui.store.Uses(r.Context(), ui.now())
	if err != nil {
		return "", fmt.Errorf("count runs: %w", err)
	}
	sum, unpriced := 0, 0
	for _, u := range uses {
		p, ok := parallel.LookupProcessor(u.Processor)
		switch {
		case ui.simulated(u.Upstream):
		case ok:
			sum += p.Price * int(u.Runs)
		default:
			unpriced += int(u.Runs)
		}
	}
	switch unpriced {
	case 0:
		return money(sum), nil
	case 1:
		return money(sum) + " and one run of unknown price", nil
	}
	return fmt.Sprintf("%s and %d runs of unknown price", money(sum), unpriced), nil
}

// confirmField is the field that a script's answer names when it must ask.
const confirmField = "confirm"

// askScript asks by an answer that a script understands.
func askScript(w http.ResponseWriter, ask *spendAsk) {
	writeJSON(w, http.StatusOK, problem{Field: confirmField, Message: ask.Costs() + " " + ask.Why() + ".", Price: ask.Agreed})
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
		layout: ui.layout(r.Context(), ask.Question(), "tasks"), spendAsk: ask, Action: r.URL.Path,
		Token: r.PostForm.Get("token"), NeedsKey: typedKey(r) != "", TaskID: t.ID,
	})
}
