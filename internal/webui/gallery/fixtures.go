package gallery

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/taskyard/taskyard"
)

// script writes the log of a task: each entry is heard some seconds after the one before.
type script struct {
	created time.Time
	at      time.Time
	events  []taskyard.Event
}

func (s *script) add(after time.Duration, kind, data string) {
	s.at = s.at.Add(after)
	s.events = append(s.events, taskyard.Event{Seq: int64(len(s.events) + 1), Type: kind, Data: json.RawMessage(data), At: s.at})
}

func (s *script) message(after time.Duration, kind, text string) {
	data, _ := json.Marshal(map[string]string{"type": "task_run.progress_msg." + kind, "message": text, "timestamp": s.at.Add(after).Format(time.RFC3339)})
	s.add(after, "task_run.progress_msg."+kind, string(data))
}

func (s *script) stats(after time.Duration, considered, read int, meter float64, sample ...string) {
	list, _ := json.Marshal(sample)
	s.add(after, "task_run.progress_stats", fmt.Sprintf(
		`{"type":"task_run.progress_stats","source_stats":{"num_sources_considered":%d,"num_sources_read":%d,"sources_read_sample":%s},"progress_meter":%g}`,
		considered, read, list, meter))
}

func (s *script) state(after time.Duration, status string) {
	s.add(after, "task_run.state", fmt.Sprintf(`{"type":"task_run.state","event_id":null,"run":{"run_id":"trun_5c1e0f77a2","status":%q,"is_active":true,"processor":"pro"}}`, status))
}

func begin(created time.Time, upstream string) *script {
	s := &script{created: created, at: created}
	s.add(0, taskyard.NoteCreated, fmt.Sprintf(`{"processor":"pro","upstream":%q}`, upstream))
	return s
}

// research is the log of a task that goes well.
func research(created time.Time, upstream string) *script {
	s := begin(created, upstream)
	s.add(300*time.Millisecond, taskyard.NoteRunCreated, `{"run_id":"trun_5c1e0f77a2","interaction_id":"trun_5c1e0f77a2","status":"queued"}`)
	s.state(time.Second, "queued")
	s.state(2*time.Second, "running")
	s.message(3*time.Second, "plan", "Work out which public records say how many people the harbour employs, and for which years.")
	s.message(9*time.Second, "search", "Searching for annual reports of the harbour authority between 2019 and 2024")
	s.stats(2*time.Second, 41, 3, 12, "https://harbour.example.com/annual-report-2023", "https://statistics.example.org/tables/ports", "https://news.example.net/harbour/jobs")
	s.message(8*time.Second, "tool_call", "Reading the table of employment by port")
	s.message(21*time.Second, "result", "The 2023 report counts 1,284 people, 6 % more than a year before.")
	s.stats(3*time.Second, 118, 14, 38, "https://harbour.example.com/annual-report-2022", "https://statistics.example.org/tables/ports-by-year")
	s.message(64*time.Second, "exec_status", "Comparing the two sources where they differ: the statistics office leaves out agency workers.")
	s.add(4*time.Second, taskyard.NoteStreamReopened, `{"connection":2,"reason":"closed by the upstream at 570 s","waited_ms":0}`)
	s.stats(6*time.Second, 223, 22, 62, "https://harbour.example.com/press/2024-03", "https://unions.example.org/dockers/report")
	return s
}

const textRequest = `{"processor":"pro","input":"How many people work at the harbour, and how has that changed since 2019?\nUse public records.","task_spec":{"output_schema":{"type":"text","description":"Two pages with a table"}},"metadata":{"team":"ports"}}`

const report = `# People at the harbour

The harbour employed **1,284 people** at the end of 2023 [1]. That is 6 % more than a year before, and 2 % *less* than in 2019.

## By year

| Year | People | Change |
| --- | ---: | ---: |
| 2019 | 1,310 | |
| 2020 | 1,122 | −14 % |
| 2021 | 1,148 | +2 % |
| 2022 | 1,211 | +5 % |
| 2023 | 1,284 | +6 % |

## Where the sources differ

- The **annual reports** count everybody on the payroll in December.
- The **statistics office** leaves out agency workers, about 90 people a year [2].

> “We expect to pass the level of 2019 in the coming year.”

Details are in the [annual report](https://harbour.example.com/annual-report-2023). Run ` + "`port-jobs --year 2023`" + ` against the open data to repeat the count.
`

// Report is a text result with evidence.
func Report() json.RawMessage {
	content, _ := json.Marshal(report)
	return json.RawMessage(`{"run":{"run_id":"trun_5c1e0f77a2","interaction_id":"trun_5c1e0f77a2","status":"completed","is_active":false,"processor":"pro"},"output":{"type":"text","content":` + string(content) + `,"basis":[{"field":"output","reasoning":"The annual reports give the count for each December; the table of the statistics office confirms the direction of the change.","confidence":"high","citations":[{"url":"https://harbour.example.com/annual-report-2023","title":"Annual report 2023","excerpts":["At the end of the year 1,284 people worked at the harbour (2022: 1,211)."]},{"url":"https://statistics.example.org/tables/ports","title":null,"excerpts":[]}]}]}}`)
}

// Nested is a JSON result with everything that a table must show.
const Nested = `{"run":{"run_id":"trun_5c1e0f77a2","status":"completed","is_active":false,"processor":"core"},"output":{"type":"json",
"content":{"company":"Example Harbour Ltd","founded":1904,"listed":false,"parent":null,"website":"https://harbour.example.com/","revenue_eur":48.50,
"headquarters":{"city":"Port Example","country":"GB","geo":{"lat":54.1,"lon":-2.9}},
"products":["Container handling","Pilotage","Ship repair"],
"executives":[{"name":"Ada Lovell","role":"Managing director","since":2018},{"name":"Sam Okoro","role":"Finance","since":2021,"note":"interim until 2022"},{"name":"Kim Reyes","role":"Operations"}],
"summary":"A harbour of medium size that lives from containers and repairs. It lost traffic in 2020 and has won back nearly all of it since."},
"basis":[
{"field":"company","reasoning":"The name in the register.","confidence":"high","citations":[{"url":"https://register.example.org/companies/1904","title":"Company register","excerpts":["Example Harbour Ltd, registered 3 May 1904"]}]},
{"field":"founded","reasoning":"The register gives the date.","confidence":"high","citations":[{"url":"https://register.example.org/companies/1904","title":"Company register"}]},
{"field":"revenue_eur","reasoning":"Taken from the annual report; in millions.","confidence":"medium","citations":[{"url":"https://harbour.example.com/annual-report-2023","title":"Annual report 2023","excerpts":["Revenue rose to EUR 48.50 million."]},{"url":"javascript:alert(1)","title":"not a web address"}]},
{"field":"executives","reasoning":"The board's page lists three people.","confidence":"low","citations":[{"url":"https://harbour.example.com/board","title":"The board"}]},
{"field":"executives.0","reasoning":"Named on the board's page and in the press.","confidence":"high","citations":[{"url":"https://news.example.net/lovell","title":"New director"}]},
{"field":"elsewhere","reasoning":"Evidence for a field that is not in the output.","confidence":"unheard-of","citations":[]}]}}`
