package webui

import "encoding/json"

// library is written to be changed: each names something that exists in many places, and says what a good answer has.
// Schemas keep to upstream's limits: an object at the root, every field required, nothing additional.
var library = []Template{
	{
		"market-overview", "Market overview", "Size, growth, who sells and what moves it, for one market in one place.",
		report("pro", "Give an overview of the market for residential heat pumps in Germany: its size and growth over the last five years, the largest suppliers with their shares, prices, subsidies, and what holds it back. Say where figures of different sources disagree.",
			"A report of about two pages: a summary of five sentences, then size and growth as a table, suppliers, prices and subsidies, obstacles, and open questions."),
	},
	{
		"compare-options", "Compare options before a decision", "The same criteria for each option, and a recommendation with its reasons.",
		report("ultra", "A town of 60,000 people wants to replace 40 diesel buses. Compare battery buses, trolleybuses with batteries, and hydrogen buses: cost over twelve years, range in winter, what has to be built, and what towns of that size report after three years of use.",
			"A table with one row for each criterion and one column for each option, then the strongest argument for and against each, then a recommendation and what would change it."),
	},
	{
		"literature-review", "Literature review", "What studies found, how sure that is, and where they contradict each other.",
		report("ultra", "What do studies since 2015 say about the effect of four-day working weeks on output, sick leave and turnover? Prefer trials with a comparison group. Name the size and length of each study.",
			"One section for each effect: what was found, by how many studies of which quality, where they contradict each other and why. End with what nobody has measured."),
	},
	{
		"due-diligence", "Company due diligence", "Ownership, money, people, lawsuits and news about one company, before you sign.",
		report("ultra", "Research the company Vestas Wind Systems for a supplier contract: ownership, revenue and debt of the last three years, management changes, open lawsuits, recalls, sanctions, and news that a buyer should know. Use filings before press.",
			"A report with a section for each topic, each fact with its date. Begin with the three findings that matter most for a long contract."),
	},
	{
		"what-changed", "What changed in a rule", "The old and the new text of a law or standard, from when, and whom it concerns.",
		report("pro", "What changed for makers of power banks with the European Union's battery regulation of 2023? List each duty with the date from which it holds, and what had been the rule before.",
			"A table with duty, before, now, from when, article. Then a checklist for a maker of 20 employees."),
	},
	{
		"company-profile", "Company profile", "The facts that a list of companies should have, for one company.",
		structured("core", `{"company":"Patagonia","website":"patagonia.com"}`, `{
			"founding_year":{"type":["integer","null"],"description":"Year of foundation"},
			"headquarters":{"type":"string","description":"City and country of the head office"},
			"employees":{"type":["integer","null"],"description":"Newest known number of employees"},
			"employees_year":{"type":["integer","null"],"description":"Year of that number"},
			"revenue":{"type":"string","description":"Newest known yearly revenue with currency and year; empty if none is known"},
			"business":{"type":"string","description":"What it sells and to whom, in one sentence"},
			"ownership":{"type":"string","enum":["private","listed","state","non-profit","unknown"],"description":"Who owns it"}}`),
	},
	{
		"leadership", "Who leads it", "The people at the head of an organization, their roles and since when.",
		structured("core", `{"organization":"European Space Agency"}`, `{
			"as_of":{"type":"string","description":"Date of the newest source, as YYYY-MM-DD"},
			"people":{"type":"array","description":"At most ten people, the highest role first","items":{"type":"object","properties":{
				"name":{"type":"string","description":"Full name"},
				"role":{"type":"string","description":"Title of the role"},
				"since":{"type":"string","description":"Year or date from which; empty if unknown"},
				"before":{"type":"string","description":"Role held before, with the organization"}},
				"required":["name","role","since","before"],"additionalProperties":false}}}`),
	},
	{
		"competitors", "Competitors side by side", "Who else serves the same customers, and how they differ.",
		structured("pro", `{"product":"Standard Notes","category":"encrypted note taking"}`, `{
			"competitors":{"type":"array","description":"Five to eight products that the same customers consider","items":{"type":"object","properties":{
				"name":{"type":"string","description":"Name of the product"},
				"maker":{"type":"string","description":"Company or project behind it"},
				"price":{"type":"string","description":"Cheapest paid plan with currency and period, or free"},
				"strength":{"type":"string","description":"What it does better, in one sentence"},
				"weakness":{"type":"string","description":"What customers miss, in one sentence"}},
				"required":["name","maker","price","strength","weakness"],"additionalProperties":false}},
			"difference":{"type":"string","description":"What most sets the product itself apart, in two sentences"}}`),
	},
	{
		"product-data", "Product data", "What a shop's page about a product should say, from the maker's own documents.",
		structured("base", `{"product":"Bosch GSR 12V-35 drill driver"}`, `{
			"weight_kg":{"type":["number","null"],"description":"Weight without battery, in kilograms"},
			"torque_nm":{"type":["number","null"],"description":"Highest torque, in newton metres"},
			"voltage":{"type":["number","null"],"description":"Voltage of the battery, in volts"},
			"warranty":{"type":"string","description":"Length and conditions of the maker's warranty"},
			"manual_url":{"type":"string","description":"Address of the maker's manual; empty if none was found"}}`),
	},
	{
		"fact-check", "Check a claim", "Whether a sentence holds, with the evidence for and against it.",
		structured("core", `{"claim":"More than half of Denmark's electricity came from wind in 2023."}`, `{
			"verdict":{"type":"string","enum":["true","mostly true","mixed","mostly false","false","cannot be said"],"description":"Whether the claim holds as it is worded"},
			"correct_figure":{"type":"string","description":"The figure that the best source gives, with its unit and year; empty if the claim has none"},
			"for":{"type":"string","description":"The strongest evidence for the claim, in two sentences"},
			"against":{"type":"string","description":"The strongest evidence against the claim, in two sentences"},
			"wording":{"type":"string","description":"The claim as it would be right"}}`),
	},
	{
		"event-timeline", "Timeline of events", "What happened when, from the first sign to today.",
		automatic("pro", "Build a timeline of how the Nord Stream pipelines were planned, built, used and damaged: each event with its date, who acted, and what followed from it. Mark what is disputed."),
	},
	{
		"funding", "Who funds this field", "Programmes, sums, conditions and deadlines for one kind of project.",
		automatic("pro", "Which public programmes in the Nordic countries fund pilot plants for recycling textiles? For each: who may apply, the share that is paid, the largest sum, the next deadline, and two projects that it has paid for."),
	},
	{
		"experts", "Who knows about it", "People to talk to about a subject, and what each is known for.",
		automatic("ultra", "Who has published the most cited work on restoring peatlands in the last ten years? For each of ten people: where they work, what they found, a paper to begin with, and a public page by which to reach them."),
	},
	{
		"site-search", "Search a few sites well", "An answer from sources that you trust, and from no others.",
		automatic("pro", "What do official statistics say about how many people commute over 50 km in France, Germany and Poland, and how has that changed since 2015?", "ec.europa.eu", "insee.fr", "destatis.de", "stat.gov.pl"),
	},
}

type object = map[string]any

func report(processor, input, description string) json.RawMessage {
	return encode(object{"processor": processor, "input": input, "task_spec": object{"output_schema": object{"type": "text", "description": description}}})
}

// structured asks for the fields of a schema, all of them required, in their order.
func structured(processor, input, properties string) json.RawMessage {
	fields, err := members(json.RawMessage(properties))
	if err != nil {
		panic("library: " + err.Error())
	}
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name
	}
	schema := struct {
		Type       string          `json:"type"`
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
		Additional bool            `json:"additionalProperties"`
	}{"object", json.RawMessage(properties), names, false}
	return encode(object{
		"processor": processor, "input": json.RawMessage(input), "enable_events": true,
		"task_spec": object{"output_schema": object{"type": "json", "json_schema": schema}},
	})
}

// automatic leaves the shape to the processor; domains, if any, are the only sources.
func automatic(processor, input string, domains ...string) json.RawMessage {
	request := object{"processor": processor, "input": input, "task_spec": object{"output_schema": object{"type": "auto"}}}
	if len(domains) > 0 {
		request["source_policy"] = object{"include_domains": domains}
	}
	return encode(request)
}
