package webui

import (
	"net/http"
	"strings"
	"testing"
)

func TestATaskIsExportedInEveryForm(t *testing.T) {
	s := everything(t)
	for path, wants := range map[string][]string{
		"/tasks/nested.html":                 {"<!doctype html>", "SIMULATED", "Confidence:", "<blockquote>"},
		"/tasks/text.html":                   {"<h2>Result</h2>", "<h2>Evidence</h2>"},
		"/tasks/nested.md":                   {"# ", "SIMULATED", "## Evidence", "## Sources\n\n1. ", "confidence: "},
		"/tasks/nested.csv?field=executives": {"simulated", ",yes\n"},
		"/tasks/nested.csv":                  {"field,value,confidence,reasoning,sources,simulated", ",yes\n"},
	} {
		a := s.get(path)
		if a.StatusCode != http.StatusOK || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", path, a.StatusCode, a.Header)
		}
		if strings.HasSuffix(path, ".html") {
			wants = append(wants, "default-src 'none'", "style-src 'sha256-", "form-action 'none'", "base-uri 'none'", "trusted-types 'none'")
			wantNone(t, a.body, "<script", "/assets/", "src=", "unsafe", "'sha256-'", " style=")
		}
		wantAll(t, a.body, wants...)
	}
	wantNone(t, s.get("/tasks/text.html").body, "SIMULATED") // it ran for real
	if a := s.get("/tasks/nested.json"); a.Header.Get("Location") != "/task/nested" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a := s.get("/tasks/nested.xlsx"); a.StatusCode != http.StatusNotFound || !strings.Contains(a.body, ".ndjson") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
