package app

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/taskyard/taskyard"
)

// examples are tasks that a first visitor finds running: one of each of the two outputs that look most different.
var examples = []string{
	`{"processor":"pro","input":"Compare how three European cities cut car traffic in their centres, and what it did to shops, noise and air.","task_spec":{"output_schema":{"type":"text","description":"A short report with headings, the evidence for each claim, and what a fourth city could learn."}}}`,
	`{"processor":"core","input":{"company":"Lumen Bicycles","country":"Netherlands"},"enable_events":true,"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{"founding_year":{"type":["integer","null"],"description":"Year of foundation"},"headquarters":{"type":"string","description":"City and country of the head office"},"products":{"type":"array","description":"What it sells","items":{"type":"object","properties":{"name":{"type":"string","description":"Name of the product"},"for":{"type":"string","description":"Whom it is made for"}},"required":["name","for"],"additionalProperties":false}},"funding_stage":{"type":"string","enum":["bootstrapped","seed","series A","later"],"description":"Newest known stage"}},"required":["founding_year","headquarters","products","funding_stage"],"additionalProperties":false}}}}`,
}

// SubmitExamples submits the example tasks to the simulator if there is no task yet, and returns how many it did.
func (a *App) SubmitExamples(ctx context.Context) (int, error) {
	page, err := a.store.Tasks(ctx, taskyard.TaskQuery{Limit: 1})
	if err != nil {
		return 0, fmt.Errorf("look for tasks: %w", err)
	}
	if len(page.Tasks) > 0 {
		return 0, nil
	}
	for _, body := range examples {
		if _, _, err := a.service.Submit(ctx, taskyard.Submit{Upstream: upstreamSimulator, Request: json.RawMessage(body)}); err != nil {
			return 0, fmt.Errorf("submit example: %w", err)
		}
	}
	return len(examples), nil
}
