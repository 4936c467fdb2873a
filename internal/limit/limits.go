// Package limit bounds what one client, and all of them together, can take from the server: connections, requests,
// streams, and how long an answer may wait for its reader. A client is a token, or the address of whoever has none.
package limit

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits are what one client may have; 0 is without a limit.
type Limits struct {
	Pace    int // requests a second; as many as in [burst] at once
	Tasks   int // under way
	Streams int // open
}

// most bounds each of them: more is a slip.
const most = 1_000_000

// Parse reads limits such as "pace=20,tasks=50"; those that are not named stay as they are in l.
func (l Limits) Parse(text string) (Limits, error) {
	fields := map[string]*int{"pace": &l.Pace, "tasks": &l.Tasks, "streams": &l.Streams}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		field := fields[name]
		if name == "" && value == "" {
			continue
		}
		if field == nil {
			return l, fmt.Errorf("%q is not among pace, tasks and streams", name)
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > most {
			return l, fmt.Errorf("%s is %q; it is a whole number up to %d, or 0 for no limit", name, value, most)
		}
		*field = n
	}
	return l, nil
}

// String is how Parse reads them.
func (l Limits) String() string {
	return fmt.Sprintf("pace=%d,tasks=%d,streams=%d", l.Pace, l.Tasks, l.Streams)
}
