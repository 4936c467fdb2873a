package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// Whatever somebody asks for, in whatever words, the answer keeps to the contract and is no fault of ours.
func FuzzAnswer(f *testing.F) {
	const some = "/task/aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, s := range []struct{ method, target, body, header, value string }{
		{"GET", "/api/tasks?status=pending&limit=1", "", "If-None-Match", `W/"x", *`}, {"GET", "/api/tasks?tag=%00&meta=a:b&since=2026-01-31T12:00:00Z&cursor=x", "", "X-Request-Id", "a b"},
		{"POST", "/api/tasks", `{"processor":"a","input":"b"}`, "Idempotency-Key", "key"}, {"POST", "/api/tasks", `{"processor":"a"`, "Content-Type", "application/json; charset=latin1"},
		{"POST", "/task", `{"apiKey":"k","processor":"a","input":{}}`, "X-Api-Key", "other"}, {"POST", "/api/tasks/import", `{"runId":"trun_1"}`, "Content-Encoding", "gzip"}, {"GET", some, "", "Accept", "text/html"},
		{"PATCH", "/api" + some + "/", `{"title":"a"}`, "Last-Event-ID", "-1"}, {"GET", "/api/tasks/x/events?after=1", "", "Last-Event-ID", "1"}, {"POST", "/api/lint", `{"processor":"a","input":"b"}`, "Origin", "null"},
		{"GET", "/api/events?follow=x", "", "Authorization", "Bearer"}, {"DELETE", "/api/tasks/%2e%2e", "", "Sec-Fetch-Site", "cross-site"}, {"HEAD", "/healthz?x=y", "", "", ""}, {"OPTIONS", "/task", "", "", ""},
	} {
		f.Add(s.method, s.target, []byte(s.body), s.header, s.value)
	}
	f.Fuzz(func(t *testing.T, method, target string, body []byte, header, value string) {
		r, err := http.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
		if err != nil || !strings.HasPrefix(target, "/") || method != strings.ToUpper(method) {
			return // net/http answers it
		}
		r.RequestURI = r.URL.RequestURI()
		if name := http.CanonicalHeaderKey(header); name != "" && !strings.ContainsFunc(name+value, func(c rune) bool { return c < ' ' || c >= 0x7f }) {
			r.Header.Set(name, value)
		}
		s := newServer()
		s.add(2)
		s.mux.Handle("/", http.NotFoundHandler()) // what is not the API's
		_, pattern := s.mux.Handler(r)
		if pattern == "/" || pattern == "" || strings.HasPrefix(pattern, "/api/events") || len(r.RequestURI) > maxAddress || path.Clean(r.URL.Path) != r.URL.Path || r.URL.Path == "/api" {
			return // not the API's, or without an end: see FuzzFollow; or answered before it is known what it is
		}
		if w := s.do(t, r); w.Code >= 500 {
			t.Errorf("%s %q answers %d: %s", method, target, w.Code, w.Body)
		}
	})
}

// Whatever the small bodies are, what is read of them keeps to its bounds, and what is not is the caller's fault.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"title":"a","tags":["b"],"visibility":"private"}`, `{"title":null,"tags":[]}`, `{"tags":null}`, `{"name":"a","role":"view"}`, `{"role":"ADMIN"}`, `{"runId":"trun_1","apiKey":"k"}`, `{"run_id":"a","runId":"b"}`,
		`{"visibility":"public","upstream":"x"}`, `[]`, `null`, `{"title":1}`, "{\"title\":\"\xff\"}", `{"a":{"a":1,"a":2}}`, strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), ` {} x`, `{"Title":"a"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		naming, visibility, err := readNaming(body)
		if checkFault(t, body, err); err == nil && visibility != "" && visibility != taskyard.Private && visibility != taskyard.Public {
			t.Errorf("%q makes a task %q", body, visibility)
		}
		if err == nil && (naming.Title != nil && !utf8.ValidString(*naming.Title)) {
			t.Errorf("%q calls a task %q", body, *naming.Title)
		}
		_, role, err := readToken(body)
		if checkFault(t, body, err); err == nil && (role < taskyard.RoleView || role > taskyard.RoleAdmin) {
			t.Errorf("%q makes a token for %v", body, role)
		}
		i, err := parseImport(body)
		if checkFault(t, body, err); err == nil && i.RunID == "" {
			t.Errorf("%q imports nothing", body)
		}
	})
}

// checkFault wants an error that a caller can do something about, and that repeats little of what they sent.
func checkFault(t *testing.T, given any, err error) {
	t.Helper()
	if err == nil {
		return
	}
	p := newProblem(err, "")
	if p.Status != http.StatusBadRequest || p.Detail == "" || len(p.Detail)+len(p.Field) > 2000 {
		t.Errorf("%q is refused with %+v", given, p)
	}
}

// Whatever the address of a list asks for, it is refused, or asks the store within its bounds for what it says.
func FuzzListParameters(f *testing.F) {
	for _, query := range []string{
		"status=a,b&processor=c&upstream=d&mode=e&tag=f&meta=k:v&since=2026-01-31T12:00:00Z&until=2026-02-01T12:00:00%2B02:00&q=x&limit=7&cursor=" + encodeCursor(taskyard.Cursor{CreatedAt: 1, Num: 2}), "limit=0", "limit=1&limit=2", "meta=a", "meta=:b",
		"q=" + strings.Repeat("x", 201), "q=%ff", "tag=%00", "since=x", "a;b", "%zz", "stauts=x", "status=" + strings.Repeat("a,", 60), "until=9999-12-31T23:59:59Z",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		err := checkQuery(raw, listParameters)
		checkFault(t, raw, err)
		if err != nil {
			return
		}
		values, err := url.ParseQuery(raw)
		if err != nil {
			t.Fatal(err)
		}
		q, err := taskQuery(values)
		checkFault(t, raw, err)
		if err != nil {
			return
		}
		if q.Limit < 1 || q.Limit > taskyard.MaxPage || len(q.Statuses) > maxValues || len(q.Processors) > maxValues || len(q.Tags) > maxValues || len(q.Metadata) > maxValues || utf8.RuneCountInString(q.Search) > maxSearch {
			t.Errorf("%q asks for %+v", raw, q)
		}
		q.Since, q.Until = q.Since.UTC(), q.Until.UTC()
		if again, err := taskQuery(queryOf(q)); err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("%q asks for\n%+v, and that for\n%+v (%v)", raw, q, again, err)
		}
	})
}

// queryOf writes a query as an address has it.
func queryOf(q taskyard.TaskQuery) url.Values {
	values := url.Values{"processor": q.Processors, "upstream": {q.Upstream}, "mode": {q.Mode}, "tag": q.Tags, "q": {q.Search}, "limit": {strconv.Itoa(q.Limit)}}
	for _, status := range q.Statuses {
		values.Add("status", string(status))
	}
	for key, value := range q.Metadata {
		values.Add("meta", key+":"+value)
	}
	for name, at := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !at.IsZero() {
			values.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	if !q.After.IsZero() {
		values.Set("cursor", encodeCursor(q.After))
	}
	return values
}

// Whatever a reader wants to follow, and whatever they say they have, it is refused or names tasks and places in logs.
func FuzzFollow(f *testing.F) {
	id := strings.Repeat("a", idLength)
	for _, s := range []struct{ query, header string }{
		{"follow=" + id + ".0&list=false", "1"}, {"follow=" + id + ".9223372036854775808", "-1"}, {"follow=" + id + "&follow=" + id + ".1," + id + ".2", "+1"}, {"list=0", "1e3"}, {"after=5", " 7 "}, {"after=5&after=6", ""}, {"follow=x.1.2", "\x00"},
		{"follow=" + strings.Repeat(id+".1,", maxFollows+1), "9223372036854775807"}, {"after=%ff", "٣"},
	} {
		f.Add(s.query, s.header)
	}
	f.Fuzz(func(t *testing.T, query, header string) {
		r := &http.Request{URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		r.Header.Set(lastEventID, header)
		w, err := readWanted(r)
		checkFault(t, query, err)
		if err == nil && len(w.follows) > maxFollows {
			t.Errorf("%q follows %d tasks", query, len(w.follows))
		}
		for _, followed := range w.follows {
			if err == nil && (!isTaskID(followed.id) || followed.after < 0) {
				t.Errorf("%q follows %+v", query, followed)
			}
		}
		at, err := readPlace(r)
		checkFault(t, query, err)
		if err == nil && (at.after < 0 || at.resumed != (header != "") || at.resumed && strings.TrimLeft(header, "0") != strings.TrimLeft(strconv.FormatInt(at.after, 10), "0")) {
			t.Errorf("%q and %q are the place %+v", query, header, at)
		}
	})
}

// Whatever headers say, what is kept of them fits into a log and into an answer.
func FuzzHeaders(f *testing.F) {
	for _, value := range []string{"", "abc-123", "a\nb", strings.Repeat("x", 65), "é", "application/json", "application/json; charset=UTF-8", "text/html; =", `W/"a.1.1", "b"`, "*", "Bearer x", strings.Repeat("k", maxIdempotencyKey+1)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := &http.Request{Header: http.Header{requestIDHeader: {value}, "Idempotency-Key": {value}, "Content-Type": {value}, "If-None-Match": {value}, "X-Api-Key": {value}}}
		if id := requestID(r); id == "" || len(id) > 64 || strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' }) {
			t.Errorf("%q is the request %q", value, id)
		}
		key, err := idempotencyKey(r)
		checkFault(t, value, err)
		if err == nil && (key != value || key == "" || len(key) > maxIdempotencyKey || !utf8.ValidString(key)) {
			t.Errorf("%q is the key %q", value, key)
		}
		if err := checkContentType(r); err != nil && statusOf(err) != http.StatusUnsupportedMediaType {
			t.Errorf("%q: %v", value, err)
		}
		tag := etagOf(taskyard.Task{ID: "a", Version: 1})
		if unmodified(r, tag) && !strings.Contains(value, "*") && !strings.Contains(value, `"a.1.`+detailFormat+`"`) {
			t.Errorf("%q names %s", value, tag)
		}
		if other, err := apiKey(r, taskyard.Hide("another")); err == nil && value != "" && other != taskyard.Hide(value) || err != nil && len(value) > 12 && strings.Contains(err.Error(), value) {
			t.Errorf("%q beside another key: %v", value, err)
		}
	})
}

// Whatever an event is, it is one frame, which a reader of event streams reads as it was stored.
func FuzzFrame(f *testing.F) {
	for _, s := range []struct{ kind, data string }{
		{"task_run.state", `{"a":1}`}, {"a\nevent: b", "{\n\"a\": \"\\n\"\r\n}"}, {"\u2028", `"\u2028"`}, {"", `null`}, {"\"", "[1,\r2]"}, {"<b>&", `{"<":"&"}`}, {"\xff", `1e999`},
	} {
		f.Add(s.kind, []byte(s.data), int64(1))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte, seq int64) {
		if !json.Valid(data) || !utf8.Valid(data) || !utf8.ValidString(kind) {
			return // it is not stored
		}
		ev := taskyard.Event{Seq: seq, Type: kind, Data: data, At: epoch}
		var alone, among bytes.Buffer
		must(renderEvent(&alone, ev))
		must(renderFollowed(&among, strings.Repeat("a", idLength), ev))
		id := "id: " + strconv.FormatInt(seq, 10) + "\ndata: "
		checkFrame(t, alone.String(), id, "", ev)
		checkFrame(t, among.String(), "event: event\ndata: ", `{"id":"`+strings.Repeat("a", idLength)+`","event":`, ev)
	})
}

func checkFrame(t *testing.T, text, head, wrap string, ev taskyard.Event) {
	t.Helper()
	data, whole := strings.CutPrefix(text, head+wrap)
	data, ends := strings.CutSuffix(data, "\n\n")
	if wrap != "" {
		data, _ = strings.CutSuffix(data, "}")
	}
	if !whole || !ends || strings.ContainsAny(data, "\r\n") {
		t.Fatalf("the frame is %q", text)
	}
	var got struct {
		Seq  int64
		Type string
		Data json.RawMessage
	}
	var want, have bytes.Buffer
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	must(json.Compact(&want, ev.Data))
	must(json.Compact(&have, got.Data))
	if got.Seq != ev.Seq || got.Type != ev.Type || want.String() != have.String() {
		t.Errorf("%+v is read as %+v", ev, got)
	}
}
