package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testSearch(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	texts := []struct{ id, input, output string }{
		{"fares", "Ferry fares: 50% off_peak, \\o/ \"quoted\" it's", ""},
		{"street", "Die Straße nach ΟΔΟΣ", ""},
		{"accents", "cafe\u0301 au lait", ""}, // e and a combining accent
		{"report", "lighthouses", "Zebra crossings, listed by ISTANBUL"},
		{"large", strings.Repeat("filler ", 10_000) + "needle", ""},
		{"emoji", "a \U0001F5FC tower; 東京タワー", ""},
	}
	for i, text := range texts {
		d := draft(text.id)
		d.Search, d.CreatedAt = text.input, start.Add(time.Duration(i)*time.Second)
		mustCreate(t, s, d)
		if text.output != "" {
			end := start
			take(t, s, text.id).must(taskyard.Change{Settle: &end, Search: text.output})
		}
	}
	for _, row := range []struct {
		name, needle string
		want         []string
	}{
		{"a word of the input", "ferry", []string{"fares"}},
		{"a part of a word", "rry fa", []string{"fares"}},
		{"a word of the output", "crossings", []string{"report"}},
		{"the input of a task that has an output", "lighthouses", []string{"report"}},
		{"nothing across input and output", "lighthouseszebra", nil},
		{"other letter case", "FERRY", []string{"fares"}},
		{"an accent counts", "ΟΔΌΣ", nil},
		{"final sigma", "οδος", []string{"street"}},
		{"sharp s", "STRASSE", []string{"street"}},
		{"composed accents for combining ones", "CAFÉ", []string{"accents"}},
		{"percent as it stands", "50%", []string{"fares"}},
		{"no percent as a wildcard", "fe%ry", nil},
		{"underscore as it stands", "off_peak", []string{"fares"}},
		{"no underscore as a wildcard", "f_rry", nil},
		{"backslash as it stands", `\o/`, []string{"fares"}},
		{"double quotes", `"quoted"`, []string{"fares"}},
		{"single quotes", "it's", []string{"fares"}},
		{"one character", "z", []string{"report"}},
		{"two characters", "ow", []string{"emoji"}},
		{"characters outside of Latin", "京タ", []string{"emoji"}},
		{"characters of four bytes", "\U0001F5FC", []string{"emoji"}},
		{"the end of a large text", "needle", []string{"large"}},
		{"nothing", "no such words", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			wantEqual(t, walk(t, s, taskyard.TaskQuery{Search: row.needle, Limit: 10}), row.want)
		})
	}
	t.Run("results keep list order over pages", func(t *testing.T) {
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Search: "A", Limit: 1}),
			[]string{"emoji", "report", "accents", "street", "fares"})
	})
	t.Run("with other filters", func(t *testing.T) {
		q := taskyard.TaskQuery{Search: "a", Limit: 1, Statuses: []taskyard.Status{"pending", "running"}, Until: start.Add(3 * time.Second)}
		wantEqual(t, walk(t, s, q), []string{"accents", "street", "fares"})
	})
	t.Run("a deleted task is not found any more", func(t *testing.T) {
		if err := s.Delete(t.Context(), "report"); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, walk(t, s, taskyard.TaskQuery{Search: "crossings", Limit: 10}), []string(nil))
	})
	t.Run("a needle without bounds is refused", func(t *testing.T) {
		_, err := s.Tasks(t.Context(), taskyard.TaskQuery{Search: strings.Repeat("x", 100_000), Limit: 1})
		wantCode(t, err, taskyard.CodeInvalid)
		_, err = s.Tasks(t.Context(), taskyard.TaskQuery{Search: "\xff", Limit: 1})
		wantCode(t, err, taskyard.CodeInvalid)
	})
}
