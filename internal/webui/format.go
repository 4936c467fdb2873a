package webui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The scripts have the same functions (assets/js/lib/format.js); testdata/format.json holds both to one table.

// clock prints a duration as a stopwatch does: 06:12, 1:02:03.
func clock(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// span prints a duration in words, with its two largest units: 4 s, 1 min 20 s, 2 h 3 min, 3 days.
func span(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return twoUnits(s/60, "min", s%60, "s")
	case s < 86400:
		return twoUnits(s/3600, "h", s%3600/60, "min")
	default:
		return plural(int(s/86400), "day")
	}
}

func twoUnits(n int64, unit string, rest int64, small string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
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

// count prints a number with a comma at each thousand.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(int64(n)) + " " + noun + "s"
}

// percent prints upstream's meter; what is outside 0 to 100 is shown as the nearest bound.
func percent(meter float64) string {
	return fmt.Sprintf("%d %%", int(math.Round(clamp(meter))))
}

func clamp(meter float64) float64 {
	if math.IsNaN(meter) {
		return 0
	}
	return min(max(meter, 0), 100)
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

// cut shortens text to at most n characters, never inside one.
func cut(text string, n int) (short string, isCut bool) {
	if len(text) <= n {
		return text, false
	}
	seen := 0
	for i := range text {
		if seen == n {
			return text[:i] + "…", true
		}
		seen++
	}
	return text, false
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

// sentence begins a message of an error, which Go writes in lower case, like a sentence.
func sentence(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
