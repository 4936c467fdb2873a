package webui

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/webui/gallery"
	"github.com/taskyard/taskyard/parallel"
)

// The stretches of a text are the text, and what is not marked is the same in both.
func TestDifferencesLoseNoWord(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"a ", "b\n", "ü  ", "\U0001F5FC\t", "the ", " ", "end"}
	text := func() string {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteString(words[random.IntN(len(words))])
		}
		return b.String()
	}
	join := func(list []stretch, all bool) string {
		var b strings.Builder
		for _, s := range list {
			if all || !s.Differ {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	for range 2000 {
		one, other := text(), text()
		ofOne, ofOther, ok := diffWords(one, other)
		if !ok || join(ofOne, true) != one || join(ofOther, true) != other || join(ofOne, false) != join(ofOther, false) {
			t.Fatalf("%q and %q: %v %v", one, other, ofOne, ofOther)
		}
	}
	if _, _, ok := diffWords(strings.Repeat("x", maxDiff+1), ""); ok {
		t.Error("a text without bound is compared")
	}
}

// More distinct words than there are runes below the surrogates.
func TestDifferencesOfManyWords(t *testing.T) {
	table := wordTable{number: map[string]rune{}}
	var b strings.Builder
	for i := range 60_000 {
		b.WriteString(string(rune('a'+i%26)) + strings.Repeat("x", i%7) + string(rune(0x4E00+i%20_000)) + " ")
	}
	if got := table.text(string(table.runes(b.String()))); got != b.String() {
		t.Error("words are lost on their way through runes")
	}
}

func TestListsAreMatchedByName(t *testing.T) {
	one := flattenOutput(parallel.TaskRunOutput{Content: json.RawMessage(`{"people":[{"name":"Ada","role":"x"},{"name":"Bo","role":"y"}],"n":1,"tags":["a","b"]}`)})
	two := flattenOutput(parallel.TaskRunOutput{Content: json.RawMessage(`{"n":1.0,"people":[{"name":"Bo","role":"z"},{"name":"Ada","role":"x"}],"tags":["a"]}`)})
	rows, same := compareLeaves([]flattener{one, two}, []bool{true, true})
	got := map[string]string{}
	for _, row := range rows {
		marks := make([]string, len(row.Cells))
		for i, cell := range row.Cells {
			marks[i] = cell.Mark
		}
		got[row.Path] = strings.Join(marks, "|")
	}
	for path, want := range map[string]string{
		"people[Ada].role": "|", "people[Bo].role": "|differs", "n": "|differs", "tags[0]": "|", "tags[1]": "only here|",
	} {
		if got[path] != want {
			t.Errorf("%s is %q, want %q", path, got[path], want)
		}
	}
	if same != 4 { // two names, one role, one tag
		t.Errorf("%d values are the same", same)
	}
}

func TestTasksStandSideBySide(t *testing.T) {
	one, two := ended("one", "parallel", `{"processor":"pro","input":"x"}`), ended("two", "parallel", `{"processor":"lite","input":"x"}`)
	one.Document.Result, two.Document.Result = gallery.Report(), json.RawMessage(`{"output":{"type":"text","content":"Another <b>answer</b>."}}`)
	two.Task.Processor = "lite"
	s := newSite(t, one, two)
	page := s.page(t, "/compare?id=one&id=two")
	wantAll(t, page, "<mark>", "differs", "0 of 1 value the same", "Pro-fast costs 20 times as much as Lite", "&lt;b&gt;")
	wantAll(t, s.page(t, "/compare?a=one&b=two&view=requests"), "<code>processor</code>", "<code>input</code>", "1 of 2 values the same")
	wantAll(t, s.page(t, "/compare?id=one&id=nobody"), "There is no task <code>nobody</code>")
	wantAll(t, s.page(t, "/compare?id=one"), `href="/compare?id=one&amp;id=two"`)
	wantAll(t, s.page(t, "/compare"), "Choose a task")
	if a := s.get("/compare?id=1&id=2&id=3&id=4&id=5"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("five tasks: %d", a.StatusCode)
	}
}

func TestOneFormRunsOnSeveralProcessors(t *testing.T) {
	s := newSite(t)
	form := url.Values{"upstream": {"simulator"}, "processor": {"pro"}, "input": {"x"}, "output": {"text"}, "token": {"t"}, "also": {"pro", "lite", "core-fast"}}
	a := s.post("/tasks", form, "text/html")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/compare?id=") {
		t.Fatalf("%d %v", a.StatusCode, a.Header)
	}
	var processors, tokens []string
	for _, sent := range s.service.Submitted {
		var body struct{ Processor string }
		if err := json.Unmarshal(sent.Request, &body); err != nil {
			t.Fatal(err)
		}
		processors, tokens = append(processors, body.Processor), append(tokens, sent.IdempotencyKey)
	}
	if !slices.Equal(processors, []string{"pro", "lite", "core-fast"}) || !slices.Equal(tokens, []string{"t", "t/lite", "t/core-fast"}) {
		t.Errorf("sent to %v with %v", processors, tokens)
	}
	form["also"] = []string{"lite", "base", "core", "ultra"}
	if a := s.post("/tasks", form, "text/html"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("five at once: %d", a.StatusCode)
	}
}
