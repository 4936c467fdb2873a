package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestListBeginsEachTaskWithTheOriginalsFields(t *testing.T) {
	s := newServer()
	task := s.add(2)
	want := `[{"id":"` + task.ID + `","processor":"core","status":"pending","createdAt":"2026-01-31T12:00:01.000Z","completedAt":null,"inputPreview":"hello",`
	if w := s.get(t, "/api/tasks"); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), want) {
		t.Errorf("%d %s, want 200 %s…", w.Code, w.Body, want)
	}
}

func TestListWithoutTasksIsAnEmptyArray(t *testing.T) {
	if w := newServer().get(t, "/api/tasks"); w.Body.String() != "[]\n" || w.Header().Get("Link") != "" {
		t.Errorf("%s, Link %q", w.Body, w.Header().Get("Link"))
	}
}

func TestListShowsEverythingThatATaskCanHave(t *testing.T) {
	s := newServer()
	task := s.add(1)
	retryAt, n, meter := epoch.Add(time.Minute), int64(7), 12.5
	s.change(task.ID, func(e *entry) {
		e.task.RunID, e.task.InteractionID, e.task.CancelRequested = "trun_1", "int_1", true
		e.task.Status, e.task.CompletedAt, e.task.HasResult = "a status that is new", epoch, true
		e.task.Progress = taskyard.Progress{SourcesConsidered: &n, SourcesRead: &n, Meter: &meter}
		e.task.Activity = taskyard.Activity{Phase: taskyard.PhaseRetrying, Since: epoch.In(time.FixedZone("", 3600)), Attempt: 2, Reason: "429", RetryAt: &retryAt}
		e.task.Error = &taskyard.TaskError{Message: "<no>", RefID: "r", Status: 402, Detail: json.RawMessage(`{"a":[1.0]}`), Hint: "h"}
		e.task.Warnings = json.RawMessage(`[{"type":"new","message":"m"}]`)
	})
	body := s.get(t, "/api/tasks/"+task.ID).Body.String()
	for _, want := range []string{
		`"status":"a status that is new"`, `"runId":"trun_1"`, `"interactionId":"int_1"`, `"completedAt":"2026-01-31T12:00:00.000Z"`,
		`"progress":{"sourcesConsidered":7,"sourcesRead":7,"meter":12.5}`,
		`"activity":{"phase":"retrying","since":"2026-01-31T12:00:00.000Z","attempt":2,"reason":"429","retryAt":"2026-01-31T12:01:00.000Z","next":null,"heard":null}`,
		`"error":{"message":"<no>","refId":"r","status":402,"detail":{"a":[1.0]},"hint":"h"}`, `"warnings":[{"type":"new","message":"m"}]`,
		`"hasResult":true,"cancelRequested":true,"lastSeq":1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s\nlacks %s", body, want)
		}
	}
	if list := s.get(t, "/api/tasks").Body.String(); list != "["+strings.TrimSpace(body)+"]\n" {
		t.Errorf("the list says\n%s, the task itself\n%s", list, body)
	}
}

func TestListPagesLeadThroughAllTasksAndKeepTheFilters(t *testing.T) {
	s := newServer()
	for range 7 {
		s.add(1)
	}
	var seen []string
	target := "/api/tasks?limit=3&status=pending&q=a%26b"
	for pages := 1; target != ""; pages++ {
		w := s.get(t, target)
		seen = append(seen, idsOf(t, w.Body.Bytes())...)
		link := w.Header().Get("Link")
		if link == "" {
			break
		}
		target = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		if pages > 3 {
			t.Fatal("there is no end")
		}
	}
	if len(seen) != 7 || seen[0] != s.order[6] || seen[6] != s.order[0] {
		t.Errorf("saw %q of %q", seen, s.order)
	}
	for _, q := range s.queries {
		if q.Limit != 3 || q.Search != "a&b" || !reflect.DeepEqual(q.Statuses, []taskyard.Status{"pending"}) {
			t.Errorf("a page asked for %+v", q)
		}
	}
}

func idsOf(t *testing.T, list []byte) []string {
	t.Helper()
	var items []struct{ ID string }
	if err := json.Unmarshal(list, &items); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, i := range items {
		ids = append(ids, i.ID)
	}
	return ids
}

func TestListAsksTheStoreForWhatTheQuerySays(t *testing.T) {
	since, until := epoch, epoch.Add(90*time.Minute)
	for query, want := range map[string]taskyard.TaskQuery{
		"":                     {Limit: 100},
		"status=&q=&cursor=":   {Limit: 100},
		"limit=500":            {Limit: 500},
		"status=queued,failed": {Limit: 100, Statuses: []taskyard.Status{"queued", "failed"}},
		"status=queued&status=x%20y,%20z&processor=pro":                 {Limit: 100, Statuses: []taskyard.Status{"queued", "x y", "z"}, Processors: []string{"pro"}},
		"q=" + strings.Repeat("%C3%A9", 200):                            {Limit: 100, Search: strings.Repeat("é", 200)},
		"upstream=simulator&q=caf%C3%A9,%20au%20lait":                   {Limit: 100, Upstream: "simulator", Search: "café, au lait"},
		"since=2026-01-31T12:00:00Z&until=2026-01-31T15:30:00%2B02:00":  {Limit: 100, Since: since, Until: until},
		"cursor=" + encodeCursor(taskyard.Cursor{CreatedAt: 5, Num: 7}): {Limit: 100, After: taskyard.Cursor{CreatedAt: 5, Num: 7}},
	} {
		s := newServer()
		if w := s.get(t, "/api/tasks?"+query); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", query, w.Code, w.Body)
			continue
		}
		got := s.queries[0]
		if !got.Since.Equal(want.Since) || !got.Until.Equal(want.Until) {
			t.Errorf("%s: from %v to %v, want %v to %v", query, got.Since, got.Until, want.Since, want.Until)
		}
		got.Since, got.Until, want.Since, want.Until = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
	}
}

func TestListRefusesParametersThatAreWrongAndNamesThem(t *testing.T) {
	for query, field := range map[string]string{
		"limit=0": "limit", "limit=501": "limit", "limit=ten": "limit", "limit=1&limit=2": "limit", "limit=99999999999999999999": "limit",
		"cursor=abc": "cursor", "cursor=" + strings.Repeat("A", 23): "cursor", "cursor=%00": "cursor",
		"since=yesterday": "since", "until=2026-01-31": "until", "since=2026-01-31T12:00:00+02:00": "since",
		"stauts=failed": "stauts", "Status=failed": "Status", "apiKey=s3cret": "apiKey",
		"q=%FF": "q", "q=" + strings.Repeat("x", 1001): "q", "q=" + strings.Repeat("é", 201): "q", "status=" + strings.Repeat("a,", 51): "status",
		"upstream=a&upstream=b": "upstream", "q=%zz": "", "a;b=c": "",
	} {
		s := newServer()
		w := s.get(t, "/api/tasks?"+query)
		if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Field != field || len(s.queries) != 0 {
			t.Errorf("%s: %d %s, want 400 and field %q", query, w.Code, w.Body, field)
		}
		if strings.Contains(w.Body.String(), "s3cret") {
			t.Errorf("%s: %s repeats the value", query, w.Body)
		}
	}
}

func TestUnknownParametersAreToldWhichThereAre(t *testing.T) {
	s := newServer()
	if p := problemOf(t, s.get(t, "/api/tasks?stauts=x")); !strings.Contains(p.Detail, "status, processor, upstream, mode, tag, meta, since, until, q, limit, cursor") {
		t.Error(p.Detail)
	}
	if p := problemOf(t, s.get(t, "/api/processors?page=2")); p.Field != "page" || !strings.Contains(p.Detail, "takes none") {
		t.Errorf("%+v", p)
	}
}

func FuzzDecodeCursor(f *testing.F) {
	f.Add(encodeCursor(taskyard.Cursor{CreatedAt: 1_700_000_000_000, Num: 42}))
	f.Add("AQ")
	f.Add("")
	f.Fuzz(func(t *testing.T, given string) {
		c, ok := decodeCursor(given)
		if !ok {
			return
		}
		if c.Num <= 0 || encodeCursor(c) != given || url.QueryEscape(given) != given {
			t.Errorf("%q is taken for %+v", given, c)
		}
	})
}
