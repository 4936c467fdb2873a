package wording

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// Span prints a duration in words, with its two largest units: 4 s, 1 min 20 s, 2 h 3 min, 3 days.
func Span(d time.Duration) string {
	s := max(int64(d/time.Second), 0)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return twoUnits(s/60, "min", s%60, "s")
	case s < 86400:
		return twoUnits(s/3600, "h", s%3600/60, "min")
	case s < 2*86400:
		return "1 day"
	default:
		return Count(s/86400) + " days"
	}
}

func twoUnits(n int64, unit string, rest int64, small string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, small)
}

// Count prints a number with a comma at each thousand.
func Count(n int64) string {
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

// Percent prints upstream's meter; what is outside 0 to 100 is shown as the nearest bound.
func Percent(meter float64) string {
	if math.IsNaN(meter) {
		meter = 0
	}
	return fmt.Sprintf("%d %%", int(math.Round(min(max(meter, 0), 100))))
}

// Sources says how many sources a run has read and considered; "" if upstream gave neither.
func Sources(p taskyard.Progress) string {
	switch {
	case p.SourcesRead != nil && p.SourcesConsidered != nil:
		return Count(*p.SourcesRead) + " of " + Count(*p.SourcesConsidered) + " sources read"
	case p.SourcesRead != nil:
		return Count(*p.SourcesRead) + " sources read"
	case p.SourcesConsidered != nil:
		return Count(*p.SourcesConsidered) + " sources considered"
	default:
		return ""
	}
}

// Cut shortens text to at most n characters, never inside one.
func Cut(text string, n int) (short string, isCut bool) {
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

// Sentence begins a text, which Go writes in lower case in errors, like a sentence.
func Sentence(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
