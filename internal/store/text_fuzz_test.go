package store

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
)

// onBoth opens an empty store on each engine.
func onBoth(f *testing.F) []*Store {
	f.Helper()
	var both []*Store
	for _, database := range []string{filepath.Join(f.TempDir(), "test.db"), pgtest.Database(f)} {
		s := open(f, Config{Database: database})
		f.Cleanup(func() { closeStore(f, s) })
		both = append(both, s)
	}
	return both
}

// Whatever is searched for and whatever the text is, both engines find what stands in it, and nothing else.
func FuzzSearch(f *testing.F) {
	for _, s := range []struct{ needle, text string }{
		{"50%", "50 percent"}, {"off_peak", "off-peak"}, {`\`, `a\b`}, {`\%`, `\\%`}, {`' OR 1=1 --`, `x' or 1=1 -- y`}, {"STRASSE", "straße"},
		{"é", "cafe\u0301"}, {"\u0301", "e\u0301"}, {"\x00", "a\x00b"}, {"\xff", "a"}, {"ΟΔΟΣ", "οδος"}, {"İ", "i"}, {"$1", "$1"}, {"[a-z]*", "x"}, {"\U0001F5FC", "a \U0001F5FC b"},
		{strings.Repeat("a", searchNeedle), strings.Repeat("A", searchNeedle)},
	} {
		f.Add(s.needle, s.text)
	}
	both := onBoth(f)
	f.Fuzz(func(t *testing.T, needle, text string) {
		pattern, err := likePattern(needle)
		if err != nil {
			if taskyard.CodeOf(err) != taskyard.CodeInvalid {
				t.Errorf("%q is refused with %v", needle, err)
			}
			return
		}
		if checkText("text", text) != nil {
			return // it is not stored
		}
		want := strings.Contains(fold(text), fold(needle))
		for _, s := range both {
			var found bool
			if err := s.read.QueryRowContext(t.Context(), `SELECT CAST($1 AS text) LIKE $2 ESCAPE '\'`, fold(text), pattern).Scan(&found); err != nil {
				t.Errorf("%s: %v", s.engine.name(), err)
			} else if found != want {
				t.Errorf("%s: %q is found in %q: %t, want %t", s.engine.name(), needle, text, found, want)
			}
		}
	})
}

// Whatever somebody asks for by a name, that there is no such thing is no fault of the database, on either engine.
func FuzzLookup(f *testing.F) {
	for _, name := range []string{"", "a", "\x00", "\xff", "a'--", "\ud7ff", strings.Repeat("x", 300), "%", "\\"} {
		f.Add(name)
	}
	both := onBoth(f)
	f.Fuzz(func(t *testing.T, name string) {
		ctx := t.Context()
		for _, s := range both {
			for what, look := range map[string]func() error{
				"task":     func() error { _, err := s.Task(ctx, name); return err },
				"document": func() error { _, err := s.Document(ctx, name); return err },
				"thread":   func() error { _, err := s.Thread(ctx, name, nil); return err },
				"run":      func() error { _, err := s.OfRun(ctx, name, name); return err },
				"share":    func() error { _, err := s.Share(ctx, name); return err },
				"token":    func() error { return s.RevokeToken(ctx, name) },
				"link":     func() error { return s.RevokeShare(ctx, name) },
				"template": func() error { return s.DeleteTemplate(ctx, name) },
				"delete":   func() error { return s.Delete(ctx, name) },
				"naming": func() error {
					_, err := s.Name(ctx, name, taskyard.Naming{Title: &name, Tags: []string{name}})
					return err
				},
				"visibility":   func() error { _, err := s.Show(ctx, name, taskyard.Public); return err },
				"cancellation": func() error { _, err := s.RequestCancel(ctx, name, nil); return err },
			} {
				code := taskyard.CodeOf(look())
				if code != taskyard.CodeNotFound && (what != "naming" || code != taskyard.CodeInvalid) {
					t.Errorf("%s: %s of %q: %v", s.engine.name(), what, name, look())
				}
			}
		}
	})
}

// Whatever a list is filtered by, it is refused as not valid or both engines answer with the same tasks.
func FuzzList(f *testing.F) {
	both := onBoth(f)
	at := time.UnixMilli(1_700_000_000_000).UTC()
	for _, s := range both {
		for i, id := range []string{"one", "two", "three"} {
			_, _, err := s.Create(f.Context(), taskyard.NewTask{
				ID: id, Processor: "core", Upstream: "parallel", Mode: "text", CreatedAt: at.Add(time.Duration(i) * time.Second), Request: json.RawMessage(`{}`),
				Search: "Ferry " + id, Metadata: map[string]string{"team": "red"}, Note: taskyard.NewEvent{Type: taskyard.NoteCreated, Data: json.RawMessage(`{}`), At: at},
			}, noJob)
			if err != nil {
				f.Fatal(err)
			}
			if _, err := s.Name(f.Context(), id, taskyard.Naming{Tags: []string{"ferries", id}}); err != nil {
				f.Fatal(err)
			}
		}
	}
	f.Add("pending", "core", "parallel", "text", "ferries", "team", "red", "ferry", int64(0), int64(0), int64(0), int64(0), 100)
	f.Add("pending,running", "core,pro", "", "", "one,ferries", "", "", "", at.UnixMilli(), at.UnixMilli()+2000, at.UnixMilli()+1500, int64(2), 1)
	f.Add("\x00", "\xff", "'", "\"", "$1", "\x00", "\xff", "\\", int64(-1), int64(1)<<62, int64(-1)<<63, int64(-1), 1)
	f.Fuzz(func(t *testing.T, statuses, processors, upstream, mode, tags, key, value, search string, since, until, after, num int64, limit int) {
		q := taskyard.TaskQuery{
			Processors: parts(processors), Upstream: upstream, Mode: mode, Tags: parts(tags), Search: search, Limit: limit, After: taskyard.Cursor{CreatedAt: after, Num: num},
		}
		for _, status := range parts(statuses) {
			q.Statuses = append(q.Statuses, taskyard.Status(status))
		}
		if key != "" {
			q.Metadata = map[string]string{key: value}
		}
		if since != 0 {
			q.Since = time.UnixMilli(since)
		}
		if until != 0 {
			q.Until = time.UnixMilli(until)
		}
		var found [][]string
		for _, s := range both {
			page, err := s.Tasks(t.Context(), q)
			if err != nil && taskyard.CodeOf(err) != taskyard.CodeInvalid {
				t.Fatalf("%s: %+v: %v", s.engine.name(), q, err)
			}
			ids := []string{string(taskyard.CodeOf(err))}
			for _, task := range page.Tasks {
				ids = append(ids, task.ID)
			}
			found = append(found, ids)
		}
		if !slices.Equal(found[0], found[1]) {
			t.Errorf("%+v finds %q in SQLite and %q in PostgreSQL", q, found[0], found[1])
		}
	})
}

// parts are the texts between commas.
func parts(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// Whatever the address of a database is, its password is in no error and not in the name of the place.
func FuzzPlace(f *testing.F) {
	for _, s := range []struct{ before, after string }{
		{"postgres://user:", "@host/name"}, {"postgres://user:", "@host:x/name"}, {"postgres://user:%zz", "@host"}, {"postgres://", "@host/name"},
		{"postgresql://user:", "@host:5432,other/name?sslmode=nonsense"}, {"postgres://host/name?password=", ""}, {"postgres://host/name?password=", "&port=x"},
		{"postgres://[::1]/name?user=a&password=", "&target_session_attrs=x"}, {"postgres://user:a b", "@host/ name"},
	} {
		f.Add(s.before, s.after)
	}
	const mark = "THEPASSWORDANDNOTHINGELSE"
	f.Fuzz(func(t *testing.T, before, after string) {
		address := before + mark + after
		if !IsPostgres(address) {
			return
		}
		config, err := PostgresConfig(address)
		if err != nil {
			if strings.Contains(err.Error(), mark) {
				t.Errorf("%q: %v", address, err)
			}
			return
		}
		if elsewhere := config.Host + config.Database; !strings.Contains(elsewhere, mark) && strings.Contains(Place(address), mark) {
			t.Errorf("%q is said to be %q", address, Place(address))
		}
	})
}
