package fiction

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/taskyard/taskyard/internal/schema"
)

// maker makes up a text for a kind of field.
type maker func(t *Topic, r *rand.Rand) string

// fields are the makers by the words of a field's name; the first that has one of them counts.
var fields = []struct {
	words map[string]bool
	make  maker
}{
	{set("email mail"), func(_ *Topic, r *rand.Rand) string {
		return strings.ToLower(pick(r, firstNames)) + "@" + pick(r, publishers) + ".example.com"
	}},
	{set("url urls website site homepage link links address_url domain"), func(_ *Topic, r *rand.Rand) string {
		return "https://" + pick(r, publishers) + "." + pick(r, tops)
	}},
	{set("phone telephone fax mobile"), func(_ *Topic, r *rand.Rand) string { return fmt.Sprintf("+1 555 01%02d", r.IntN(100)) }},
	{set("date day founded_on published updated deadline birthday"), func(_ *Topic, r *rand.Rand) string {
		return fmt.Sprintf("%d-%02d-%02d", 2005+r.IntN(21), 1+r.IntN(12), 1+r.IntN(28))
	}},
	{set("year"), func(_ *Topic, r *rand.Rand) string { return fmt.Sprint(1985 + r.IntN(40)) }},
	{set("currency"), func(_ *Topic, r *rand.Rand) string {
		return pick(r, []string{"EUR", "USD", "GBP", "JPY", "CHF", "SEK"})
	}},
	{set("country countries nation"), func(_ *Topic, r *rand.Rand) string {
		return pick(r, []string{"Netherlands", "Denmark", "Portugal", "Japan", "Canada", "Chile", "Kenya", "New Zealand", "Finland", "Uruguay"})
	}},
	{set("city town headquarters hq location locations place region office offices address"), func(_ *Topic, r *rand.Rand) string { return pick(r, places) + " (simulated)" }},
	{set("ceo cto cfo founder founders author authors person people director chair contact president owner leader manager executive executives employee"),
		func(_ *Topic, r *rand.Rand) string { return person(r) }},
	{set("company companies competitor competitors investor investors employer organisation organization vendor vendors supplier suppliers publisher partner partners customer customers brand subsidiary parent"),
		func(_ *Topic, r *rand.Rand) string { return company(r) }},
	{set("revenue price cost funding valuation budget salary amount gdp"), func(_ *Topic, r *rand.Rand) string {
		return fmt.Sprintf("€%d.%d million (%d, simulated)", 1+r.IntN(400), r.IntN(10), 2019+r.IntN(7))
	}},
	{set("percent percentage share rate ratio"), func(_ *Topic, r *rand.Rand) string { return fmt.Sprintf("%d.%d %%", r.IntN(100), r.IntN(10)) }},
	{set("industry sector category field market segment"), func(_ *Topic, r *rand.Rand) string {
		return pick(r, []string{"mobility", "energy", "education", "health", "logistics", "software", "food", "construction"})
	}},
	{set("role roles position job"), func(_ *Topic, r *rand.Rand) string {
		return pick(r, []string{"managing director", "head of research", "founder", "engineer", "adviser", "treasurer"})
	}},
	{set("language languages"), func(_ *Topic, r *rand.Rand) string {
		return pick(r, []string{"English", "Dutch", "Spanish", "Japanese", "Portuguese", "Finnish"})
	}},
	{set("id code isbn doi sku identifier"), func(_ *Topic, r *rand.Rand) string { return fmt.Sprintf("SIM-%05d", r.IntN(100_000)) }},
	{set("name title product products heading label model"), func(t *Topic, r *rand.Rand) string {
		return fmt.Sprintf("%s %s (simulated)", pick(r, adjectives), cut(t.phrase(r), 30))
	}},
	{set("pro pros strength strengths advantage advantages benefit benefits opportunity opportunities"), func(t *Topic, r *rand.Rand) string {
		return capital(t.fill(r, pick(r, []string{"{m} improves by {%} where {p} is in place", "works together with {q}", "{m} is lower than before {p}", "tried in {l} for {k} years"})))
	}},
	{set("con cons weakness weaknesses risk risks disadvantage threat threats challenge challenges limitation limitations drawback"), func(t *Topic, r *rand.Rand) string {
		return capital(t.fill(r, pick(r, []string{"{m} suffers where {p} is rare", "depends on {q}", "no data from {l} after {y}", "the effect fades after {k} years"})))
	}},
	{set("summary description overview analysis notes text body answer explanation details background abstract history report comment conclusion"),
		func(t *Topic, r *rand.Rand) string { return t.sentence(r) + " " + t.sentence(r) + " " + t.sentence(r) }},
}

var (
	firstNames = []string{"Ada", "Bram", "Chiara", "Dara", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Liv", "Milan", "Noor", "Oskar", "Priya"}
	lastNames  = []string{"Alder", "Brook", "Castell", "Dunmore", "Eastwood", "Falk", "Grove", "Hollis", "Ivers", "Juniper", "Kestrel", "Larch", "Marsh", "Norwood"}
	adjectives = []string{"Northern", "Bright", "Open", "Second", "Quiet", "United", "Early", "Blue", "Common", "Steady", "Little", "Grand"}
	trades     = []string{"Works", "Systems", "Partners", "Laboratories", "Cooperative", "Studio", "Trading", "Collective", "Industries", "Group"}
)

func person(r *rand.Rand) string {
	return pick(r, firstNames) + " " + pick(r, lastNames) + " (simulated)"
}

func company(r *rand.Rand) string {
	return pick(r, lastNames) + " " + pick(r, trades) + " (simulated)"
}

// Write makes up a text for a field: by its name where that says what it is, otherwise a sentence on the topic.
func (t *Topic) Write(r *rand.Rand, name, _ string) string {
	words := schema.Words(name)
	for i := len(words) - 1; i >= 0; i-- { // the last word of a name says what it is: "founder_email"
		for _, f := range fields {
			if f.words[words[i]] {
				return f.make(t, r)
			}
		}
	}
	return t.sentence(r)
}

// Field is a field of an output whose shape the simulator chose.
type Field struct {
	Name        string
	Type        string // string, number, boolean, array or object
	Description string
	Fields      []Field // of an object, or of the elements of an array; an array without is of strings
}

// AutoSchema chooses the fields of an output.
func (t *Topic) AutoSchema(r *rand.Rand) []Field {
	about := cut(t.subject, 60)
	list := []Field{
		{Name: "summary", Type: "string", Description: "What is known about " + about},
		{Name: "key_findings", Type: "array", Description: "The findings that matter most", Fields: []Field{
			{Name: "title", Type: "string", Description: "The finding in a few words"},
			{Name: "explanation", Type: "string", Description: "What it rests on"},
			{Name: "share", Type: "number", Description: "Its share in percent"},
		}},
	}
	optional := []Field{
		{Name: "timeline", Type: "array", Description: "What happened when", Fields: []Field{
			{Name: "date", Type: "string", Description: "The day"}, {Name: "description", Type: "string", Description: "What happened"},
		}},
		{Name: "organisations", Type: "array", Description: "Who is concerned"},
		{Name: "typical_cost", Type: "number", Description: "In euros"},
		{Name: "is_contested", Type: "boolean", Description: "Whether sources contradict each other"},
		{Name: "outlook", Type: "object", Description: "What is expected", Fields: []Field{
			{Name: "explanation", Type: "string", Description: "In words"}, {Name: "years_ahead", Type: "number", Description: "How far it looks"},
		}},
		{Name: "open_risks", Type: "array", Description: "What could change the picture"},
	}
	for _, i := range r.Perm(len(optional))[:2+r.IntN(3)] {
		list = append(list, optional[i])
	}
	return list
}
