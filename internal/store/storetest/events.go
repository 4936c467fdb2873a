package storetest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func testEvents(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	mustCreate(t, s, draft("other"))
	mustCreate(t, s, draft("one"))
	take(t, s, "other").must(taskyard.Change{}, message(2), message(3))
	own := take(t, s, "one")
	for n := range 9 { // seqs 2 to 10, of 100 bytes each
		e := message(n)
		e.Data = json.RawMessage(`"` + strings.Repeat("x", 98) + `"`)
		own.must(taskyard.Change{}, e)
	}
	for _, row := range []struct {
		name                  string
		after, upTo           int64
		maxEvents, maxBytes   int
		wantFirst, wantEvents int
	}{
		{"everything", 0, 0, 100, 1 << 20, 1, 10},
		{"behind a seq", 4, 0, 100, 1 << 20, 5, 6},
		{"up to a seq", 4, 7, 100, 1 << 20, 5, 3},
		{"no more than asked for", 4, 0, 2, 1 << 20, 5, 2},
		{"no more bytes than asked for", 4, 0, 100, 250, 5, 2},
		{"exactly the bytes asked for", 4, 0, 100, 300, 5, 3},
		{"the first however large it is", 4, 0, 100, 1, 5, 1},
		{"none behind the end", 10, 0, 100, 1 << 20, 0, 0},
		{"none in an empty range", 4, 4, 100, 1 << 20, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			page, err := s.Events(t.Context(), own.num, row.after, row.upTo, row.maxEvents, row.maxBytes)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, len(page), row.wantEvents)
			for i, e := range page {
				wantEqual(t, e.Seq, int64(row.wantFirst+i))
			}
		})
	}
	t.Run("an unknown task has none", func(t *testing.T) {
		page, err := s.Events(t.Context(), own.num+1, 0, 0, 100, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, len(page), 0)
	})
	t.Run("a page of nothing is refused", func(t *testing.T) {
		_, err := s.Events(t.Context(), own.num, 0, 0, 0, 1<<20)
		wantCode(t, err, taskyard.CodeInvalid)
	})
}
