package parallel

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestTheTypeOfAnEventIsTopLevelAndFallsBackToTheName(t *testing.T) {
	for data, want := range map[string]string{
		`{"type":"a"}`: "a",
		`{ "x" : [ "type" , "b" ] , "type" : "a" }`: "a",
		`{"x":{"type":"b"},"type":"a"}`:             "a",
		`{"x":{"type":"b"}}`:                        "name",
		`{"x":"type","y":"b"}`:                      "name",
		`{"x":"\"type\":\"b\"","type":"a"}`:         "a",
		`{"x":"\\","type":"a","y":"\\\""}`:          "a",
		`{"\u0074ype":"a\u002eb"}`:                  "a.b",
		`{"type":"a","type":"b"}`:                   "b",
		`{"type":"a","type":null}`:                  "name",
		`{"type":7}`:                                "name",
		`{"type":["a"]}`:                            "name",
		`{"type":{"type":"a"},"b":"c"}`:             "name",
		`{"type":""}`:                               "name",
		`{"Type":"a"}`:                              "name",
		`{}`:                                        "name",
		" \n{\"type\":\"a\"}\t":                     "a",
		"{\"type\":\"\xff\"}":                       "\uFFFD",
	} {
		e, err := newEvent(frame{name: []byte("name"), data: []byte(data)})
		if err != nil || e.Type != want || string(e.Raw) != data {
			t.Errorf("%s: type %q, raw %s, %v; want type %q", data, e.Type, e.Raw, err, want)
		}
	}
}

func TestWhatIsNoObjectIsAnInvalidFrame(t *testing.T) {
	for _, data := range []string{"[DONE]", "ping", `{"type":"a"`, `{"type":"a"} x`, "[1]", `"a"`, "null", "1", " ", "\ufeff{}"} {
		e, err := newEvent(frame{name: []byte("n"), data: []byte(data)})
		var invalid *InvalidFrameError
		if !errors.As(err, &invalid) || string(invalid.Data) != data || invalid.Name != "n" || e.Raw != nil {
			t.Errorf("%q: %+v, %v", data, e, err)
		}
	}
}

func TestEventsDecodeToTheirKind(t *testing.T) {
	event := func(data string) Event {
		e, err := newEvent(frame{data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	state, ok := event(`{"type":"task_run.state","event_id":null,"run":` + fullRun + `,"output":` + fullOutput + `}`).State()
	if !ok || state.Run.Status != StatusFailed || state.Run.Error.RefID != "r" || state.Output.Basis[0].Citations[0].URL != "https://example.com" {
		t.Errorf("state: %+v", state)
	}
	stats, ok := event(`{"type":"task_run.progress_stats","source_stats":{"num_sources_considered":3,"num_sources_read":null,"sources_read_sample":["u"]},"progress_meter":12.5}`).Stats()
	if !ok || *stats.ProgressMeter != 12.5 || *stats.SourceStats.NumSourcesConsidered != 3 || stats.SourceStats.NumSourcesRead != nil {
		t.Errorf("stats: %+v", stats)
	}
	for _, suffix := range []string{".plan", ".something.new", ""} {
		m, ok := event(`{"type":"task_run.progress_msg` + suffix + `","message":"m","timestamp":null}`).Message()
		if !ok || m.Message != "m" {
			t.Errorf("message %q: %+v", suffix, m)
		}
	}
	failure, ok := event(`{"type":"error","error":{"ref_id":"r","message":"m"}}`).Err()
	if !ok || failure.Error() != "m (ref_id r)" {
		t.Errorf("error: %+v", failure)
	}
}

func TestEventsDoNotDecodeToAnotherKind(t *testing.T) {
	for _, kind := range []string{"", "task_run", "task_run.progress_message", "task_run.new", "errors"} {
		e := Event{Type: kind, Raw: json.RawMessage(`{}`)}
		_, state := e.State()
		_, stats := e.Stats()
		_, message := e.Message()
		_, failure := e.Err()
		if state || stats || message || failure {
			t.Errorf("%q: state %v, stats %v, message %v, error %v", kind, state, stats, message, failure)
		}
	}
}

func TestAFieldOfANewTypeDoesNotHideTheEvent(t *testing.T) {
	e := Event{Type: EventState, Raw: json.RawMessage(`{"type":"task_run.state","run":{"run_id":"trun_1","status":"completed","metadata":"none"},"output":"later"}`)}
	state, ok := e.State()
	if !ok || state.Run.Status != StatusCompleted || string(state.Extra["output"]) != `"later"` {
		t.Errorf("state %+v, %v", state, ok)
	}
}

func FuzzEventType(f *testing.F) {
	for _, seed := range []string{message, fullRun, `{"a":{"type":"b"},"type":"c\"","type":1}`, `{"\u0074ype":"a"}`, `[1]`, `{"type":"\\"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var members map[string]json.RawMessage
		isObject := json.Unmarshal(data, &members) == nil && members != nil
		want, _ := unquote(members["type"])
		e, err := newEvent(frame{data: data})
		if (err == nil) != isObject || e.Type != want {
			t.Errorf("%q: type %q, %v; want %q, object %v", data, e.Type, err, want, isObject)
		}
	})
}
