package webui

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// readTable reads a table that the pages' modules are held to as well (moduletest/format.test.mjs).
func readTable(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestFormatsAreThoseOfTheSharedTable(t *testing.T) {
	var table map[string][][2]any
	readTable(t, "format", &table)
	seconds := func(f func(time.Duration) string) func(float64) string {
		return func(s float64) string { return f(time.Duration(s * float64(time.Second))) }
	}
	for name, format := range map[string]func(float64) string{
		"clock": seconds(clock), "span": seconds(span), "ago": seconds(ago), "percent": percent,
		"count": func(n float64) string { return count(int64(n)) },
	} {
		if len(table[name]) == 0 {
			t.Errorf("the table has no %s", name)
		}
		for _, row := range table[name] {
			if got := format(row[0].(float64)); got != row[1] {
				t.Errorf("%s(%v) is %q, want %q", name, row[0], got, row[1])
			}
		}
	}
}

func TestEventsSayWhatTheSharedTableSays(t *testing.T) {
	var table []struct {
		Type               string
		Data               json.RawMessage
		Group, Label, Text string
		Mono               bool
	}
	readTable(t, "events", &table)
	for _, row := range table {
		got := say(taskyard.Event{Type: row.Type, Data: row.Data})
		if got.Group != row.Group || got.Label != row.Label || got.Text != row.Text || got.Mono != row.Mono {
			t.Errorf("%s %s says %+v, want %+v", row.Type, row.Data, got, row)
		}
	}
}
