package webui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard/internal/wording"
)

// The scripts have the same functions (assets/js/lib/format.js); testdata/format.json holds both to one table.

// These are worded where the API finds them too.
var (
	span        = wording.Span
	count       = wording.Count
	percent     = wording.Percent
	cut         = wording.Cut
	sentence    = wording.Sentence
	compactJSON = wording.CompactJSON
	sourcesLine = wording.Sources
)

// clock prints a duration as a stopwatch does: 06:12, 1:02:03.
func clock(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// ago prints how long something is past, with one unit: a list is read, not measured.
func ago(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	switch {
	case s < 5:
		return "just now"
	case s < 60:
		return fmt.Sprintf("%d s ago", s)
	case s < 3600:
		return fmt.Sprintf("%d min ago", s/60)
	case s < 86400:
		return fmt.Sprintf("%d h ago", s/3600)
	default:
		return plural(int(s/86400), "day") + " ago"
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(int64(n)) + " " + noun + "s"
}

// money prints what one run costs, from the price of a thousand in dollars. Tenths of a cent occur: lite is $0.005.
func money(perThousand int) string {
	if perThousand%10 == 0 {
		return fmt.Sprintf("$%d.%02d", perThousand/1000, perThousand%1000/10)
	}
	return fmt.Sprintf("$%d.%03d", perThousand/1000, perThousand%1000)
}

// latency prints a documented range: 10–60 s, 2–10 min, 15 s–3 min.
func latency(lo, hi time.Duration) string {
	if lo == 0 && hi == 0 {
		return ""
	}
	a, unitA := largestUnit(lo, hi)
	b, unitB := largestUnit(hi, hi)
	if unitA == unitB {
		return a + "–" + b + " " + unitB
	}
	return a + " " + unitA + "–" + b + " " + unitB
}

// largestUnit prints d in the unit that suits it: 60 s stays 60 s in a range that ends there, 100 s too,
// since that is how the documentation writes them.
func largestUnit(d, upper time.Duration) (number, unit string) {
	switch {
	case d%time.Hour == 0:
		return strconv.Itoa(int(d / time.Hour)), "h"
	case d%time.Minute == 0 && (d > time.Minute || upper > 100*time.Second):
		return strconv.Itoa(int(d / time.Minute)), "min"
	default:
		return strconv.Itoa(int(d / time.Second)), "s"
	}
}

// firstLine is the first line of text that says something.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}
