package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// marks are secrets whose traces are looked for, by what each is.
type marks map[string]string

// openMark is in inputs, which everybody sees: where it is not found, nothing was looked at.
const openMark = "mark-0f-n0-secret-2b81"

func newMarks() marks {
	return marks{
		"the user's API key":          "sk-user-mark-7f3c9d2a51",
		"the server's API key":        "sk-server-mark-e81b40c6f7",
		"an MCP header":               "Bearer mcp-mark-5d90a7b3c2",
		"an MCP header by its token":  "mcp-mark-5d90a7b3c2",
		"an MCP address's token":      "mcp-url-mark-b7205e1fd4",
		"the webhook's address":       "https://hooks.example.com/p4th-mark-61e8?token=h00k-mark-93fa07",
		"the webhook's path":          "/p4th-mark-61e8",
		"the webhook's token":         "h00k-mark-93fa07",
		"the operator's token":        "0perator-mark-5f1c2a7e9b",
		"the password of a database":  "pg-mark-c4e2d19b",
		"the seal key":                base64.StdEncoding.EncodeToString([]byte("seal-mark-0123456789-abcdefghij!")),
		"the bytes of the seal key":   "seal-mark-0123456789-abcdefghij!",
		"an older seal key":           base64.StdEncoding.EncodeToString([]byte("older-mark-123456789-abcdefghij!")),
		"a secret of a misspelt name": "m1spelt-mark-88d1",
		"a token that is not known":   "tyd_unknown-mark-2d7c90a4",
		"a code of somebody else":     "foreign-code-mark-51ba",
		"a state of somebody else":    "foreign-state-mark-7fe2",
	}
}

// forms are how a text may be written.
func forms(text string) map[string][]byte {
	raw := []byte(text)
	all := map[string][]byte{
		"as it is":        raw,
		"in hexadecimal":  []byte(hex.EncodeToString(raw)),
		"in HEXADECIMAL":  []byte(strings.ToUpper(hex.EncodeToString(raw))),
		"in an address":   []byte(url.QueryEscape(text)),
		"as numbers":      []byte(strings.Trim(fmt.Sprint(raw), "[]")),
		"in UTF-16":       slices.Concat(interleave(raw)),
		"in the reverse":  reversed(raw),
		"quoted in HTML":  []byte(strings.ReplaceAll(text, "&", "&amp;")),
		"escaped in JSON": []byte(strings.ReplaceAll(text, "/", `\/`)),
	}
	for shift := range 3 { // base64 has three ways, by what is before it
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), raw...))
		all[fmt.Sprintf("in base64 behind %d bytes", shift)] = []byte(encoded[(shift*8+5)/6 : (shift+len(raw))*8/6])
	}
	return all
}

func interleave(raw []byte) (wide []byte) {
	for _, b := range raw {
		wide = append(wide, b, 0)
	}
	return wide
}

func reversed(raw []byte) []byte {
	back := slices.Clone(raw)
	slices.Reverse(back)
	return back
}

// in names the marks that are in a text, and how they are written.
func (m marks) in(text []byte) (found []string) {
	for what, mark := range m {
		for how, form := range forms(mark) {
			if bytes.Contains(text, form) {
				found = append(found, what+" "+how)
			}
		}
	}
	slices.Sort(found)
	return found
}

// search looks for marks, and for what must be there.
type search struct {
	*testing.T
	marks marks
	open  map[string]int // places of each kind that have the open mark
}

func newSearch(t *testing.T) *search {
	return &search{T: t, marks: newMarks(), open: map[string]int{}}
}

// look reads one text of a kind of places.
func (s *search) look(kind, where string, text []byte) {
	s.Helper()
	if found := s.marks.in(text); len(found) > 0 {
		s.Errorf("%s %s has %s", kind, where, strings.Join(found, ", and "))
	}
	if bytes.Contains(text, []byte(openMark)) {
		s.open[kind]++
	}
}

// mustHave sees that something was looked at: these kinds of places have what everybody may see.
func (s *search) mustHave(kinds ...string) {
	s.Helper()
	for _, kind := range kinds {
		if s.open[kind] == 0 {
			s.Errorf("no %s has the open mark: the right ones were not looked at", kind)
		}
	}
}

// files looks into each file of a folder but for key files, which hold keys.
func (s *search) files(folder string) {
	s.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		s.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".key") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			s.Fatal(err)
		}
		s.look("file", filepath.Base(file), text)
	}
}

// tables looks into each row of each table, bytes as hexadecimal digits and as they are.
func (s *search) tables(ctx context.Context, database string) {
	s.Helper()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		s.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.Fatal(err)
	}
	for _, table := range tables {
		rows, err := conn.Query(ctx, `SELECT t::text FROM `+table+` AS t`)
		if err != nil {
			s.Fatal(err)
		}
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			s.Fatal(err)
		}
		for _, text := range texts {
			s.look("table", table, []byte(text))
		}
	}
}

// A search that finds nothing proves nothing unless it would have found it.
func TestMarksAreFoundHoweverTheyAreWritten(t *testing.T) {
	m := newMarks()
	for what, mark := range m {
		for how, form := range forms(mark) {
			if found := m.in(slices.Concat([]byte("before"), form, []byte("behind"))); !slices.Contains(found, what+" "+how) {
				t.Errorf("%s %s is not found", what, how)
			}
		}
		for shift := range 4 {
			text := []byte(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + mark + "behind")))
			if len(m.in(text)) == 0 {
				t.Errorf("%s in base64 behind %d bytes is not found", what, shift)
			}
		}
	}
	if found := m.in([]byte("nothing of it, [secret], " + openMark)); found != nil {
		t.Errorf("found %v", found)
	}
}
