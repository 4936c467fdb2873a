package webui

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestTheListsAddressHasEveryFilter(t *testing.T) {
	f := readFilter(url.Values{
		"q": {" ferry "}, "status": {"failed", "completed"}, "processor": {"pro"}, "upstream": {"parallel"}, "mode": {"text"}, "tag": {"a, b"}, "meta": {"team:red"},
		"from": {"2026-01-31"}, "to": {"2026-02-01"}, "other": {"x"},
	})
	q, err := f.query()
	if err != nil || q.Search != "ferry" || len(q.Statuses) != 2 || !slices.Equal(q.Tags, []string{"a", "b"}) || q.Mode != "text" || q.Metadata["team"] != "red" || q.Until.Sub(q.Since).Hours() != 48 {
		t.Errorf("%+v, %v", q, err)
	}
	chips := f.Chips()
	if len(chips) != 11 {
		t.Errorf("chips %+v", chips)
	}
	for _, c := range chips {
		without, err := url.Parse(c.Without)
		if err != nil || len(readFilter(without.Query()).Chips()) != 10 || strings.Contains(c.Without, "other") {
			t.Errorf("without %s: %s", c.Label, c.Without)
		}
	}
	s := everything(t)
	wantAll(t, s.page(t, "/tasks?status=failed&status=completed"), "Status: Failed", `value="completed" checked`, "Clear filters")
	if a := s.get("/tasks?from=soon"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a day that is none: %d", a.StatusCode)
	}
}

func TestMarkedTasksAreExportedAndDeletedTogether(t *testing.T) {
	s := everything(t)
	a := s.post("/tasks/selected", url.Values{"id": {"text", "nested", "gone"}, "action": {"export"}}, "text/html")
	archive, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = b.String()
	}
	for _, name := range []string{"index.csv", "text.html", "text.md", "text.csv", "text.result.json", "text.ndjson", "nested.html"} {
		if files[name] == "" {
			t.Errorf("the archive lacks %s", name)
		}
	}
	if n := strings.Count(files["index.csv"], "\n"); n != 3 || !strings.Contains(files["index.csv"], "nested") {
		t.Errorf("the index has %d lines: %s", n, files["index.csv"])
	}
	ask := s.post("/tasks/selected", url.Values{"id": {"text", "running"}, "action": {"delete"}}, "text/html")
	wantAll(t, ask.body, "Delete 2 tasks?", "1 task of them still runs", `name="confirm" value="yes"`)
	if a := s.get("/tasks/text"); a.StatusCode != http.StatusOK {
		t.Errorf("a question deletes: %d", a.StatusCode)
	}
	s.post("/tasks/selected", url.Values{"id": {"text", "running", "gone"}, "action": {"delete"}, "confirm": {"yes"}}, "text/html")
	if a := s.get("/tasks/text"); a.StatusCode != http.StatusNotFound {
		t.Errorf("after the answer: %d", a.StatusCode)
	}
	if a := s.post("/tasks/selected", url.Values{"id": {"nested", "huge"}, "action": {"compare"}}, "text/html"); a.Header.Get("Location") != "/compare?id=nested&id=huge" {
		t.Errorf("%v", a.Header)
	}
	for _, form := range []url.Values{{"action": {"delete"}}, {"id": {"nested"}, "action": {"burn"}}, {"id": make([]string, maxSelected+1), "action": {"export"}}} {
		if a := s.post("/tasks/selected", form, "text/html"); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%v: %d", form["action"], a.StatusCode)
		}
	}
}

func TestObjectsAreNamedByTheirTexts(t *testing.T) {
	for preview, want := range map[string]string{
		`{"company":"Lumen Bicycles","country":"Netherlands"}`: "Lumen Bicycles, Netherlands",
		`{"a": "x \"y\" \u00fc", "n": 5, "b":{"c":"deep"}}`:    `x "y" ü, deep`,
		`{"n":5}`:              "",
		`{"company":"cut of`:   "",
		`plain {"a":"b"} text`: "",
	} {
		if got := titleOfObject(preview); got != want {
			t.Errorf("%s is %q, want %q", preview, got, want)
		}
	}
}
