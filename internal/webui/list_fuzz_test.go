package webui

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// Whatever the address of a list is, the address that its pages link to asks for the same, each chip leaves one value
// out, and the store is asked within its bounds.
func FuzzFilter(f *testing.F) {
	for _, query := range []string{
		"q=a&status=completed,failed&status=x&processor=pro&upstream=parallel&mode=text&tag=a&meta=team:red&from=2026-01-31&to=2026-02-01", "q=" + strings.Repeat("é", maxSearch+1), "q=+a%00+&tag=,,+&meta=:",
		"status=%ff&to=9999-12-31", "meta=a:b:c&meta=nothing", "q=" + strings.Repeat("x", maxSearch-1) + "+yy", "from=2026-02-30", "a=%zz&q=a;b",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		given, _ := url.ParseQuery(query) // as net/http reads it: what can be read
		read := readFilter(given)
		address, err := url.Parse(read.address(taskyard.Cursor{CreatedAt: 1, Num: 2}))
		if err != nil {
			t.Fatal(err)
		}
		q := address.Query()
		if again := readFilter(q); !reflect.DeepEqual(again, read) {
			t.Errorf("%q is read as\n%+v, and its address %q as\n%+v", query, read, address, again)
		}
		if c, err := readCursor(q.Get("after")); err != nil || c != (taskyard.Cursor{CreatedAt: 1, Num: 2}) {
			t.Errorf("the cursor is %+v, %v", c, err)
		}
		q.Del("after")
		for _, c := range read.Chips() {
			without, err := url.Parse(c.Without)
			if err != nil || valuesIn(without.Query()) != valuesIn(q)-1 || !strings.HasPrefix(c.Without, "/tasks") {
				t.Errorf("%q of %q leads to %q: %v", c.Label, query, c.Without, err)
			}
		}
		asked, err := read.query()
		if err != nil && (taskyard.CodeOf(err) != taskyard.CodeInvalid || fieldOf(err) == "") {
			t.Errorf("%q: %v", query, err)
		}
		if utf8.RuneCountInString(asked.Search) > maxSearch || len(asked.Statuses) > filterValues || len(asked.Processors) > filterValues || len(asked.Tags) > filterValues {
			t.Errorf("%q asks for %+v", query, asked)
		}
	})
}

func valuesIn(q url.Values) (n int) {
	for _, list := range q {
		n += len(list)
	}
	return n
}

// Whatever a page of the list is called, it is the page of one place, or refused.
func FuzzCursor(f *testing.F) {
	for _, text := range []string{"", cursorText(taskyard.Cursor{CreatedAt: 1_700_000_000_000, Num: 42}), "MS4y", "LTEuLTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ", "MQ", "Lg", "%%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readCursor(text)
		if err != nil {
			if taskyard.CodeOf(err) != taskyard.CodeInvalid || c != (taskyard.Cursor{}) {
				t.Errorf("%q: %+v, %v", text, c, err)
			}
			return
		}
		if again, err := readCursor(cursorText(c)); err != nil || again != c {
			t.Errorf("%q is %+v, and then %+v: %v", text, c, again, err)
		}
	})
}
